"""On the loop: a release that anybody entitled can stop while its veto window is open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from audit.actions import SYSTEM
from reviewqueue import rules
from reviewqueue.domain import budgets, deadlines, grants, lifecycle, policies
from reviewqueue.domain.people import by
from reviewqueue.models import Case, Oversight, Pause, State
from reviewqueue.queries import brakes

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from audit.actions import Actor
    from reviewqueue.domain.people import Reviewer


@transaction.atomic
def stop(case: Case, *, supervisor: Reviewer, reason: str, at: datetime) -> Case:
    """Stop a release inside its veto window: from now on a person must decide."""
    case = lifecycle.locked(case.pk)
    rules.require(supervisor, "stop", case)
    return _stop(case, actor=by(supervisor), reason=reason, at=at)


def stop_covered(pause: Pause, *, at: datetime) -> int:
    """Stop every release under watch that a pause covers; returns how many."""
    watched = Case.objects.filter(state=State.WATCHED).select_related("agent").order_by("release_at")
    covered = [case for case in watched.iterator() if brakes.covering(brakes.of_case(case), [pause])]
    return lifecycle.sweep(covered, lambda case: _stop_paused(case, pause, at=at))


@transaction.atomic
def _stop_paused(case: Case, pause: Pause, *, at: datetime) -> Case:
    """Harmless when the release has been stopped or has happened, or the pause is over."""
    case = lifecycle.locked(case.pk)
    if case.state != State.WATCHED or not Pause.objects.filter(pk=pause.pk, resumed_at=None).exists():
        return case
    return _stop(case, actor=SYSTEM, reason=brakes.sentence(pause), at=at)


def _stop(case: Case, *, actor: Actor, reason: str, at: datetime) -> Case:
    promised = deadlines.of(case, at=at)
    changes: dict[str, Any] = {
        "release_at": None,
        "oversight": Oversight.IN_THE_LOOP,
        "due_at": promised.due_at,
    }
    lifecycle.advance(case, "stop", actor=actor, at=at, data={"reason": reason}, **changes)
    promised.start(case)
    return case


@transaction.atomic
def release(case: Case, *, at: datetime) -> Case:
    """The veto window closed and nobody objected; harmless when it has not, or somebody did."""
    case = lifecycle.locked(case.pk)
    if case.state != State.WATCHED or case.release_at is None or case.release_at > at:
        return case
    if pauses := brakes.covering(brakes.of_case(case)):
        return _stop(case, actor=SYSTEM, reason=brakes.sentence(pauses[0]), at=at)
    call_ids = {action["call_id"] for action in case.actions}
    if over := _over_budget(case, call_ids, at=at):
        return _stop(case, actor=SYSTEM, reason=over, at=at)
    approvals = grants.approvals(case, call_ids, at=at)
    data = {"decisions": grants.summary(approvals)}
    lifecycle.advance(case, "release", actor=SYSTEM, at=at, data=data, release_at=None, waiting_on="")
    grants.release(case, approvals, at=at)
    return case


def _over_budget(case: Case, call_ids: Collection[str], *, at: datetime) -> str:
    """The sentence of the first budget into which the release does not fit any more; the others are spent."""
    _number, policy = policies.current(at=at)
    over = budgets.exceeded(case, policy, granted=call_ids, at=at, new=False) if policy.budgets else []
    return over[0].says if over else ""


def release_due(*, at: datetime, limit: int = 200) -> int:
    """Every watched case whose veto window has closed is released; returns how many were due."""
    due = Case.objects.filter(state=State.WATCHED, release_at__lte=at).order_by("release_at")[:limit]
    return lifecycle.sweep(due, lambda case: release(case, at=at))
