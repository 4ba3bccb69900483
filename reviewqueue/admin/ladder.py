"""The ladder rules in the admin."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from reviewqueue.admin.plans import Plans
from reviewqueue.models import LadderRules


@admin.register(LadderRules)
class LadderRulesAdmin(Plans):
    """One row: what evidence a step takes, and when one steps down."""

    explains = dict.fromkeys(
        ("anew_version", "anew_model", "anew_prompt", "anew_knowledge"),
        _("Evidence of before no longer counts, and the agent steps down to review of all."),
    )
    list_display = ("__str__", "to_review_all", "to_review_sampled", "to_automatic", "share", "alarming")
    fieldsets = (
        (_("The way up"), {"fields": ("to_review_all", "to_review_sampled", "to_automatic", "share")}),
        (_("The way down"), {"fields": ("alarming", "patience")}),
        (_("What starts anew"), {"fields": ("anew_version", "anew_model", "anew_prompt", "anew_knowledge")}),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """There is one at most."""
        return super().has_add_permission(request) and not LadderRules.objects.exists()
