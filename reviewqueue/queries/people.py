"""Who works here, and what they can still take back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.db.models import Q

from reviewqueue.models import Case, Decision
from reviewqueue.rules import Permission

if TYPE_CHECKING:
    from datetime import datetime


def deciders(case: Case, *, but: int) -> list[Any]:
    """Whoever may decide this case, by name; ``but`` leaves one person out."""
    users = get_user_model()._default_manager.filter(is_active=True).exclude(pk__in=[but, case.agent.owner_id])  # noqa: SLF001 - Django's documented name
    in_queue = users.filter(Q(all_queues=True) | Q(memberships__queue_id=case.queue_id)).values_list("pk", flat=True)
    working = set(in_queue)
    found = [user for user in users.order_by("first_name", "username") if user.may(Permission.DECIDE)]
    return [user for user in found if user.pk in working or user.may(Permission.SEE_ALL_QUEUES)]


def undoable(person_id: int, *, at: datetime) -> list[Case]:
    """The decided cases that this person can still take back, the latest before the others."""
    waiting = Decision.objects.filter(
        decided_by_id=person_id, undone_at=None, took_effect_at=None, effective_at__gt=at, case__state="decided"
    )
    latest = waiting.select_related("case").order_by("-decided_at", "-pk")
    return list({decision.case_id: decision.case for decision in latest}.values())
