"""Levels whose time has come: warn, tell, offer, raise, move; each once, whoever looks and however late."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.contrib.auth import get_user_model
from django.db import OperationalError, transaction

from audit.actions import SYSTEM
from reviewqueue.domain import claims, deadlines, endings, lifecycle, routing
from reviewqueue.models import OPEN, Clock, Letter, Move, Priority, Queue, ServiceAlert, State, Target

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from reviewqueue.models import Case

_log = logging.getLogger(__name__)
_OVER: Final = 100
_ACTS: Final = ("raise_to", "offer_to", "move_to")
_TOGETHER: Final = 500
# A level that cannot be carried out is tried again, but it does not keep the others waiting.
_LATER: Final = timedelta(minutes=1)
_DONE: Final = frozenset({State.CLOSED, State.RELEASED, State.EXPIRED, State.WITHDRAWN, State.SUPERSEDED})
Mark = dict[str, Any]


def fire_due(*, at: datetime, limit: int = _TOGETHER) -> int:
    """Every level that has come happens; returns how many cases had one. Any number may call this at once."""
    try:
        return _fire(at, limit)
    except OperationalError:
        raise
    except Exception:  # noqa: BLE001 - one of them spoils it for all: each alone then
        _log.exception("Levels could not be carried out together")
    due = Clock.objects.filter(next_at__lte=at).order_by("next_at")[:limit]
    return lifecycle.each(due, lambda clock: _alone(clock, at))


def catch_up(case: Case, *, at: datetime) -> None:
    """The levels of one case that have come happen now; one that cannot be carried out keeps nobody waiting."""
    lifecycle.each(Clock.objects.filter(pk=case.pk, next_at__lte=at), lambda clock: _alone(clock, at))


def _alone(clock: Clock, at: datetime) -> bool:
    try:
        return _fire(at, 1, case=clock.pk) > 0
    except Exception:
        Clock.objects.filter(pk=clock.pk, next_at=clock.next_at).update(next_at=at + _LATER)
        raise


@transaction.atomic
def _fire(at: datetime, limit: int, **chosen: str) -> int:
    due = Clock.objects.filter(next_at__lte=at, **chosen).select_related("case").order_by("next_at")
    # Both rows or neither: whoever holds the case may go on to its clock without waiting for us.
    clocks = list(due.select_for_update(skip_locked=True, of=("self", "case"))[:limit])
    reached = [(clock.case, mark) for clock in clocks for mark in _reached(clock, at)]
    levels = [(case, mark) for case, mark in reached if mark["of"] != deadlines.OVERFLOW]
    if clocks:
        Clock.objects.bulk_create(
            clocks, update_conflicts=True, unique_fields=["case"], update_fields=["plan", "next_at"]
        )
    _note(levels, at)
    for case, mark in reached:
        _act(case, mark, at)
    return len(clocks)


def _reached(clock: Clock, at: datetime) -> list[Mark]:
    """The levels of a case that have come and still matter, in order; they leave its plan."""
    marks = sorted(clock.plan["marks"], key=lambda mark: deadlines.read(mark["at"]))
    come = [mark for mark in marks if deadlines.read(mark["at"]) <= at]
    left = [mark for mark in marks[len(come) :] if _may_matter(clock.case, mark["of"])]
    held = [mark | {"at": deadlines.text(at + _LATER)} for mark in come if _in_hand(clock.case, mark)]
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


def _note(levels: list[tuple[Case, Mark]], at: datetime) -> None:
    people = get_user_model()._default_manager.in_bulk({mark.get("offer_to") for _case, mark in levels} - {None})  # noqa: SLF001 - Django's documented name
    ServiceAlert.objects.bulk_create(
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
    )
    told = [(case, _kind(mark), _body(mark, people)) for case, mark in levels]
    if told:
        lifecycle.record_each(told, actor=SYSTEM, at=at)


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


def _act(case: Case, mark: Mark, at: datetime) -> None:
    if mark["of"] == deadlines.OVERFLOW:
        _pass_on(case, at)
    if mark.get("then") == "decline":
        endings.decline(case, at=at)
    for act in _ACTS:
        if act in mark:
            _DOES[act](case, mark[act], at)


def _pass_on(case: Case, at: datetime) -> None:
    if again_at := routing.overflow(case, at=at):
        clock = Clock.objects.get(pk=case.pk)
        clock.plan["marks"].append({"of": deadlines.OVERFLOW, "at": deadlines.text(again_at)})
        clock.next_at = deadlines.first(clock.plan["marks"])
        clock.save(update_fields=["plan", "next_at"])


def _raise(case: Case, priority: int, at: datetime) -> None:
    if case.state in OPEN and case.priority < priority:
        data = {"before": Priority(case.priority).name.lower(), "priority": Priority(priority).name.lower()}
        lifecycle.record(case, "case.prioritised", actor=SYSTEM, at=at, data=data, priority=priority)


def _offer(case: Case, user: int, at: datetime) -> None:
    person: Any = get_user_model()._default_manager.get(pk=user)  # noqa: SLF001 - Django's documented name
    if case.state in {State.QUEUED, State.SECOND_LOOK} and not claims.unfit(person, case, anywhere=True):
        until_at = at + claims.first_offer()
        data = {"to_user": person.reference, "to": person.display, "until": until_at.isoformat()}
        changes: dict[str, Any] = {"offered_to_id": user, "offered_until": until_at}
        lifecycle.record(case, "case.offered", actor=SYSTEM, at=at, data=data, **changes)


def _move(case: Case, queue: str, at: datetime) -> None:
    if case.state == State.QUEUED and case.queue_id != queue:
        routing.move(case, Queue.objects.get(pk=queue), why=Move.Why.SERVICE, actor=SYSTEM, at=at)


_DOES: Final[dict[str, Callable[[Any, Any, datetime], None]]] = {
    "raise_to": _raise,
    "offer_to": _offer,
    "move_to": _move,
}
