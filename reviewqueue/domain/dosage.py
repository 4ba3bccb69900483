"""Control cases keep out of the way: of who has had enough or knows them, and of real customers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from audit import ledger
from audit.actions import SYSTEM, Actor
from reviewqueue.domain import lifecycle
from reviewqueue.models import Canary, Case, State
from reviewqueue.queries import dosage

if TYPE_CHECKING:
    from datetime import datetime

    from reviewqueue.rules import Person


def barred(person: Person, *, at: datetime) -> list[str]:
    """The cases that must not be given to this person."""
    return dosage.barred(person.pk, at=at)


def step_aside(case: Case, *, person: Person, at: datetime) -> None:
    """Somebody picks a case by hand who must not get it: it is gone, as if its agent had just taken it back."""
    if case.pk in dosage.barred(person.pk, at=at):
        take_out(case.pk, why="picked", at=at)


@transaction.atomic
def take_out(case_id: str, *, why: str, at: datetime) -> bool:
    """Take a control case that nobody holds out of its queue; says whether it did."""
    case = lifecycle.locked(case_id)
    if case.state not in {State.QUEUED, State.SECOND_LOOK}:
        return False
    changes: dict[str, Any] = {"waiting_on": "", "effective_at": None, "release_at": None}
    lifecycle.advance(case, "withdraw", actor=Actor("agent", case.agent.name), at=at, data={"reason": ""}, **changes)
    settle(case_id, why=why, at=at)
    return True


def settle(case_id: str, *, why: str, at: datetime) -> None:
    """Nobody will decide it any more."""
    canary = Canary.objects.get(pk=case_id)
    Canary.objects.filter(pk=case_id, settled_at=None).update(settled_at=at)
    ledger.append(subject=canary.subject, kind="canary.taken_out", actor=SYSTEM, at=at, body={"cause": why})
