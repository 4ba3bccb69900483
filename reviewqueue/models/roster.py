"""Who is on when, who is there now, and what protects people from too much."""

from __future__ import annotations

from datetime import date, timedelta
from typing import ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from reviewqueue.models.case import Case
from reviewqueue.models.hours import Calendar
from reviewqueue.models.queue import Queue


def _require_order(from_on: date | None, until_on: date | None) -> None:
    if from_on and until_on and until_on < from_on:
        raise ValidationError({"until_on": _("This is before it begins.")})


class Availability(models.TextChoices):
    AVAILABLE = "available", _("available")
    BUSY = "busy", _("busy")
    AWAY = "away", _("away")


class Attendance(models.Model):
    """What a person says of themselves, and when the desk last heard of them. Who never said anything is available."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="attendance")
    status = models.CharField(max_length=10, choices=Availability.choices, default=Availability.AVAILABLE)
    since_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.user_id} {self.status}"


class Shift(models.Model):
    """A person works at the opening times of a calendar, in one queue or in all of theirs, between two dates."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="shifts", verbose_name=_("person"))
    calendar = models.ForeignKey(Calendar, models.PROTECT, verbose_name=_("working hours"), related_name="+")
    queue = models.ForeignKey(
        Queue,
        models.CASCADE,
        null=True,
        blank=True,
        verbose_name=_("queue"),
        related_name="shifts",
        help_text=_("During this shift the next case comes from this queue first. Empty: from all of theirs."),
    )
    from_on = models.DateField(_("from"), null=True, blank=True, help_text=_("The first day; empty: already."))
    until_on = models.DateField(_("until"), null=True, blank=True, help_text=_("The last day; empty: for good."))

    class Meta:
        verbose_name = _("shift")
        verbose_name_plural = _("roster")
        ordering: ClassVar = ["user__username", "from_on", "pk"]

    def __str__(self) -> str:
        return f"{self.user} · {self.calendar}"

    def clean(self) -> None:
        """It ends after it begins."""
        _require_order(self.from_on, self.until_on)


class Absence(models.Model):
    """Days on which a person does not work, whatever the roster says."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="absences", verbose_name=_("person")
    )
    from_on = models.DateField(_("from"))
    until_on = models.DateField(_("until"))

    class Meta:
        verbose_name = _("absence")
        verbose_name_plural = _("absences")
        ordering: ClassVar = ["-from_on"]

    def __str__(self) -> str:
        return f"{self.user} · {self.from_on} – {self.until_on}"

    def clean(self) -> None:
        """It ends after it begins."""
        _require_order(self.from_on, self.until_on)


class Certificate(models.Model):
    """A person has proved that they can do something that a queue asks for."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="certificates", verbose_name=_("person")
    )
    name = models.SlugField(_("certificate"), help_text=_("As queues name it: gdpr-basics."))
    until_on = models.DateField(_("valid until"), null=True, blank=True, help_text=_("Empty: for good."))

    class Meta:
        verbose_name = _("certificate")
        verbose_name_plural = _("certificates")
        ordering: ClassVar = ["user__username", "name"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "name"], name="one_certificate_of_a_name")]

    def __str__(self) -> str:
        return f"{self.user} · {self.name}"


class WorkRules(models.Model):
    """How long people work without a pause: one row for the whole desk."""

    break_after = models.DurationField(
        _("suggest a break after"),
        default=timedelta(minutes=90),
        help_text=_(
            "Of work without a pause. It is a suggestion: nobody is told, and nothing is counted against them."
        ),
    )
    break_decisions = models.PositiveSmallIntegerField(
        _("or after so many decisions in a row"), default=60, help_text=_("0: however many.")
    )
    break_length = models.DurationField(
        _("a pause is"),
        default=timedelta(minutes=10),
        help_text=_("Whoever decides nothing for so long has had a break."),
    )
    longest = models.DurationField(
        _("no new case after"),
        null=True,
        blank=True,
        help_text=_("Of work without a pause; what one holds can be finished. Empty: no limit."),
    )
    hard_in_a_row = models.PositiveSmallIntegerField(
        _("hard cases in a row"),
        default=3,
        help_text=_("After so many cases of high or critical risk the next one is easier, if one waits. 0: never."),
    )
    idle_after = models.DurationField(
        _("away after"),
        default=timedelta(minutes=15),
        help_text=_("Who does nothing for so long counts as away until they are back."),
    )
    roster_binds = models.BooleanField(
        _("only on shift"),
        default=False,
        help_text=_("Whoever has shifts gets the next case only during one. Off: the roster is a plan only."),
    )
    calls_per_hour = models.PositiveSmallIntegerField(
        _("calls in an hour"),
        default=6,
        help_text=_("So many customers can choose the same hour to be called. 0: however many."),
    )

    class Meta:
        verbose_name = _("working rules")
        verbose_name_plural = _("working rules")

    def __str__(self) -> str:
        return str(_("working rules"))


class Move(models.Model):
    """A case changed its queue: by a person who knew better (``user``), or because nobody was there or time ran out."""

    class Why(models.TextChoices):
        PERSON = "person", _("a person passed it on")
        OVERFLOW = "overflow", _("it waited too long, or nobody was there")
        SERVICE = "service", _("a service level moved it")

    case = models.ForeignKey(Case, models.CASCADE, related_name="moves")
    from_queue = models.ForeignKey(Queue, models.CASCADE, related_name="+")
    to_queue = models.ForeignKey(Queue, models.CASCADE, related_name="+")
    why = models.CharField(max_length=8, choices=Why.choices)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.case_id} {self.from_queue_id} → {self.to_queue_id}"
