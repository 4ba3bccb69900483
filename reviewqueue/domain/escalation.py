"""Levels whose time has come: warn, tell, offer, raise, move; each once, whoever looks and however late."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import prefetch_related_objects

from audit import rows
from audit.actions import SYSTEM
from reviewqueue.domain import claims, deadlines, endings, lifecycle, routing, sweeps
from reviewqueue.models import OPEN, Clock, Letter, Move, Priority, Queue, ServiceAlert, State, Target

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from django.db.models import QuerySet

    from reviewqueue.models import Case

_OVER: Final = 100
# Their levels cannot be carried out.
_apart: Final = sweeps.Apart()
_DONE: Final = frozenset({State.CLOSED, State.RELEASED, State.EXPIRED, State.WITHDRAWN, State.SUPERSEDED})
_UNREAD: Final = tuple(f"case__{name}" for name in lifecycle.HEAVY)
Mark = dict[str, Any]
Told = tuple["Case", str, dict[str, Any]]
_ACTS: Final = frozenset({"raise_to", "offer_to", "move_to"})
# What changes in a case beside what the ledger is told.
_COLUMNS: Final = {"case.prioritised": ("priority", "rank_at"), "case.offered": ("offered_to_id", "offered_until")}


def fire_due(*, at: datetime, limit: int = sweeps.TOGETHER) -> int:
    """Every level that has come happens; returns how many cases had one. Any number may call this at once."""
    return _sweep(Clock.objects.filter(next_at__lte=at).order_by("next_at"), at, limit)


def catch_up(cases: Collection[str], *, at: datetime) -> None:
    """The levels of these cases that have come happen now; one that cannot be carried out keeps nobody waiting."""
    while _sweep(Clock.objects.filter(pk__in=cases, next_at__lte=at).order_by("next_at"), at, sweeps.TOGETHER):
        pass


def _sweep(due: QuerySet[Clock], at: datetime, limit: int) -> int:
    return sweeps.together(
        due,
        many=lambda sound: _fire(sound, at),
        one=lambda clock: _alone(clock, at),
        apart=_apart,
        at=at,
        limit=limit,
    )


def _alone(clock: Clock, at: datetime) -> bool:
    try:
        return _fire(Clock.objects.filter(pk=clock.pk, next_at__lte=at), at) > 0
    except Exception:
        Clock.objects.filter(pk=clock.pk, next_at=clock.next_at).update(next_at=at + sweeps.LATER)
        raise


@transaction.atomic
def _fire(due: QuerySet[Clock], at: datetime) -> int:
    # Both rows or neither: whoever holds the case may go on to its clock without waiting for us.
    held = due.select_related("case").defer(*_UNREAD).select_for_update(skip_locked=True, of=("self", "case"))
    clocks = list(held)
    reached = [(clock.case, mark) for clock in clocks for mark in _reached(clock, at)]
    levels = [(case, mark) for case, mark in reached if mark["of"] != deadlines.OVERFLOW]
    deadlines.store_each(clocks)
    told = _noted(levels, at)
    for turn in _in_turn(reached):
        _act_each(turn, told, at)
        told = []
    return len(clocks)


def _in_turn(reached: list[tuple[Case, Mark]]) -> list[list[tuple[Case, Mark]]]:
    """The first level of each case, then the second of each: what is done together is of different cases."""
    turns: list[list[tuple[Case, Mark]]] = []
    seen = Counter[str]()
    for case, mark in reached:
        if seen[case.pk] == len(turns):
            turns.append([])
        turns[seen[case.pk]].append((case, mark))
        seen[case.pk] += 1
    return turns


def _reached(clock: Clock, at: datetime) -> list[Mark]:
    """The levels of a case that have come and still matter, in order; they leave its plan."""
    marks = sorted(clock.plan["marks"], key=lambda mark: deadlines.read(mark["at"]))
    come = [mark for mark in marks if deadlines.read(mark["at"]) <= at]
    left = [mark for mark in marks[len(come) :] if _may_matter(clock.case, mark["of"])]
    held = [mark | {"at": deadlines.text(at + sweeps.LATER)} for mark in come if _in_hand(clock.case, mark)]
    clock.plan["marks"], clock.next_at = left + held, deadlines.first(left + held)
    return [mark for mark in come if _matters(clock.case, mark["of"]) and not _in_hand(clock.case, mark)]


def _in_hand(case: Case, mark: Mark) -> bool:
    """Nobody loses a case that they work on: it is declined when they give it back."""
    return mark.get("then") == "decline" and case.state == State.CLAIMED


def _matters(case: Case, of: str) -> bool:
    if of == Target.CLAIM:
        return case.claim_fence == 0 and case.state in {State.QUEUED, State.ASKED}
    if of == Target.ANSWER:
        return case.state not in _DONE and not _written(case)
    return case.state in OPEN


def _written(case: Case) -> bool:
    """Has whoever took the conversation over answered the customer?"""
    return case.state == State.TAKEN_OVER and Letter.objects.filter(case=case).exists()


def _may_matter(case: Case, of: str) -> bool:
    """A decision that can still be taken back has not ended anything."""
    return _matters(case, of) or (case.state == State.DECIDED and case.effective_at is not None)


def _noted(levels: list[tuple[Case, Mark]], at: datetime) -> list[Told]:
    people = get_user_model()._default_manager.in_bulk({mark.get("offer_to") for _case, mark in levels} - {None})  # noqa: SLF001 - Django's documented name
    alerts = [
        ServiceAlert(
            case=case,
            of=mark["of"],
            share=mark["share"],
            due_at=deadlines.read(mark["at"]),
            fired_at=at,
            told_role=mark.get("tell_role", ""),
            told_id=mark.get("offer_to"),
        )
        for case, mark in levels
    ]
    rows.insert_each(alerts)
    return [(case, _kind(mark), _body(mark, people)) for case, mark in levels]


def _kind(mark: Mark) -> str:
    if mark["of"] == deadlines.WAIT:
        return "case.fallback"
    if mark.get("tell_role") or mark.get("offer_to"):
        return "case.escalated"
    return "case.late" if mark["share"] >= _OVER else "case.warned"


def _body(mark: Mark, people: dict[int, Any]) -> dict[str, Any]:
    body = {"of": mark["of"], "share": mark["share"], "due_at": mark["at"]}
    if then := mark.get("then"):
        body["then"] = then
    if role := mark.get("tell_role"):
        body["to_role"] = role
    if person := people.get(mark.get("offer_to", 0)):
        body |= {"to_user": person.reference, "to": person.display}
    return body


def _act_each(turn: list[tuple[Case, Mark]], told: list[Told], at: datetime) -> None:
    """``told``: what the ledger is told beside, so that a case is stored once for both."""
    prefetch_related_objects([case for case, mark in turn if _acts(mark)], "agent", "queue")
    told += _raised([(case, mark["raise_to"]) for case, mark in turn if "raise_to" in mark])
    told += _offered([(case, mark["offer_to"]) for case, mark in turn if "offer_to" in mark], at)
    if told:
        lifecycle.record_each(told, actor=SYSTEM, at=at, columns=_changed(told))
    _pass_on([case for case, mark in turn if mark["of"] == deadlines.OVERFLOW], at)
    endings.decline_each([case for case, mark in turn if mark.get("then") == "decline"], at=at)
    _move_each([(case, mark["move_to"]) for case, mark in turn if "move_to" in mark], at)


def _changed(told: list[Told]) -> tuple[str, ...]:
    return tuple(column for of in {kind for _case, kind, _data in told} for column in _COLUMNS.get(of, ()))


def _acts(mark: Mark) -> bool:
    return mark["of"] == deadlines.OVERFLOW or mark.get("then") == "decline" or not _ACTS.isdisjoint(mark)


def _pass_on(cases: list[Case], at: datetime) -> None:
    again = routing.overflow_each(cases, at=at)
    clocks = list(Clock.objects.filter(pk__in=again))
    for clock in clocks:
        clock.plan["marks"].append({"of": deadlines.OVERFLOW, "at": deadlines.text(again[clock.pk])})
        clock.next_at = deadlines.first(clock.plan["marks"])
    deadlines.store_each(clocks)


def _raised(asked: list[tuple[Case, int]]) -> list[Told]:
    told: list[Told] = []
    for case, priority in asked:
        if case.state in OPEN and case.priority < priority:
            data = {"before": Priority(case.priority).name.lower(), "priority": Priority(priority).name.lower()}
            case.priority = priority
            case.rank_at = case.ranked()
            told.append((case, "case.prioritised", data))
    return told


def _offered(asked: list[tuple[Case, int]], at: datetime) -> list[Told]:
    people: dict[int, Any] = get_user_model()._default_manager.in_bulk({user for _case, user in asked})  # noqa: SLF001 - Django's documented name
    until_at, told = at + claims.first_offer(), list[Told]()
    for case, user in asked:
        person = people[user]
        if case.state in {State.QUEUED, State.SECOND_LOOK} and not claims.unfit(person, case, anywhere=True):
            case.offered_to_id, case.offered_until = user, until_at
            data = {"to_user": person.reference, "to": person.display, "until": until_at.isoformat()}
            told.append((case, "case.offered", data))
    return told


def _move_each(asked: list[tuple[Case, str]], at: datetime) -> None:
    queues = Queue.objects.in_bulk({queue for _case, queue in asked})
    wanted = [(case, queues[queue]) for case, queue in asked if case.state == State.QUEUED and case.queue_id != queue]
    routing.move_each(wanted, why=Move.Why.SERVICE, actor=SYSTEM, at=at)
