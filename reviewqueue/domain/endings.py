"""Ways a case ends without a reviewer's ruling: the agent takes it back or replaces it, or nobody came in time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from audit.actions import SYSTEM, Actor
from reviewqueue.domain import deadlines, decisions, grants, lifecycle
from reviewqueue.models import Agent, Case, Decision, Grant, OnExpiry, Reason, Ruling, State
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

WAITING = (State.QUEUED, State.CLAIMED, State.ASKED, State.SECOND_LOOK, State.WATCHED)
# Of a case that has ended nothing is due and nobody works on it.
_NOBODYS: Final[dict[str, Any]] = {
    "claimed_by_id": None,
    "claim_expires_at": None,
    "waiting_on": "",
    "effective_at": None,
    "release_at": None,
}


@transaction.atomic
def withdraw(case: Case, *, agent: Agent, reason: str, at: datetime) -> Case:
    """The agent takes its proposal back: what was granted and not spent is void.

    Refused when the case is final (``not-pending``): then the decision stands and is to be read; and when the desk
    opened it (``forbidden``).
    """
    case = lifecycle.locked(case.pk)
    if case.raised_by_desk:
        raise Refusal("forbidden", _("The desk opened this case for the customer; only a person can settle it."))
    if not _is_open(case):
        says = _("This case is final: %s. Read its decisions.") % (case.outcome or case.state)
        raise Refusal("not-pending", says, extra={"status": case.outcome})
    return _end(case, "withdraw", actor=Actor("agent", agent.name), at=at, why=reason)


@transaction.atomic
def supersede(case: Case, *, actor: Actor, at: datetime, by: str) -> Case:
    """A newer proposal replaces this one. What was granted and not spent is void, also when the case was final."""
    if _is_open(case):
        return _end(case, "supersede", actor=actor, at=at, why=by)
    grants.void(case, why="superseded", actor=actor, at=at)
    grants.close_settled(case, at=at)
    return case


def give_way(case: Case, *, actor: Actor, at: datetime, to: str) -> Case:
    """A person has taken the conversation over by the case ``to``: nothing of this locked one happens any more.

    A call or another look that the customer asked for is still owed to them.
    """
    if case.asked_by_customer and case.intent != "talk_to_a_person":
        return case
    if _is_open(case):
        return _end(case, "give_way", actor=actor, at=at, why=to, outcome="taken_over")
    grants.void(case, why="take_over", actor=actor, at=at)
    grants.close_settled(case, at=at)
    return case


def expire(case: Case, *, at: datetime) -> Case:
    """Nobody decided in time: what the service level says then; nothing is approved. Harmless when it is not due.

    Levels that came before, while nobody looked, happen first: afterwards they would not matter any more.
    """
    from reviewqueue.domain import escalation  # noqa: PLC0415 - it ends cases by this module

    if is_overdue(case, at):
        escalation.catch_up(case, at=at)
    return _expire(case, at=at)


@transaction.atomic
def _expire(case: Case, *, at: datetime) -> Case:
    outcome, heir = deadlines.on_expiry(case, deadlines.clock_of(case))
    if outcome == OnExpiry.HAND_OVER and heir:
        from reviewqueue.domain import takeover  # noqa: PLC0415 - it ends the other cases of a conversation by this module

        return takeover.inherit(case, person=heir, at=at)
    case = lifecycle.locked(case.pk)
    if not is_overdue(case, at):
        return case
    return decline(case, at=at) if outcome == OnExpiry.DECLINE else run_out(case, at=at)


def is_overdue(case: Case, at: datetime) -> bool:
    """Does a locked case still wait although its time has come?"""
    return case.state in WAITING and case.expires_at <= at


def run_out(case: Case, *, at: datetime) -> Case:
    """A locked case that is overdue ends, and nothing is approved."""
    return _end(case, "expire", actor=SYSTEM, at=at, why="expired")


def expire_due(*, at: datetime, limit: int = 500) -> int:
    """Every case that is past its time ends; returns how many were due.

    Those that only end do so together. What is handed over or declined, or has levels that come before, goes one by
    one, and so do all where one of them spoils it for the others.
    """
    due = Case.objects.filter(state__in=WAITING, expires_at__lte=at).order_by("expires_at")
    levels_first = Q(clock__next_at__lte=at)
    more_follows = Q(clock__service__isnull=False) & ~Q(clock__service__on_expiry=OnExpiry.EXPIRE)
    plain = due.filter(~levels_first, ~more_follows)
    ended = lifecycle.together(lambda: _expire_together(plain, at=at, limit=limit))
    alone = due if ended is None else due.filter(levels_first | more_follows)
    return (ended or 0) + lifecycle.sweep(alone[:limit], lambda case: expire(case, at=at))


@transaction.atomic
def _expire_together(due: QuerySet[Case], *, at: datetime, limit: int) -> int:
    """Whoever holds one of them decides it, or leaves it for the next time."""
    cases = list(due.select_for_update(skip_locked=True, of=("self",)).defer(*lifecycle.HEAVY)[:limit])
    Decision.objects.filter(case__in=cases, undone_at=None, took_effect_at=None).update(undone_at=at)
    lifecycle.advance_each([(case, {"reason": "expired"}, _NOBODYS) for case in cases], "expire", actor=SYSTEM, at=at)
    permitted = set(
        Grant.objects.filter(case__in=cases, redeemed_at=None, voided_at=None).values_list("case", flat=True)
    )
    for case in cases:
        if case.pk in permitted:
            grants.void(case, why="expire", actor=SYSTEM, at=at)
    return len(cases)


def decline(case: Case, *, at: datetime) -> Case:
    """A locked case that still waits ends with a no to every action not granted yet, as a person would say it."""
    case.decisions.filter(undone_at=None, took_effect_at=None).update(undone_at=at)
    granted = set(case.decisions.filter(undone_at=None).values_list("call_id", flat=True))
    refused = [_refusal(case, action["call_id"], at) for action in case.actions if action["call_id"] not in granted]
    Decision.objects.bulk_create(refused)
    data = {"reason": "expired", "decisions": grants.summary(refused)}
    lifecycle.advance(case, "decline", actor=SYSTEM, at=at, data=data, **_NOBODYS | {"effective_at": at})
    return decisions.take_effect(case, at=at)


def _refusal(case: Case, call_id: str, at: datetime) -> Decision:
    return Decision(
        case=case,
        call_id=call_id,
        type=Ruling.REJECT,
        message="Nobody could decide in time, so this was declined.",
        reason_code=Reason.OTHER,
        decided_at=at,
        effective_at=at,
        case_version=case.version,
    )


def _is_open(case: Case) -> bool:
    return case.state in WAITING or (case.state == State.DECIDED and case.took_effect_at is None)


def _end(case: Case, step: str, *, actor: Actor, at: datetime, why: str, **more: Any) -> Case:
    changes = _NOBODYS | more
    case.decisions.filter(undone_at=None, took_effect_at=None).update(undone_at=at)
    lifecycle.advance(case, step, actor=actor, at=at, data={"reason": why}, **changes)
    grants.void(case, why=step, actor=actor, at=at)
    return case
