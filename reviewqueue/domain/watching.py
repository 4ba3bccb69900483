"""On the loop: a release that anybody entitled can stop while its veto window is open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from audit.actions import SYSTEM
from reviewqueue import rules
from reviewqueue.domain import deadlines, grants, lifecycle
from reviewqueue.domain.people import by
from reviewqueue.models import Case, Oversight, State

if TYPE_CHECKING:
    from datetime import datetime

    from reviewqueue.domain.people import Reviewer


@transaction.atomic
def stop(case: Case, *, supervisor: Reviewer, reason: str, at: datetime) -> Case:
    """Stop a release inside its veto window: from now on a person must decide."""
    case = lifecycle.locked(case.pk)
    rules.require(supervisor, "stop", case)
    promised = deadlines.of(case, at=at)
    changes: dict[str, Any] = {
        "release_at": None,
        "oversight": Oversight.IN_THE_LOOP,
        "due_at": promised.due_at,
    }
    lifecycle.advance(case, "stop", actor=by(supervisor), at=at, data={"reason": reason}, **changes)
    promised.start(case)
    return case


@transaction.atomic
def release(case: Case, *, at: datetime) -> Case:
    """The veto window closed and nobody objected; harmless when it has not, or somebody did."""
    case = lifecycle.locked(case.pk)
    if case.state != State.WATCHED or case.release_at is None or case.release_at > at:
        return case
    approvals = grants.approvals(case, {action["call_id"] for action in case.actions}, at=at)
    data = {"decisions": grants.summary(approvals)}
    lifecycle.advance(case, "release", actor=SYSTEM, at=at, data=data, release_at=None, waiting_on="")
    grants.release(case, approvals, at=at)
    return case


def release_due(*, at: datetime, limit: int = 200) -> int:
    """Every watched case whose veto window has closed is released; returns how many were due."""
    due = Case.objects.filter(state=State.WATCHED, release_at__lte=at).order_by("release_at")[:limit]
    return lifecycle.sweep(due, lambda case: release(case, at=at))
