"""On the loop: a release that anybody entitled can stop while its veto window is open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import transaction

from audit.actions import SYSTEM
from reviewqueue import rules
from reviewqueue.domain import budgets, deadlines, grants, lifecycle, policies, sweeps
from reviewqueue.domain.people import by
from reviewqueue.models import Case, Oversight, Pause, State
from reviewqueue.queries import brakes

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from django.db.models import QuerySet

    from audit.actions import Actor
    from reviewqueue.domain.people import Reviewer
    from reviewqueue.engine.policy import Policy

# They can be neither released nor stopped.
_apart: Final = sweeps.Apart()


@transaction.atomic
def stop(case: Case, *, supervisor: Reviewer, reason: str, at: datetime) -> Case:
    """Stop a release inside its veto window: from now on a person must decide."""
    case = lifecycle.locked(case.pk)
    rules.require(supervisor, "stop", case)
    return _stop(case, actor=by(supervisor), reason=reason, at=at)


def stop_covered(pause: Pause, *, at: datetime) -> int:
    """Stop every release that an open pause covers; returns how many were stopped."""
    watched = Case.objects.filter(state=State.WATCHED)
    covered = [case.pk for case in watched.prefetch_related("agent").iterator(sweeps.TOGETHER) if _covers(case, pause)]
    stopped = 0
    for begin in range(0, len(covered), sweeps.TOGETHER):
        stopped += sweeps.together(
            watched.filter(pk__in=covered[begin : begin + sweeps.TOGETHER]).order_by("pk"),
            many=lambda some: _stop_paused(some, pause, at),
            one=lambda case: _stop_paused(watched.filter(pk=case.pk), pause, at) > 0,
            apart=_apart,
            at=at,
        )
    return stopped


def _covers(case: Case, pause: Pause) -> bool:
    return bool(brakes.covering(brakes.of_case(case), [pause]))


@transaction.atomic
def _stop_paused(watched: QuerySet[Case], pause: Pause, at: datetime) -> int:
    """Harmless when the releases have been stopped or have happened, or the pause is over."""
    cases = _held(watched, skip_locked=False)
    if not Pause.objects.filter(pk=pause.pk, resumed_at=None).exists():
        return 0
    _stop_each([(case, brakes.sentence(pause)) for case in cases], actor=SYSTEM, at=at)
    return len(cases)


def _held(watched: QuerySet[Case], *, skip_locked: bool = True) -> list[Case]:
    held = watched.select_for_update(skip_locked=skip_locked, of=("self",)).defer("facts", "search_terms")
    return list(held.prefetch_related("agent", "queue"))


def _stop(case: Case, *, actor: Actor, reason: str, at: datetime) -> Case:
    _stop_each([(case, reason)], actor=actor, at=at)
    return case


def _stop_each(stopped: Sequence[tuple[Case, str]], *, actor: Actor, at: datetime) -> None:
    """From now on a person must decide these locked cases, each for its reason."""
    promised = {case.pk: deadlines.of(case, at=at) for case, _reason in stopped}
    kept = {"release_at": None, "oversight": Oversight.IN_THE_LOOP}
    moved = [(case, {"reason": reason}, kept | {"due_at": promised[case.pk].due_at}) for case, reason in stopped]
    lifecycle.advance_each(moved, "stop", actor=actor, at=at)
    deadlines.start_each([(case, promised[case.pk]) for case, _reason in stopped])


@transaction.atomic
def release(case: Case, *, at: datetime) -> Case:
    """The veto window closed and nobody objected; harmless when it has not, or somebody did."""
    case = lifecycle.locked(case.pk)
    if case.state == State.WATCHED and case.release_at and case.release_at <= at:
        _release_each([case], at)
    return case


def release_due(*, at: datetime, limit: int = sweeps.TOGETHER) -> int:
    """Every watched case whose veto window has closed is released; returns how many were due.

    Where budgets are kept each goes alone: it holds their counters, and nobody may wait for many of them.
    """
    due = Case.objects.filter(state=State.WATCHED, release_at__lte=at).order_by("release_at")
    _number, policy = policies.current(at=at)
    if policy.budgets:
        return sweeps.sweep(due[:limit], lambda case: release(case, at=at))
    return sweeps.together(
        due,
        many=lambda sound: _release_held(sound, at),
        one=lambda case: sweeps.moved(case, lambda case: release(case, at=at)),
        apart=_apart,
        at=at,
        limit=limit,
    )


@transaction.atomic
def _release_held(due: QuerySet[Case], at: datetime) -> int:
    cases = _held(due)
    _release_each(cases, at)
    return len(cases)


def _release_each(cases: Sequence[Case], at: datetime) -> None:
    """Locked cases whose time has come are released, but for those that are paused or over a budget by now."""
    if not cases:
        return
    _number, policy = policies.current(at=at)
    pauses = brakes.open_pauses()
    paused = {case.pk: found[0] for case in cases if (found := brakes.covering(brakes.of_case(case), pauses))}
    stopped = {key: brakes.sentence(pause) for key, pause in paused.items()}
    for case in (case for case in cases if case.pk not in paused):
        if over := _over_budget(case, policy, {action["call_id"] for action in case.actions}, at=at):
            stopped[case.pk] = over
    _stop_each([(case, stopped[case.pk]) for case in cases if case.pk in stopped], actor=SYSTEM, at=at)
    free = [case for case in cases if case.pk not in stopped]
    approvals = {c.pk: grants.approvals(c, {action["call_id"] for action in c.actions}, at=at) for c in free}
    kept = {"release_at": None, "waiting_on": ""}
    moved = [(case, {"decisions": grants.summary(approvals[case.pk])}, kept) for case in free]
    lifecycle.advance_each(moved, "release", actor=SYSTEM, at=at)
    grants.release_each([(case, approvals[case.pk]) for case in free], at=at)


def _over_budget(case: Case, policy: Policy, call_ids: Collection[str], *, at: datetime) -> str:
    """The sentence of the first budget into which the release does not fit any more; the others are spent."""
    over = budgets.exceeded(case, policy, granted=call_ids, at=at, new=False) if policy.budgets else []
    return over[0].says if over else ""
