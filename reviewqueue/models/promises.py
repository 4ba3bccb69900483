"""Service levels: what is promised, what happens on the way to a deadline, and the deadlines of each case."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar, Final

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from reviewqueue.models.case import Case
from reviewqueue.models.hours import Calendar
from reviewqueue.models.queue import Priority, Queue

LONGEST_SHARE: Final = 1000
_WITHIN: Final = [MinValueValidator(timedelta(seconds=1)), MaxValueValidator(timedelta(days=366))]


class Target(models.TextChoices):
    CLAIM = "claim", _("time to take the case")
    DECIDE = "decide", _("time to decide")
    ANSWER = "answer", _("time to answer the customer")


class OnExpiry(models.TextChoices):
    EXPIRE = "expire", _("it expires: nothing is approved, the agent is told")
    DECLINE = "decline", _("every action is declined, and the agent is told why")
    HAND_OVER = "hand_over", _("a person takes the conversation over")


class ServiceLevel(models.Model):
    """What is promised for some cases; the first one that fits a case is its."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    position = models.PositiveSmallIntegerField(
        _("position"), default=100, help_text=_("Of all that fit a case, the one with the lowest position counts.")
    )
    active = models.BooleanField(_("in use"), default=True, help_text=_("Cases that run keep what was promised."))
    queue = models.ForeignKey(
        Queue, models.PROTECT, null=True, blank=True, verbose_name=_("queue"), help_text=_("Empty: every queue.")
    )
    priority = models.PositiveSmallIntegerField(
        _("priority"), choices=Priority.choices, null=True, blank=True, help_text=_("Empty: every priority.")
    )
    tiers = models.CharField(
        _("customer tiers"),
        max_length=200,
        blank=True,
        help_text=_("The segments of customers it is for, separated by commas: gold, vip. Empty: everybody."),
    )
    calendar = models.ForeignKey(
        Calendar,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name=_("calendar"),
        help_text=_("Time counts only while it is open. Empty: day and night."),
    )
    claim_within = models.DurationField(
        _("take the case within"),
        null=True,
        blank=True,
        validators=_WITHIN,
        help_text=_("Working time as hours:minutes:seconds, or none."),
    )
    decide_within = models.DurationField(
        _("decide within"),
        null=True,
        blank=True,
        validators=_WITHIN,
        help_text=_("This is when the case is due, and with it its place in the queue. Empty: the queue's own target."),
    )
    answer_within = models.DurationField(
        _("answer the customer within"),
        null=True,
        blank=True,
        validators=_WITHIN,
        help_text=_("Until all that was decided is carried out."),
    )
    pause_for_customer = models.BooleanField(
        _("stands still while the customer is asked"), default=True, help_text=_("The case still expires in time.")
    )
    pause_for_agent = models.BooleanField(_("stands still while the agent is asked"), default=True)
    pause_for_colleague = models.BooleanField(_("stands still while a colleague is asked"), default=False)
    on_expiry = models.CharField(
        _("when nobody decides before the case expires"),
        max_length=10,
        choices=OnExpiry.choices,
        default=OnExpiry.EXPIRE,
        help_text=_("Whatever you choose, nothing is ever approved by it."),
    )
    hand_over_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("who takes over"),
        help_text=_("Empty: the owner of the queue; when there is none, the case expires."),
    )

    class Meta:
        verbose_name = _("service level")
        verbose_name_plural = _("service levels")
        ordering: ClassVar = ["position", "name"]

    def __str__(self) -> str:
        return self.name


class Mark(models.Model):
    """One level on the way to a target: when so much of the time has passed, this happens, once."""

    service = models.ForeignKey(ServiceLevel, models.CASCADE, related_name="marks")
    of = models.CharField(_("of the"), max_length=8, choices=Target.choices, default=Target.DECIDE)
    share = models.PositiveSmallIntegerField(
        _("at percent"),
        default=80,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_SHARE)],
        help_text=_("Of the time that has passed: 50, 80; 100 is when it is over, 150 half as late again."),
    )
    tell_role = models.CharField(
        _("escalate to everybody who is"), max_length=20, blank=True, help_text=_("They find it on their Team page.")
    )
    offer_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("escalate to"),
        help_text=_("The case is kept for this person first, unless somebody works on it."),
    )
    move_to = models.ForeignKey(
        Queue,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("move to"),
        help_text=_("Unless somebody works on it."),
    )
    raise_to = models.PositiveSmallIntegerField(
        _("raise priority to"), choices=Priority.choices, null=True, blank=True, help_text=_("Never lowered.")
    )

    class Meta:
        verbose_name = _("level")
        verbose_name_plural = _("levels")
        ordering: ClassVar = ["of", "share"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["service", "of", "share"], name="one_mark_a_share")]

    def __str__(self) -> str:
        return f"{self.share} % · {self.get_of_display()}"


class Clock(models.Model):
    """The deadlines of one case: when each target is over, and the levels that have not happened yet.

    ``plan`` holds ``targets`` (what: when) and ``marks``; ``next_at`` is the first of them, null when nothing is left
    to do or while time stands still.
    """

    case = models.OneToOneField(Case, models.CASCADE, primary_key=True, related_name="clock")
    service = models.ForeignKey(ServiceLevel, models.PROTECT, null=True, related_name="+")
    plan = models.JSONField()
    next_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["next_at"], name="clock_next", condition=models.Q(next_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.next_at}"


class ServiceAlert(models.Model):
    """A level that happened: once for each case, target and share."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="service_alerts")
    of = models.CharField(max_length=8)
    share = models.PositiveSmallIntegerField()
    due_at = models.DateTimeField()
    fired_at = models.DateTimeField()
    told_role = models.CharField(max_length=20, blank=True)
    told = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["case", "of", "share"], name="one_alert_a_level")]
        indexes: ClassVar = [models.Index(fields=["fired_at"], name="alert_fired")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.of} {self.share}"
