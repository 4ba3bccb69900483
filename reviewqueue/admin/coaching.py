"""The coaching rules in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from reviewqueue.admin.acting import actor
from reviewqueue.admin.plans import Plans
from reviewqueue.domain import coaching
from reviewqueue.models import CoachingRules
from reviewqueue.queries import clock


@admin.register(CoachingRules)
class CoachingRulesAdmin(Plans):
    """One row: control cases, and what helps people to keep looking."""

    list_display = ("__str__", "canaries", "share", "per_week", "queue_at_most")
    fieldsets = ((_("Control cases"), {"fields": ("canaries", "share", "per_week", "queue_at_most")}),)

    def save_model(self, request: HttpRequest, obj: Any, _form: Any, _change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Recorded, and told to everybody who decides."""
        coaching.save(obj, actor=actor(request), at=clock.now())

    def has_add_permission(self, request: HttpRequest) -> bool:
        """There is one at most."""
        return super().has_add_permission(request) and not CoachingRules.objects.exists()
