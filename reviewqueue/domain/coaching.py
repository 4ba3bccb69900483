"""Whether and how the desk helps people to keep looking: set by an administrator, and told to everybody it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.contrib.auth import get_user_model
from django.db import transaction

from reviewqueue import rules
from reviewqueue.domain import configuring, habits
from reviewqueue.models import CoachingRules

if TYPE_CHECKING:
    from datetime import datetime

    from audit.actions import Actor
    from reviewqueue.domain.people import Reviewer

# Among a person's habits: that there are control cases was not read yet.
ANNOUNCED: Final = "control_cases_are_on"


@transaction.atomic
def save(row: CoachingRules, *, actor: Actor, at: datetime) -> None:
    """Store the rules. Nobody decides a control case without having been told that there are some."""
    before = CoachingRules.objects.filter(pk=row.pk).values_list("canaries", flat=True).first() if row.pk else False
    configuring.save_plan(row, actor=actor, at=at)
    if row.canaries and not before:
        for person in _deciders():
            habits.store(person, {ANNOUNCED: True})


def understood(person: Reviewer) -> None:
    """The person has read it."""
    habits.store(person, {ANNOUNCED: False})


def _deciders() -> list[Any]:
    users: Any = get_user_model()._default_manager.filter(is_active=True)  # noqa: SLF001 - Django's documented name
    return [user for user in users if user.may(rules.Permission.DECIDE)]
