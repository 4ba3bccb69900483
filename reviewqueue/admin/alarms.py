"""Alarm rules in the admin: what is measured and where its limit lies."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from reviewqueue.admin.plans import Plans
from reviewqueue.models import AT_ONCE, AlarmRule
from reviewqueue.queries import clock


class AlarmRuleForm(forms.ModelForm):  # type: ignore[type-arg]
    """A chart needs something that is counted."""

    def clean(self) -> dict[str, Any]:
        """Refuse what could never be held against what is usual."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        method = said.get("method", "")
        fixed = {AlarmRule.Method.ABOVE, AlarmRule.Method.BELOW}
        if said.get("measure") in AT_ONCE and method and method not in fixed:
            self.add_error("method", _("This has a value at each moment; choose a fixed limit."))
        if method not in fixed and (limit := said.get("limit")) is not None and limit <= 0:
            self.add_error("limit", _("A control chart needs a number of standard deviations above 0."))
        return said


@admin.register(AlarmRule)
class AlarmRuleAdmin(Plans):
    """One row for each: it is looked at every ten seconds (queues, budgets) or every minute."""

    form = AlarmRuleForm
    explains = {
        "measure": _("What is looked at."),
        "method": _("Beyond a fixed limit, or unlike what is usual here."),
        "active": _("Off: it stays here and raises nothing."),
    }
    list_display = ("measure", "method", "limit", "of", "intent", "window", "least", "active")
    list_filter = ("active", "measure")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Recorded, and looked at from now on."""
        obj.next_at = clock.now()
        super().save_model(request, obj, form, change)
