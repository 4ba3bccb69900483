"""Who was on in which queue, hour by hour: by the roster, and where there is none by who works in a queue."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db.models import Q

from reviewqueue import rules
from reviewqueue.engine import business_time
from reviewqueue.engine.queueing import Stretch, covered
from reviewqueue.models import Absence, Queue, Shift
from reviewqueue.queries import queues as known
from reviewqueue.queries import team

ROSTER: Final = "roster"
BOTH: Final = "both"
MEMBERS: Final = "members"
NOBODY: Final = "nobody"


@dataclass(frozen=True, slots=True)
class Crew:
    """Who is on between two moments, and for each queue how that is known: one of the words above."""

    stretches: Sequence[Stretch]
    basis: Mapping[str, str]

    def most(self, queue: str) -> int:
        """How many are on at once at most."""
        return max((people for _begins, _ends, people in covered(self.stretches, queue)), default=0)

    def share(self, queue: str, start: datetime, end: datetime) -> float:
        """Of the time between two moments, in how much of it anybody is on."""
        first, last = start.timestamp(), end.timestamp()
        spans = ((max(begins, first), min(ends, last)) for begins, ends, _on in covered(self.stretches, queue))
        whole = last - first
        return sum(ends - begins for begins, ends in spans if ends > begins) / whole if whole > 0 else 0.0


@dataclass(frozen=True, slots=True)
class _Roster:
    """A person's queues (``None``: all), their shifts, and the days on which they are away."""

    person: int
    queues: frozenset[str] | None
    shifts: Sequence[Shift]
    away: Sequence[Absence]

    def serves(self, queue: str) -> bool:
        return self.queues is None or queue in self.queues


def crew(queues: Mapping[str, Queue], start: datetime, end: datetime) -> Crew:
    """Who works in these queues between two moments."""
    people = list(_rosters(start, end))
    on = [each for person in people for each in _by_roster(person, queues, start, end)]
    stretches, basis = list(on), {}
    for name, queue in queues.items():
        begins = _begins(name, people, start, end)
        filled = _by_membership(queue, people, start, min(begins, end)) if begins > start else []
        stretches += filled
        basis[name] = _basis(rostered=any(name in each.lanes for each in on), filled=bool(filled))
    return Crew(stretches, basis)


def _basis(*, rostered: bool, filled: bool) -> str:
    if rostered:
        return BOTH if filled else ROSTER
    return MEMBERS if filled else NOBODY


def _rosters(start: datetime, end: datetime) -> Iterator[_Roster]:
    """Everybody who may decide, with what they may work in."""
    people = team.deciders()
    named, asking = rules.queue_names_of(people), Queue.objects.exclude(certificates=[], skills=[]).exists()
    shifts, away = _shifts(), _absences(start.date(), end.date())
    for person in people:
        closed = rules.queues_closed_to(person) if asking else frozenset[str]()
        own = named[person.pk]
        if closed:
            own = (known.every() if own is None else own) - closed
        yield _Roster(person.pk, own, shifts[person.pk], away[person.pk])


def _shifts() -> Mapping[int, list[Shift]]:
    found: dict[int, list[Shift]] = defaultdict(list)
    for shift in Shift.objects.select_related("calendar"):
        found[shift.user_id].append(shift)
    return found


def _absences(first: date, last: date) -> Mapping[int, list[Absence]]:
    found: dict[int, list[Absence]] = defaultdict(list)
    for absence in Absence.objects.filter(Q(from_on__lte=last) & Q(until_on__gte=first)):
        found[absence.user_id].append(absence)
    return found


def _begins(queue: str, people: Sequence[_Roster], start: datetime, end: datetime) -> datetime:
    """From when on the roster says who works in a queue: ``end`` where it never does."""
    days = [
        shift.from_on
        for person in people
        if person.serves(queue)
        for shift in person.shifts
        if shift.queue_id in {None, queue}
    ]
    if not days:
        return end
    known = [day for day in days if day]
    return start if len(known) < len(days) else datetime.combine(min(known), time(), UTC)


def _by_roster(person: _Roster, queues: Mapping[str, Queue], start: datetime, end: datetime) -> Iterator[Stretch]:
    for shift in person.shifts:
        lanes = frozenset(name for name in queues if person.serves(name) and shift.queue_id in {None, name})
        if lanes:
            yield from _of_shift(person, shift, lanes, start, end)


def _of_shift(
    person: _Roster, shift: Shift, lanes: frozenset[str], start: datetime, end: datetime
) -> Iterator[Stretch]:
    zone = ZoneInfo(shift.calendar.zone)
    for opens, closes in business_time.openings(start, end, shift.calendar.hours):
        day = opens.astimezone(zone).date()
        if team.within(shift, day) and not any(each.from_on <= day <= each.until_on for each in person.away):
            yield Stretch(person.person, opens.timestamp(), closes.timestamp(), lanes)


def _by_membership(queue: Queue, people: Sequence[_Roster], start: datetime, end: datetime) -> list[Stretch]:
    """Whoever works there by name, or else in all queues, whenever it is open; not those with a roster elsewhere."""
    there = [each for each in people if each.serves(queue.pk)]
    rostered = any(shift.queue_id in {None, queue.pk} for each in there for shift in each.shifts)
    free = [each for each in there if rostered or not each.shifts]
    members = [each for each in free if each.queues is not None] or free
    spans = [(a.timestamp(), b.timestamp()) for a, b in business_time.openings(start, end, opening(queue))]
    lanes = frozenset({queue.pk})
    return [Stretch(each.person, begins, ends, lanes) for each in members for begins, ends in spans]


def opening(queue: Queue) -> business_time.Hours:
    """When somebody is to be in a queue."""
    return queue.calendar.hours if queue.calendar else business_time.ALWAYS


def gaps(queue: Queue, crew: Crew, start: datetime, end: datetime) -> tuple[list[tuple[float, float]], float]:
    """When a queue is open between two moments and nobody is on, and for how many seconds it is open."""
    spans = [(a.timestamp(), b.timestamp()) for a, b in business_time.openings(start, end, opening(queue))]
    on = [(begins, ends) for begins, ends, _people in covered(crew.stretches, queue.pk)]
    return [gap for span in spans for gap in _without(span, on)], sum(ends - begins for begins, ends in spans)


def _without(span: tuple[float, float], on: Sequence[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    at, end = span
    for begins, ends in on:
        if begins >= end:
            break
        if ends > at:
            if begins > at:
                yield at, begins
            at = ends
    if at < end:
        yield at, end


def queues_named(names: Any) -> dict[str, Queue]:
    """Queues by their name; one that a policy names and nobody has made yet is as new ones are."""
    found = Queue.objects.select_related("calendar").in_bulk(list(names))
    return {name: found.get(name) or Queue(name=name) for name in names}
