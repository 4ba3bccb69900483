"""Samples for quality assurance: how each week is drawn, what was drawn, and what came of it."""

from decimal import Decimal
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from reviewqueue.models import ids
from reviewqueue.models.case import Case


class Rating(models.TextChoices):
    """What somebody who looks again says of what was done in a case."""

    OK = "ok", _("right")
    ERROR = "error", _("error")
    CRITICAL = "critical", _("critical error")


class Severity(models.TextChoices):
    """What the error could do to the customer or the business."""

    LOW = "low", _("low")
    MEDIUM = "medium", _("medium")
    HIGH = "high", _("high")


def default_strata() -> list[str]:
    """The columns by which a week is divided, the most important first."""
    return ["decision", "risk", "agent", "intent", "version", "value", "segment"]


def default_risk_weights() -> dict[str, float]:
    """How much more of each class of risk is drawn."""
    return {"low": 1, "medium": 2, "high": 4, "critical": 8}


def default_value_bands() -> list[int]:
    """Where one band of value ends and the next begins."""
    return [50, 200, 1000]


class SamplingRules(models.Model):
    """How many cases of each week are drawn, and of which kind more: one row for the whole desk."""

    size = models.PositiveSmallIntegerField(
        _("cases a week"),
        default=100,
        validators=[MinValueValidator(2), MaxValueValidator(5000)],
        help_text=_("The random sample, from which error rates are estimated."),
    )
    floor = models.PositiveSmallIntegerField(
        _("at least of each stratum"),
        default=4,
        validators=[MinValueValidator(2), MaxValueValidator(100)],
        help_text=_("Strata that are too small for it are joined with their neighbours; floors take half the sample."),
    )
    strata = models.JSONField(
        _("strata"),
        default=default_strata,
        help_text=_("The most important first, of: decision, risk, agent, intent, version, value, segment."),
    )
    risk_weights = models.JSONField(
        _("weights of risk"), default=default_risk_weights, help_text=_("How much more of each class of risk is drawn.")
    )
    released_weight = models.DecimalField(
        _("weight of released cases"),
        max_digits=5,
        decimal_places=2,
        default=Decimal(3),
        validators=[MinValueValidator(Decimal("0.1")), MaxValueValidator(Decimal(100))],
        help_text=_("How much more is drawn of what no person has seen."),
    )
    value_bands = models.JSONField(
        _("bands of value"), default=default_value_bands, help_text=_("Where one band ends, in the policy's currency.")
    )
    live_share = models.DecimalField(
        _("live share"),
        max_digits=4,
        decimal_places=3,
        default=Decimal("0.2"),
        validators=[MinValueValidator(0), MaxValueValidator(Decimal("0.8"))],
        help_text=_("How much of the sample is drawn while the week runs, so that trouble is seen early."),
    )
    double_share = models.DecimalField(
        _("second look at"),
        max_digits=4,
        decimal_places=3,
        default=Decimal("0.2"),
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text=_("Share of the sample that two people judge without seeing each other's verdict."),
    )
    draw_after_hours = models.PositiveSmallIntegerField(
        _("draw so long after the week"),
        default=6,
        validators=[MaxValueValidator(96)],
        help_text=_("Hours, so that the last cases of the week have come to their end."),
    )
    targeted_most = models.PositiveSmallIntegerField(
        _("targeted cases a week"),
        default=40,
        validators=[MaxValueValidator(2000)],
        help_text=_("For each reason at most an equal part of it. They never count towards a rate."),
    )
    low_csat = models.PositiveSmallIntegerField(
        _("low satisfaction"),
        default=2,
        validators=[MinValueValidator(1), MaxValueValidator(5)],
        help_text=_("From this mark downwards a case is looked at for it."),
    )

    class Meta:
        verbose_name = _("sampling rules")
        verbose_name_plural = _("sampling rules")

    def __str__(self) -> str:
        return str(_("sampling rules"))


class SamplePlan(models.Model):
    """One week and its sample. ``design`` says how it was drawn: strata, sizes, probabilities; empty until it is.

    Drawing again from ``seed`` over the same cases gives the same sample.
    """

    week = models.CharField(primary_key=True, max_length=8)
    seed = models.CharField(max_length=64)
    from_at = models.DateTimeField()
    to_at = models.DateTimeField()
    rules = models.JSONField()
    opened_at = models.DateTimeField()
    # How far the live part has come: the id of the last case that was looked at.
    live_until = models.CharField(max_length=40, blank=True)
    due_at = models.DateTimeField(db_index=True)
    drawn_at = models.DateTimeField(null=True)
    population = models.PositiveIntegerField(null=True)
    design = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("sampling plan")
        verbose_name_plural = _("sampling plans")
        ordering: ClassVar = ["-week"]

    def __str__(self) -> str:
        return self.week

    @property
    def subject(self) -> str:
        """How the ledger names this plan."""
        return f"sample:{self.week}"


class Sampled(models.Model):
    """A case that is looked at again. Only those of kind ``random`` count towards rates.

    ``inclusion_probability`` is the chance that this case had to be in the sample, as of the draw; none where a case
    was chosen for a reason. ``verdict`` and the rest of the outcome stand once it is ``settled``.
    """

    class Kind(models.TextChoices):
        RANDOM = "random", _("drawn at random")
        TARGETED = "targeted", _("chosen for a reason")
        CALIBRATION = "calibration", _("known case")

    class Reason(models.TextChoices):
        LOW_CSAT = "low_csat", _("the customer was not satisfied")
        COMPLAINT = "complaint", _("the customer complained")
        CONTESTED = "contested", _("the customer contested the decision")
        NEW_VERSION = "new_version", _("the agent's version is new")
        NEAR_THRESHOLD = "near_threshold", _("a limit was nearly reached")
        ASKED = "asked", _("a QA lead asked for it")

    class State(models.TextChoices):
        WAITING = "waiting", _("waits to be judged")
        SECOND = "second", _("waits for the second person")
        DISPUTED = "disputed", _("two people disagree")
        SETTLED = "settled", _("settled")

    id = models.CharField(primary_key=True, max_length=40, default=ids.sampled_id)
    plan = models.ForeignKey(SamplePlan, on_delete=models.PROTECT, related_name="sampled")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="sampled")
    kind = models.CharField(max_length=11, choices=Kind.choices)
    reason = models.CharField(max_length=14, choices=Reason.choices, blank=True)
    stratum = models.CharField(max_length=400, blank=True)
    inclusion_probability = models.FloatField(null=True)
    # What the case was as of the draw: the columns of strata, and whether nobody had seen it.
    columns = models.JSONField(default=dict)
    live = models.BooleanField(default=False)
    # Two people judge it without seeing each other's verdict.
    double = models.BooleanField(default=False)
    # The order in which the sample is worked through is random too, so that a part of it is a sample as well.
    position = models.PositiveIntegerField(default=0)
    drawn_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    verdict = models.CharField(max_length=8, choices=Rating.choices, blank=True)
    should_have_been_reviewed = models.BooleanField(null=True)
    severity = models.CharField(max_length=6, choices=Severity.choices, blank=True)
    codes = models.JSONField(default=list)
    settled_at = models.DateTimeField(null=True)
    # When the automatic checks had looked at it.
    checked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("case of a sample")
        verbose_name_plural = _("cases of samples")
        ordering: ClassVar = ["position", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "kind"], name="sampled_once"),
            models.CheckConstraint(
                condition=Q(kind="random") | Q(inclusion_probability=None), name="no_probability_but_at_random"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["plan", "kind", "position"], name="sampled_in_order"),
            models.Index(fields=["drawn_at"], name="sampled_to_check", condition=Q(checked_at=None)),
        ]

    def __str__(self) -> str:
        return self.id

    @property
    def subject(self) -> str:
        """How the ledger names it."""
        return f"qa:{self.id}"
