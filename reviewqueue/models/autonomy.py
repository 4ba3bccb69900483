"""How far each agent has come with each thing it does, on what evidence, and who let it."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar, Final

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from reviewqueue.models import ids
from reviewqueue.models.agent import Agent
from reviewqueue.models.case import Case

_PERCENT: Final = [MinValueValidator(Decimal("0.1")), MaxValueValidator(Decimal(50))]
_BELOW: Final = _("Percent of errors; the upper 95 % bound must be below. 5, 2 and 1 take 59, 149 and 299 without one.")


class Rung(models.TextChoices):
    """From nothing to by itself. A rung never loosens what the policy asks for."""

    OFF = "off", _("off")
    SHADOW = "shadow", _("shadow")
    REVIEW_ALL = "review_all", _("review all")
    REVIEW_SAMPLED = "review_sampled", _("review sampled")
    AUTOMATIC = "automatic", _("automatic")


class LadderRules(models.Model):
    """What evidence each step takes, and when one steps down: one row for the whole desk."""

    to_review_all = models.DecimalField(
        _("to “review all”: below"), max_digits=4, decimal_places=1, default=5, validators=_PERCENT, help_text=_BELOW
    )
    to_review_sampled = models.DecimalField(
        _("to “review sampled”: below"),
        max_digits=4,
        decimal_places=1,
        default=2,
        validators=_PERCENT,
        help_text=_BELOW,
    )
    to_automatic = models.DecimalField(
        _("to “automatic”: below"), max_digits=4, decimal_places=1, default=1, validators=_PERCENT, help_text=_BELOW
    )
    share = models.PositiveSmallIntegerField(
        _("“review sampled” draws"),
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_("Percent of the proposals, drawn so that no agent can foresee it."),
    )
    alarming = models.DecimalField(
        _("step down at about"),
        max_digits=4,
        decimal_places=1,
        default=10,
        validators=_PERCENT,
        help_text=_("Percent of errors that must be noticed quickly; more than each limit above."),
    )
    patience = models.PositiveIntegerField(
        _("a false alarm at most every"),
        default=1000,
        validators=[MinValueValidator(20)],
        help_text=_("Reviews, on average, as long as the error rate is at the limit."),
    )
    anew_version = models.BooleanField(_("a new version of the agent starts anew"), default=True)
    anew_model = models.BooleanField(_("a new model starts anew"), default=True)
    anew_prompt = models.BooleanField(_("a new prompt starts anew"), default=True)
    anew_knowledge = models.BooleanField(_("new knowledge starts anew"), default=True)

    class Meta:
        verbose_name = _("ladder rules")
        verbose_name_plural = _("ladder rules")

    def __str__(self) -> str:
        return str(_("ladder rules"))


class Cell(models.Model):
    """One agent, one intent, one action: where it stands on the ladder.

    ``made_by`` is what the evidence is about: the agent's version, model, prompt and knowledge, as far as the rules
    ask for them. Only reviews of proposals made by just that, since ``counted_from``, are evidence.
    """

    id = models.CharField(primary_key=True, max_length=40, default=ids.cell_id)
    agent = models.ForeignKey(Agent, models.CASCADE, related_name="cells")
    intent = models.CharField(max_length=100, blank=True)
    action = models.CharField(max_length=200)
    rung = models.CharField(max_length=14, choices=Rung.choices, default=Rung.REVIEW_ALL)
    made_by = models.JSONField(default=dict)
    since_at = models.DateTimeField()
    counted_from = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["agent__name", "intent", "action"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["agent", "intent", "action"], name="one_cell")]

    def __str__(self) -> str:
        return f"{self.agent.name} · {self.intent or '*'} · {self.action}"

    @property
    def subject(self) -> str:
        """How the ledger names it."""
        return f"rung:{self.id}"


class Stand(models.Model):
    """On which rung an action of a case was when it was proposed; what people say of it is evidence for its cell."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="stands")
    cell = models.ForeignKey(Cell, models.CASCADE, related_name="stands", db_index=False)
    call_id = models.CharField(max_length=200)
    rung = models.CharField(max_length=14, choices=Rung.choices)
    drawn = models.BooleanField(default=False)
    made_by = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["case", "call_id"], name="one_stand")]
        indexes: ClassVar = [models.Index(fields=["cell", "at"], name="stand_of_cell")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.call_id} {self.rung}"


class Climb(models.Model):
    """A step on the ladder: up when its owner agreed to what the desk proposed, down by the desk or by a person."""

    class Why(models.TextChoices):
        PLACED = "placed", _("put on the ladder")
        EVIDENCE = "evidence", _("the evidence is enough")
        PERSON = "person", _("a person stepped down")
        DRIFT = "drift", _("too many errors one after the other")
        CRITICAL = "critical", _("a critical error")
        VERSION = "version", _("a new version")

    class State(models.TextChoices):
        PROPOSED = "proposed", _("proposed by the desk")
        AGREED = "agreed", _("agreed; waits for a second person")
        DONE = "done", _("done")
        DECLINED = "declined", _("declined")

    cell = models.ForeignKey(Cell, models.CASCADE, related_name="climbs")
    from_rung = models.CharField(max_length=14, blank=True)
    to_rung = models.CharField(max_length=14, choices=Rung.choices)
    why = models.CharField(max_length=10, choices=Why.choices)
    state = models.CharField(max_length=8, choices=State.choices)
    evidence = models.JSONField(default=dict)
    note = models.TextField(blank=True)
    agreed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    second_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-made_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["cell"],
                condition=models.Q(state__in=["proposed", "agreed"]),
                name="one_climb_under_way",
            )
        ]

    def __str__(self) -> str:
        return f"{self.from_rung} → {self.to_rung}"
