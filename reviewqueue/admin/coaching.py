"""The coaching rules in the admin."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from reviewqueue.admin.acting import actor
from reviewqueue.admin.plans import Plans
from reviewqueue.domain import coaching
from reviewqueue.models import CoachingRules
from reviewqueue.queries import clock


class CoachingForm(forms.ModelForm):  # type: ignore[type-arg]
    """Risks are those that cases have."""

    certified_risks = forms.MultipleChoiceField(
        label=_("a certificate is needed at risk"),
        choices=(("low", _("low")), ("medium", _("medium")), ("high", _("high")), ("critical", _("critical"))),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Whoever has none neither gets nor decides such cases."),
    )


@admin.register(CoachingRules)
class CoachingRulesAdmin(Plans):
    """One row: control cases, and what helps people to keep looking."""

    form = CoachingForm

    list_display = ("__str__", "canaries", "share", "per_week", "queue_at_most")
    fieldsets = (
        (_("Control cases"), {"fields": ("canaries", "share", "per_week", "queue_at_most")}),
        (
            _("Decisions faster than reading"),
            {
                "fields": (
                    "quick_below",
                    "quick_in_a_row",
                    "help_view",
                    "help_second",
                    "help_evidence",
                    "help_minutes",
                    "second_share",
                )
            },
        ),
        (
            _("Certificates"),
            {"fields": ("certified_risks", "pass_answers", "pass_percent", "valid_days", "lapse_misses")},
        ),
    )

    def save_model(self, request: HttpRequest, obj: Any, _form: Any, _change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Recorded, and told to everybody who decides."""
        coaching.save(obj, actor=actor(request), at=clock.now())

    def has_add_permission(self, request: HttpRequest) -> bool:
        """There is one at most."""
        return super().has_add_permission(request) and not CoachingRules.objects.exists()
