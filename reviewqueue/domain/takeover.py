"""A person takes a conversation over: the agent must not act in it until control comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from reviewqueue import rules
from reviewqueue.domain import grants, lifecycle
from reviewqueue.domain.people import by
from reviewqueue.models import Case, Conversation

if TYPE_CHECKING:
    from datetime import datetime

    from reviewqueue.domain.people import Reviewer


@transaction.atomic
def take_over(case: Case, *, person: Reviewer, note: str, at: datetime) -> Case:
    """Take the whole conversation: unspent grants are void and further proposals in it are refused."""
    case = lifecycle.locked(case.pk)
    rules.require(person, "take_over", case)
    changes: dict[str, Any] = {
        "claimed_by_id": person.pk,
        "claimed_at": at,
        "claim_expires_at": None,
        "effective_at": None,
        "release_at": None,
        "waiting_on": "",
    }
    case.decisions.filter(undone_at=None, took_effect_at=None).update(undone_at=at)
    lifecycle.advance(case, "take_over", actor=by(person), at=at, data={"note": note}, **changes)
    grants.void(case, why="take_over", actor=by(person), at=at)
    Conversation.objects.filter(pk=case.conversation_id).update(held_by=case)
    return case


@transaction.atomic
def give_back(case: Case, *, person: Reviewer, note: str, at: datetime) -> Case:
    """Control returns to the agent; the case stays ``taken_over`` for it and is closed here."""
    case = lifecycle.locked(case.pk)
    rules.require(person, "return", case)
    lifecycle.advance(case, "return", actor=by(person), at=at, data={"note": note})
    Conversation.objects.filter(pk=case.conversation_id, held_by=case).update(held_by=None)
    return case
