"""Alarms: what is measured and where its limit lies, what went beyond it, and what is usual."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar, Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from reviewqueue.models import ids

LONGEST_WINDOW: Final = timedelta(days=7)


class Measure(models.TextChoices):
    QUEUE_AGE = "queue_age", _("minutes that the oldest case of a queue waits")
    BUDGET = "budget", _("percent of a budget that is used")
    HELD = "held", _("percent of an agent's proposals that are held for a person")
    OVERRIDE = "override", _("percent of an agent's decided proposals that people changed or rejected")
    ERROR = "error", _("percent of an agent's executed actions that failed or of which nobody knows")
    CONFIDENCE = "confidence", _("an agent's mean confidence")
    SENTIMENT = "sentiment", _("the mean mood of an agent's customers")
    APPROVALS = "approvals", _("percent of a queue's decisions that approve as proposed")
    PASSED_ON = "passed_on", _("percent of a queue's cases that people pass on instead of deciding")


# What is true at a moment; everything else is counted over a window.
AT_ONCE: Final = frozenset({Measure.QUEUE_AGE, Measure.BUDGET})
# Of these is counted day by day what they were like: by what, and which count of which.
REMEMBERED: Final = {Measure.HELD: ("agent", "needed", "known"), Measure.APPROVALS: ("queue", "false", "judged")}
MEANS: Final = frozenset({Measure.CONFIDENCE, Measure.SENTIMENT})
# What is counted of each agent, and of each of its intents.
OF_AGENTS: Final = MEANS | {Measure.HELD, Measure.OVERRIDE, Measure.ERROR}
EACH_INTENT: Final = "*"
_BETWEEN: Final = " · "


def of_intent(agent: str, intent: str) -> str:
    """How one intent of an agent is named beside the agent as a whole, whose name is a slug."""
    return f"{agent}{_BETWEEN}{intent}"[:200]


def agent_and_intent(of: str) -> tuple[str, str]:
    """Both again; without an intent, the agent as a whole."""
    agent, _between, intent = of.partition(_BETWEEN)
    return agent, intent


class AlarmRule(models.Model):
    """When to raise an alarm. ``next_at`` is when somebody looks again."""

    class Method(models.TextChoices):
        ABOVE = "above", _("above a limit")
        BELOW = "below", _("below a limit")
        CROSSED = "crossed", _("above a limit, having been below it within 90 days")
        RISE = "rise", _("unusually high (control chart)")
        FALL = "fall", _("unusually low (control chart)")
        CHANGE = "change", _("unusual either way (control chart)")

    measure = models.CharField(_("what is measured"), max_length=12, choices=Measure.choices)
    method = models.CharField(_("alarm when it is"), max_length=8, choices=Method.choices, default=Method.ABOVE)
    limit = models.FloatField(
        _("limit"),
        validators=[MinValueValidator(-1000.0), MaxValueValidator(1_000_000.0)],
        help_text=_(
            "Minutes, percent or a mean, as what is measured has it. Of a control chart: how many standard deviations "
            "from what is usual; 3 is customary."
        ),
    )
    of = models.CharField(
        _("only of"),
        max_length=100,
        blank=True,
        help_text=_("The name of an agent, a queue or a budget, as what is measured has it. Empty: each of them."),
    )
    intent = models.CharField(
        _("only of the intent"),
        max_length=100,
        blank=True,
        help_text=_(
            "The name of an intent: what agents do for it is counted by itself. * watches each intent of an agent by "
            "itself. Empty: all that an agent does, together."
        ),
    )
    window = models.DurationField(
        _("looked at"),
        default=timedelta(hours=1),
        validators=[MinValueValidator(timedelta(minutes=5)), MaxValueValidator(LONGEST_WINDOW)],
        help_text=_("Of the time that has just passed, as hours:minutes:seconds. Of no matter for queues and budgets."),
    )
    least = models.PositiveIntegerField(
        _("at least so many"),
        default=20,
        help_text=_("With fewer proposals, decisions or answers in that time nothing is said: they tell nothing."),
    )
    active = models.BooleanField(_("in use"), default=True)
    next_at = models.DateTimeField(editable=False)

    class Meta:
        verbose_name = _("alarm rule")
        verbose_name_plural = _("alarm rules")
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [models.Index(fields=["next_at"], name="alarm_rule_due", condition=Q(active=True))]

    def __str__(self) -> str:
        return f"{self.get_measure_display()}: {self.get_method_display()}"

    def clean(self) -> None:
        """What was like before is remembered day by day of shares of agents and queues alone."""
        if self.method == self.Method.CROSSED and (self.measure not in REMEMBERED or self.intent):
            says = _("What it was like before is known of held proposals and of approvals only.")
            raise ValidationError({"method": says})
        if self.intent and self.measure not in OF_AGENTS:
            raise ValidationError({"intent": _("Queues and budgets are not counted by intent.")})

    def watches(self, of: str) -> bool:
        """Is this agent, queue or intent of an agent what it is about?"""
        if self.measure not in OF_AGENTS:
            return self.of in {"", of}
        agent, intent = agent_and_intent(of)
        wanted = bool(intent) if self.intent == EACH_INTENT else of in {agent, of_intent(agent, self.intent)}
        return self.of in {"", agent} and wanted and bool(intent) == bool(self.intent)

    @property
    def charted(self) -> bool:
        """Is it held against what is usual, and not against a fixed limit?"""
        return self.method in {self.Method.RISE, self.Method.FALL, self.Method.CHANGE}


class Alarm(models.Model):
    """Something went beyond its limit: one row from then until it has been quiet for a while.

    ``data`` holds the counts behind the sentence and the ids of the newest cases behind them.
    """

    id = models.CharField(primary_key=True, max_length=40, default=ids.alarm_id)
    rule = models.ForeignKey(AlarmRule, on_delete=models.PROTECT, related_name="alarms", verbose_name=_("rule"))
    of = models.CharField(_("of"), max_length=200)
    data: Any = models.JSONField()
    raised_at = models.DateTimeField(_("raised"))
    # When it was last seen beyond its limit.
    seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(_("ended"), null=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("acknowledged by"),
    )
    acknowledged_at = models.DateTimeField(_("acknowledged"), null=True)
    note = models.TextField(_("note"), blank=True)

    class Meta:
        verbose_name = _("alarm")
        verbose_name_plural = _("alarms")
        ordering: ClassVar = ["-raised_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["rule", "of"], condition=Q(ended_at=None), name="one_running_alarm"),
        ]
        indexes: ClassVar = [models.Index(fields=["raised_at"], name="alarm_raised")]

    def __str__(self) -> str:
        return f"{self.rule.get_measure_display()}: {self.of}"

    @property
    def subject(self) -> str:
        """How the ledger names it."""
        return f"alarm:{self.pk}"


class Tally(models.Model):
    """What one hour was like: how many, their sum and that of their squares. What is usual is added up from them."""

    measure = models.CharField(max_length=12)
    of = models.CharField(max_length=200)
    hour = models.DateTimeField()
    count = models.PositiveIntegerField()
    total = models.FloatField()
    squares = models.FloatField(default=0.0)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["hour", "measure", "of"], name="one_tally")]

    def __str__(self) -> str:
        return f"{self.measure} {self.of} {self.hour}"
