"""The deadlines of a case: set when it begins to wait, standing still while others are asked, and each level once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from audit import rows
from reviewqueue import rules
from reviewqueue.engine import business_time
from reviewqueue.engine.business_time import ALWAYS
from reviewqueue.models import Clock, OnExpiry, Priority, Question, Target
from reviewqueue.queries import holding, promises

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reviewqueue.models import Case

OVERFLOW: Final = "overflow"
# The customer has waited as long as their wait contract lets them.
WAIT: Final = "wait"
_WHOLE: Final = 100
# Whoever supervises is called to a customer who was promised a person; the role's name is part of every installation.
_JOINS: Final = {"tell_role": "supervisor", "raise_to": Priority.URGENT}
Marks = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Deadlines:
    """What a new case is promised: when it is due, and the row that remembers the rest (``None``: nothing is)."""

    due_at: datetime
    service: int | None = None
    targets: dict[str, str] = field(default_factory=dict)
    marks: Marks = field(default_factory=list)

    def start(self, case: Case) -> None:
        """Store them beside their case, which must be stored already."""
        if clock := self.clock(case):
            rows.insert(clock)

    def clock(self, case: Case) -> Clock | None:
        """The row that remembers them, not stored yet."""
        if not self.targets and not self.marks:
            return None
        plan = {"targets": self.targets, "marks": self.marks}
        return Clock(case_id=case.pk, service_id=self.service, plan=plan, next_at=first(self.marks))


def of(case: Case, *, at: datetime) -> Deadlines:
    """The deadlines of a case that begins to wait now, in the queue where it is; asks the database for nothing new."""
    service = promises.of(case)
    due_at, others = at + case.queue.target(case.priority), _overflow(case, at) + _longest_wait(case, at)
    if service is None:
        return Deadlines(due_at, marks=others)
    spans = [time for _target, time in service.targets] + [level.after for level in service.levels]
    moments = business_time.add_each(at, spans, service.hours)
    targets = {target: moment for (target, _time), moment in zip(service.targets, moments, strict=False)}
    reached = zip(service.levels, moments[len(targets) :], strict=True)
    marks = [{"of": level.of, "share": level.share, "at": text(moment), **level.does} for level, moment in reached]
    return Deadlines(
        due_at=targets.get(Target.DECIDE, due_at),
        service=service.number,
        targets={target: text(moment) for target, moment in targets.items()},
        marks=marks + others,
    )


def start_each(promised: Iterable[tuple[Case, Deadlines]]) -> None:
    """``Deadlines.start`` for many cases at once."""
    rows.insert_each([clock for case, deadlines in promised if (clock := deadlines.clock(case))])


def pause(case: Case, *, asked: str, at: datetime) -> None:
    """Stop the clock of a locked case while somebody is asked (``agent``, ``customer``, ``colleague``)."""
    clock = Clock.objects.select_for_update().filter(case=case).first()
    if clock and asked in _pauses(clock):
        clock.paused_at, clock.next_at = at, None
        clock.save(update_fields=["paused_at", "next_at"])


def _pauses(clock: Clock) -> frozenset[str]:
    """Nobody is late for a customer who has to answer first, service level or not."""
    return promises.numbered(clock.service_id).pauses if clock.service_id else frozenset({str(Question.Of.CUSTOMER)})


def resume(case: Case, *, at: datetime) -> dict[str, Any]:
    """Let the clock of a locked case go on, with what was left; returns the columns that change in the case."""
    clock = Clock.objects.select_for_update().filter(case=case, paused_at__isnull=False).first()
    if clock is None or clock.paused_at is None:
        return {}
    hours = promises.numbered(clock.service_id).hours if clock.service_id else ALWAYS
    stood, clock.paused_at = clock.paused_at, None

    def later(moment: datetime) -> datetime:
        return business_time.add(at, business_time.between(stood, moment, hours), hours) if moment > stood else moment

    clock.plan = {
        "targets": {target: text(later(read(moment))) for target, moment in clock.plan["targets"].items()},
        "marks": [mark | {"at": text(later(read(mark["at"])))} for mark in clock.plan["marks"]],
    }
    clock.next_at = first(clock.plan["marks"])
    clock.save(update_fields=["plan", "paused_at", "next_at"])
    return {"due_at": later(case.due_at)} if case.due_at and clock.service_id else {}


def follow(case: Case, *, at: datetime) -> None:
    """A locked case came to another queue: its promises stay, when it is passed on from here is new."""
    clock = Clock.objects.select_for_update().filter(case=case).first()
    if clock is None:
        of(case, at=at).start(case)
    else:
        _follow(clock, case, at)
        clock.save(update_fields=["plan", "next_at"])


def follow_each(cases: Sequence[Case], *, at: datetime) -> None:
    """``follow`` for many locked cases at once."""
    clocks = Clock.objects.select_for_update().in_bulk([case.pk for case in cases])
    for case in cases:
        if case.pk in clocks:
            _follow(clocks[case.pk], case, at)
        else:
            of(case, at=at).start(case)
    store_each(list(clocks.values()))


def store_each(clocks: Sequence[Clock]) -> None:
    """What is left of the plans of these locked clocks, and when it goes on."""
    rows.update_each(Clock, ("plan", "next_at"), clocks)


def _follow(clock: Clock, case: Case, at: datetime) -> None:
    kept = [mark for mark in clock.plan["marks"] if mark["of"] != OVERFLOW]
    clock.plan["marks"] = kept + _overflow(case, at)
    clock.next_at = None if clock.paused_at else first(clock.plan["marks"])


def clock_of(case: Case) -> Clock | None:
    """What was promised for a case, with its service level."""
    return Clock.objects.filter(case=case).select_related("service__hand_over_to").first()


def clocks_of(cases: Iterable[Case]) -> dict[str, Clock]:
    """``clock_of`` for many cases; those with the same heir share what is known of them."""
    return Clock.objects.prefetch_related("service__hand_over_to").in_bulk([case.pk for case in cases])


def on_expiry(case: Case, clock: Clock | None) -> tuple[str, Any]:
    """What is to happen when nobody decided (``OnExpiry``), and who takes the conversation over, if anybody does."""
    if clock is None or clock.service is None:
        return OnExpiry.EXPIRE, None
    outcome = clock.service.on_expiry
    if outcome == OnExpiry.HAND_OVER:
        heir = clock.service.hand_over_to or case.queue.owner
        return outcome, heir if heir and rules.may_inherit(heir, case) else None
    # Who contests a decision is not answered by a clock.
    return OnExpiry.EXPIRE if outcome == OnExpiry.DECLINE and case.contests_id else outcome, None


def text(moment: datetime) -> str:
    """A moment as plans hold it."""
    return moment.astimezone(UTC).isoformat()


def read(told: str) -> datetime:
    """A moment out of a plan."""
    return datetime.fromisoformat(told)


def first(marks: Marks) -> datetime | None:
    """When the next level comes."""
    return min((read(mark["at"]) for mark in marks), default=None)


def _overflow(case: Case, at: datetime) -> Marks:
    """When a case that still waits then is passed on to the next queue."""
    queue = case.queue
    if not queue.overflow_to_id:
        return []
    closes_at = business_time.closes_at(at, promises.hours(queue)) if queue.overflow_when_closed else None
    moments = [closes_at, at + queue.overflow_after if queue.overflow_after else None]
    next_at = min((moment for moment in moments if moment), default=None)
    return [{"of": OVERFLOW, "at": text(next_at)}] if next_at else []


def _longest_wait(case: Case, at: datetime) -> Marks:
    """What happens to the customer of a case that nobody has decided by then."""
    contract = case.verdict.get("wait")
    if not contract or case.asked_by_customer:
        return []
    then = holding.then(case)
    mark = {"of": WAIT, "share": _WHOLE, "at": text(at + timedelta(seconds=contract["seconds"])), "then": then}
    if then == "chat":
        mark |= _JOINS | ({"move_to": contract["queue"]} if contract.get("queue") else {})
    return [mark]
