"""Calendars: when people work."""

from __future__ import annotations

from typing import ClassVar, Final
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from reviewqueue.engine import business_time, opening_times

WEEK: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_OFFICE: Final = "09:00-18:00"


class Calendar(models.Model):
    """Opening times of a place: a week, public holidays, and days of its own, in one time zone."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    zone = models.CharField(
        _("time zone"),
        max_length=60,
        default="UTC",
        help_text=_("As in Europe/Berlin. When clocks change, opening times follow them."),
    )
    monday = models.CharField(_("Monday"), max_length=120, blank=True, default=_OFFICE)
    tuesday = models.CharField(_("Tuesday"), max_length=120, blank=True, default=_OFFICE)
    wednesday = models.CharField(_("Wednesday"), max_length=120, blank=True, default=_OFFICE)
    thursday = models.CharField(_("Thursday"), max_length=120, blank=True, default=_OFFICE)
    friday = models.CharField(_("Friday"), max_length=120, blank=True, default=_OFFICE)
    saturday = models.CharField(_("Saturday"), max_length=120, blank=True, default="")
    sunday = models.CharField(_("Sunday"), max_length=120, blank=True, default="")
    country = models.CharField(
        _("public holidays of"),
        max_length=2,
        blank=True,
        help_text=_("Two letters such as DE: closed on this country's public holidays. Empty: on none."),
    )
    region = models.CharField(
        _("region"), max_length=6, blank=True, help_text=_("Of that country, such as BY for Bavaria, or empty.")
    )
    days = models.TextField(
        _("days of its own"),
        blank=True,
        help_text=_(
            "One a line, and before everything else: 2026-12-31 is closed, 2026-12-24 09:00-12:00 is open then only. "
            "What stands behind a # is for people."
        ),
    )

    class Meta:
        verbose_name = _("calendar")
        verbose_name_plural = _("calendars")
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def hours(self) -> business_time.Hours:
        """What the engine counts with."""
        return business_time.Hours(
            zone=self.zone,
            week=tuple(opening_times.spans(getattr(self, day)) for day in WEEK),
            days=opening_times.dates(self.days),
            country=self.country,
            region=self.region,
        )

    def clean(self) -> None:
        """Everything that would not count is said beside its field."""
        faults: dict[str, str] = {}
        for name in (*WEEK, "days"):
            try:
                (opening_times.dates if name == "days" else opening_times.spans)(getattr(self, name))
            except opening_times.UnreadableError as error:
                faults[name] = str(_("“%s” cannot be read; write 09:00-12:00, 13:00-17:30.") % error)
        if self.zone not in available_timezones():
            faults["zone"] = str(_("There is no such time zone; write Europe/Berlin, for example."))
        if not any(getattr(self, day).strip() for day in WEEK):
            faults["monday"] = str(_("Somebody must be there some time of the week."))
        if self.country and not business_time.has_holidays(self.country, self.region):
            faults["region" if self.region else "country"] = str(_("Its public holidays are not known."))
        if faults:
            raise ValidationError(faults)
