"""Calendars, service levels, rosters and working rules in the admin: each with what it comes to."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from reviewqueue.admin.acting import actor
from reviewqueue.admin.explained import Explained
from reviewqueue.domain import configuring
from reviewqueue.engine import business_time, opening_times
from reviewqueue.engine.business_time import Hours
from reviewqueue.models import Absence, Calendar, Certificate, Mark, Priority, ServiceLevel, Shift, Target, WorkRules
from reviewqueue.models.hours import WEEK
from reviewqueue.queries import clock, promises

_SHOWN_DAYS: Final = 14
_NOON: Final = timedelta(hours=12)
_BEFORE_CLOSING: Final = timedelta(minutes=10)


class Plans(Explained, admin.ModelAdmin):  # type: ignore[type-arg]
    """Saved through the verb, which records it."""

    save_on_top = True

    def save_model(self, request: HttpRequest, obj: Any, _form: Any, _change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Recorded, and counted with from the next case on."""
        configuring.save_plan(obj, actor=actor(request), at=clock.now())

    def has_delete_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        """Cases and the record name it."""
        return False


class Removable(Plans):
    """What may be taken away again."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """By whoever may configure."""
        return admin.ModelAdmin.has_delete_permission(self, request, obj)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Through the verb, which records it."""
        configuring.remove_plan(obj, actor=actor(request), at=clock.now())

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        """Each through the verb."""
        for row in queryset:
            self.delete_model(request, row)


@admin.register(Calendar)
class CalendarAdmin(Plans):
    """When somebody works: service levels, queues and shifts name it."""

    explains = {"name": _("Service levels, queues and shifts are given it by this name.")}
    list_display = ("name", "zone", "country", "region")
    search_fields = ("name",)
    readonly_fields = ("preview",)
    fieldsets = (
        (None, {"fields": ("name", "zone")}),
        (
            _("Week"),
            {
                "fields": WEEK,
                "description": _("Opening times such as 09:00-12:00, 13:00-17:30. Around the clock is 00:00-24:00."),
            },
        ),
        (_("Single days"), {"fields": ("country", "region", "days")}),
        (_("What it comes to"), {"fields": ("preview",)}),
    )

    @admin.display(description=_("the next two weeks"))
    def preview(self, calendar: Calendar) -> SafeString | str:
        """Each day with its opening times."""
        if not calendar.pk:
            return gettext("Save and continue editing to see it.")
        hours = calendar.hours
        today = clock.now().astimezone(ZoneInfo(hours.zone)).date()
        days = [today + timedelta(days=n) for n in range(_SHOWN_DAYS)]
        lines = (
            (
                date_format(day, pgettext("a day of a plan", "D, j F")),
                opening_times.told(hours.spans(day)) or pgettext("a day", "closed"),
            )
            for day in days
        )
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}: {}</li>", lines))


class MarkForm(forms.ModelForm):  # type: ignore[type-arg]
    """A role is one of those that people have."""

    tell_role = forms.ChoiceField(
        label=_("escalate to everybody who is"), required=False, help_text=_("They find it on their Team page.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        roles: Any = get_user_model()._meta.get_field("role")  # noqa: SLF001 - Django documents _meta
        self.fields["tell_role"].choices = [("", "—"), *roles.choices]  # type: ignore[attr-defined]


class MarkInline(Explained, admin.TabularInline):  # type: ignore[type-arg]
    """What happens on the way."""

    model = Mark
    template = "admin/tabular.html"
    form = MarkForm
    extra = 0
    explains = {"of": _("The target of which the share is meant.")}
    fields = ("of", "share", "tell_role", "offer_to", "move_to", "raise_to")
    verbose_name_plural = _("Levels: each happens once. One that does nothing else is a warning.")


@admin.register(ServiceLevel)
class ServiceLevelAdmin(Plans):
    """What is promised for which cases."""

    explains = {
        "name": _("What colleagues and the record call it."),
        "pause_for_agent": _("The case still expires in time."),
        "pause_for_colleague": _("The case still expires in time."),
    }
    list_display = ("name", "position", "active", "queue", "priority", "tiers", "calendar", "decide_within")
    list_filter = ("active", "queue")
    search_fields = ("name",)
    readonly_fields = ("preview",)
    inlines = (MarkInline,)
    fieldsets = (
        (None, {"fields": ("name", "position", "active")}),
        (_("For which cases"), {"fields": ("queue", "priority", "tiers")}),
        (_("Targets"), {"fields": ("calendar", "claim_within", "decide_within", "answer_within")}),
        (_("Time stands still"), {"fields": ("pause_for_customer", "pause_for_agent", "pause_for_colleague")}),
        (_("In the end"), {"fields": ("on_expiry", "hand_over_to")}),
        (_("What it comes to"), {"fields": ("preview",)}),
    )

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:  # noqa: FBT001, ARG002 - Django's signature
        """The levels, recorded together."""
        kept = formset.save(commit=False)
        configuring.save_marks(
            form.instance, kept=kept, gone=formset.deleted_objects, actor=actor(request), at=clock.now()
        )

    @admin.display(description=_("preview"))
    def preview(self, level: ServiceLevel) -> SafeString | str:
        """When cases that arrive at telling moments would be due, and when each level would come."""
        if not level.pk:
            return gettext("Save and continue editing to see it.")
        service = promises.numbered(level.pk)
        shown = (_forecast(level, service, at) for at in _arrivals(service.hours, clock.now()))
        return format_html_join("", "<ul>{}</ul>", ((lines,) for lines in shown))


@admin.register(Shift)
class ShiftAdmin(Removable):
    """The roster: who works when."""

    explains = {"user": _("Who works then."), "calendar": _("At which hours of which days.")}
    list_display = ("user", "calendar", "queue", "from_on", "until_on")
    list_filter = ("queue", "calendar")
    autocomplete_fields = ("user",)


@admin.register(Absence)
class AbsenceAdmin(Removable):
    """Holidays and other days off."""

    explains = {
        "user": _("Who is away. They get no cases, and forecasts do not count on them."),
        "from_on": _("The first day away."),
        "until_on": _("The last day away."),
    }
    list_display = ("user", "from_on", "until_on")
    autocomplete_fields = ("user",)


@admin.register(Certificate)
class CertificateAdmin(Removable):
    """What people have proved that they can do."""

    explains = {"user": _("Who may then claim and decide what asks for it.")}
    list_display = ("user", "name", "until_on")
    list_filter = ("name",)
    autocomplete_fields = ("user",)


@admin.register(WorkRules)
class WorkRulesAdmin(Plans):
    """One row: what protects people from working too long."""

    list_display = ("__str__", "break_after", "longest", "hard_in_a_row", "idle_after", "roster_binds")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """There is one at most."""
        return super().has_add_permission(request) and not WorkRules.objects.exists()


def _arrivals(hours: Hours, now: datetime) -> list[datetime]:
    """Now, shortly before closing, and on a day off."""
    moments = [now]
    if closes_at := business_time.closes_at(now, hours):
        moments.append(closes_at - _BEFORE_CLOSING)
    here = now.astimezone(ZoneInfo(hours.zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    noons = (here + timedelta(days=n) + _NOON for n in range(1, _SHOWN_DAYS))
    free = next((noon for noon in noons if not hours.spans(noon.date())), None)
    return moments + ([free] if free else [])


def _forecast(level: ServiceLevel, service: promises.Service, at: datetime) -> SafeString:
    spans = [time for _target, time in service.targets] + [each.after for each in service.levels]
    moments = business_time.add_each(at, spans, service.hours)
    targets = [(Target(target).label, 100) for target, _time in service.targets]
    named = targets + [(Target(each.of).label, each.share) for each in service.levels]
    told = sorted(zip(moments, named, strict=True), key=lambda one: one[0])
    lines = [(_when(moment, service.hours), f"{share} %", label) for moment, (label, share) in told]
    priority = Priority(Priority.NORMAL if level.priority is None else level.priority).label
    head = gettext("A case of %(priority)s priority that arrives %(when)s") % {
        "priority": priority,
        "when": _when(at, service.hours),
    }
    return format_html("<li><b>{}</b><ul>{}</ul></li>", head, format_html_join("", "<li>{}: {} · {}</li>", lines))


def _when(moment: datetime, hours: Hours) -> str:
    return date_format(moment.astimezone(ZoneInfo(hours.zone)), pgettext("a moment of a plan", "l, j F, H:i"))
