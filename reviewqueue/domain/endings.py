"""Ways a case ends without a reviewer's ruling: the agent takes it back or replaces it, or nobody came in time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from audit import making, rows
from audit.actions import SYSTEM, Actor
from reviewqueue.domain import autonomy, deadlines, grants, lifecycle, sweeps, unmasking
from reviewqueue.models import Agent, Case, Decision, OnExpiry, Reason, Ruling, State
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
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

# They cannot be ended.
_apart: Final = sweeps.Apart()


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
        escalation.catch_up([case.pk], at=at)
    return _expire(case, at=at)


@transaction.atomic
def _expire(case: Case, *, at: datetime) -> Case:
    outcome, heir = deadlines.on_expiry(case, deadlines.clock_of(case))
    if outcome == OnExpiry.HAND_OVER and heir:
        from reviewqueue.domain import takeover  # noqa: PLC0415 - it ends the other cases of a conversation by this module

        return takeover.inherit(case, person=heir, at=at)
    case = lifecycle.locked(case.pk)
    if is_overdue(case, at):
        _end_each([case], {case.pk: outcome}, at)
    return case


def is_overdue(case: Case, at: datetime) -> bool:
    """Does a locked case still wait although its time has come?"""
    return case.state in WAITING and case.expires_at <= at


def expire_due(*, at: datetime, limit: int = sweeps.TOGETHER) -> int:
    """Every case that is past its time ends; returns how many were due."""
    due = Case.objects.filter(state__in=WAITING, expires_at__lte=at).order_by("expires_at")
    return sweeps.together(
        due,
        many=lambda sound: _expire_each(sound, at),
        one=lambda case: sweeps.moved(case, lambda case: expire(case, at=at)),
        apart=_apart,
        at=at,
        limit=limit,
    )


def _expire_each(due: QuerySet[Case], at: datetime) -> int:
    """Levels first; what is handed over goes by itself, because its conversation is held before its cases."""
    from reviewqueue.domain import escalation, takeover  # noqa: PLC0415 - they end cases by this module

    cases = list(due.prefetch_related("queue__owner", "agent").defer(*lifecycle.HEAVY))
    if not cases:
        return 0
    escalation.catch_up([case.pk for case in cases], at=at)
    heirs = _heirs(cases)
    ended = _end_due([case.pk for case in cases if case.pk not in heirs], at)
    return ended + (takeover.inherit_each(heirs, at=at) if heirs else 0)


def _heirs(cases: Sequence[Case]) -> dict[str, Any]:
    """Who takes over whose conversation."""
    clocks = deadlines.clocks_of(cases)
    outcomes = {case.pk: deadlines.on_expiry(case, clocks.get(case.pk)) for case in cases}
    return {key: heir for key, (outcome, heir) in outcomes.items() if outcome == OnExpiry.HAND_OVER and heir}


@transaction.atomic
def _end_due(keys: list[str], at: datetime) -> int:
    """Whoever holds one of them decides it, or leaves it for the next time."""
    due = Case.objects.filter(pk__in=keys, state__in=WAITING, expires_at__lte=at).order_by("expires_at")
    cases = list(due.select_for_update(skip_locked=True, of=("self",)).defer(*lifecycle.HEAVY))
    clocks = deadlines.clocks_of(cases)
    _end_each(cases, {case.pk: deadlines.on_expiry(case, clocks.get(case.pk))[0] for case in cases}, at)
    return len(cases)


def _end_each(cases: Sequence[Case], outcomes: Mapping[str, str], at: datetime) -> None:
    run_out_each([case for case in cases if outcomes[case.pk] != OnExpiry.DECLINE], at=at)
    decline_each([case for case in cases if outcomes[case.pk] == OnExpiry.DECLINE], at=at)


def run_out_each(cases: Sequence[Case], *, at: datetime) -> None:
    """Locked cases that are overdue end, and nothing is approved."""
    unsettled(cases).update(undone_at=at)
    lifecycle.advance_each([(case, {"reason": "expired"}, _NOBODYS) for case in cases], "expire", actor=SYSTEM, at=at)
    grants.void_each(cases, why="expire", actor=SYSTEM, at=at)


def decline_each(cases: Sequence[Case], *, at: datetime) -> None:
    """Locked cases that still wait end with a no to every action not granted yet, as a person would say it.

    It takes effect at once: no clock takes back what it said.
    """
    if not cases:
        return
    lifecycle.read_proposals(cases)
    unsettled(cases).update(undone_at=at)
    refused = _refusals(cases, at)
    rows.insert_each([each for made in refused.values() for each in made])
    planted, unspent = unmasking.canaries_of(cases), grants.open_of(cases)
    settled = [case for case in cases if case.pk not in planted | unspent]
    steps: list[tuple[str, list[lifecycle.Moved]]] = [
        ("decline", [(case, _told(refused[case.pk]), _NOBODYS | {"effective_at": at}) for case in cases]),
        (
            "take_effect",
            [(case, {"decisions": [each.pk for each in refused[case.pk]]}, _in_effect(at)) for case in cases],
        ),
        ("close", [(case, {}, {}) for case in settled]),
    ]
    lifecycle.walk_each(steps, actor=SYSTEM, at=at)
    for case in (case for case in cases if case.pk in planted):
        unmasking.after_decision(case, at=at)
    autonomy.look_at(*(case for case in cases if case.pk not in planted), at=at)


def unsettled(cases: Iterable[Case]) -> QuerySet[Decision]:
    """What somebody has ruled that has no effect yet, and gets none."""
    return Decision.objects.filter(case__in=cases, undone_at=None, took_effect_at=None)


def _refusals(cases: Sequence[Case], at: datetime) -> dict[str, list[Decision]]:
    ruled = set(Decision.objects.filter(case__in=cases, undone_at=None).values_list("case_id", "call_id"))
    return {
        case.pk: [
            _refusal(case, each["call_id"], at) for each in case.actions if (case.pk, each["call_id"]) not in ruled
        ]
        for case in cases
    }


def _refusal(case: Case, call_id: str, at: datetime) -> Decision:
    return making.new(
        Decision,
        case=case,
        call_id=call_id,
        type=Ruling.REJECT,
        message="Nobody could decide in time, so this was declined.",
        reason_code=Reason.OTHER,
        decided_at=at,
        effective_at=at,
        took_effect_at=at,
        case_version=case.version,
    )


def _told(refused: Sequence[Decision]) -> dict[str, Any]:
    return {"reason": "expired", "decisions": grants.summary(refused)}


def _in_effect(at: datetime) -> dict[str, Any]:
    return {"effective_at": None, "took_effect_at": at, "outcome": "decided", "waiting_on": ""}


def _is_open(case: Case) -> bool:
    return case.state in WAITING or (case.state == State.DECIDED and case.took_effect_at is None)


def _end(case: Case, step: str, *, actor: Actor, at: datetime, why: str, **more: Any) -> Case:
    changes = _NOBODYS | more
    unsettled([case]).update(undone_at=at)
    lifecycle.advance(case, step, actor=actor, at=at, data={"reason": why}, **changes)
    grants.void(case, why=step, actor=actor, at=at)
    return case
