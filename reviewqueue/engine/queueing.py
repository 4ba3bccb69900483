"""Queues played through: the cases that came, and the people who were on take them one after the other.

No formula of a queue in steady state: people come and go by the hour, nights and weekends leave work over, and some
work in several queues. So every case comes when it came, waits until somebody of its queue is on and free, and is then
worked on without a pause. Whoever becomes free takes the waiting case with the lowest rank.
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


NEVER = math.inf

# So many of the newest are played through: enough for a share, and soon done.
PLAYED: Final = 50_000


class Stretch(NamedTuple):
    """One person is on from one moment (seconds since 1970) to another, in these lanes."""

    person: int
    begins: float
    ends: float
    lanes: frozenset[str]


class Came(NamedTuple):
    """A case: when it came, where it waits, how it ranks among those that wait (lowest first), how long it takes."""

    at: float
    lane: str
    rank: float
    takes: float


def begun(cases: Sequence[Came], stretches: Iterable[Stretch]) -> list[float]:
    """When somebody begins with each case, which must be in the order in which they came; `NEVER` where nobody does."""
    return _Play(cases, _by_person(stretches)).through()


def covered(stretches: Iterable[Stretch], lane: str) -> list[tuple[float, float, int]]:
    """When anybody is on in a lane, and how many: stretches of time in their order."""
    turns: dict[float, int] = defaultdict(int)
    for each in stretches:
        if lane in each.lanes:
            turns[each.begins] += 1
            turns[each.ends] -= 1
    moments, on, found = sorted(turns), 0, []
    for begins, ends in pairwise(moments):
        on += turns[begins]
        if on:
            found.append((begins, ends, on))
    return found


@dataclass(slots=True)
class _Person:
    """Someone with what is left of their stretches, the next one last, and until when they work on a case."""

    left: list[Stretch]
    busy: float = -NEVER

    def on(self, at: float) -> Stretch | None:
        """The stretch that runs at a moment or comes next."""
        while self.left and self.left[-1].ends <= at:
            self.left.pop()
        return self.left[-1] if self.left else None


@dataclass(slots=True)
class _Play:
    cases: Sequence[Came]
    people: list[_Person]
    waiting: dict[str, list[tuple[float, int]]] = field(default_factory=lambda: defaultdict(list))
    # When people look for work: as their time begins or ends, and after each case.
    looks: list[tuple[float, int]] = field(default_factory=list)
    # Those who found none, longest first.
    idle: dict[int, Stretch] = field(default_factory=dict)
    started: list[float] = field(default_factory=list)

    def through(self) -> list[float]:
        self.started = [NEVER] * len(self.cases)
        self.looks = [(each.left[-1].begins, place) for place, each in enumerate(self.people)]
        heapq.heapify(self.looks)
        for number, case in enumerate(self.cases):
            self._until(case.at)
            self._arrive(number, case)
        self._until(NEVER)
        return self.started

    def _until(self, at: float) -> None:
        while self.looks and self.looks[0][0] <= at:
            moment, place = heapq.heappop(self.looks)
            person = self.people[place]
            if person.busy > moment:
                continue
            self.idle.pop(place, None)
            if (stretch := person.on(moment)) is not None:
                self._look(place, stretch, moment)

    def _look(self, place: int, stretch: Stretch, at: float) -> None:
        if stretch.begins > at:
            heapq.heappush(self.looks, (stretch.begins, place))
        elif (number := self._next(stretch)) is not None:
            self._start(number, place, at)
        else:
            self.idle[place] = stretch
            heapq.heappush(self.looks, (stretch.ends, place))

    def _arrive(self, number: int, case: Came) -> None:
        place = next((place for place, stretch in self.idle.items() if case.lane in stretch.lanes), None)
        if place is None:
            heapq.heappush(self.waiting[case.lane], (case.rank, number))
        else:
            del self.idle[place]
            self._start(number, place, case.at)

    def _start(self, number: int, place: int, at: float) -> None:
        self.started[number] = at
        self.people[place].busy = ends = at + self.cases[number].takes
        heapq.heappush(self.looks, (ends, place))

    def _next(self, stretch: Stretch) -> int | None:
        """The case that is first of all that wait in these lanes."""
        heads = [(self.waiting[lane][0], lane) for lane in stretch.lanes if self.waiting.get(lane)]
        if not heads:
            return None
        _head, lane = min(heads)
        return heapq.heappop(self.waiting[lane])[1]


def _by_person(stretches: Iterable[Stretch]) -> list[_Person]:
    found: dict[int, list[Stretch]] = defaultdict(list)
    for each in stretches:
        found[each.person].append(each)
    return [_Person(list(_apart(found[person]))[::-1]) for person in sorted(found)]


def _apart(stretches: Sequence[Stretch]) -> Iterator[Stretch]:
    """One person once: where stretches overlap, they are on in the lanes of all of them."""
    moments = sorted({moment for each in stretches for moment in (each.begins, each.ends)})
    waiting = sorted(stretches, key=lambda each: each.begins, reverse=True)
    running: list[Stretch] = []
    for begins, ends in pairwise(moments):
        while waiting and waiting[-1].begins <= begins:
            running.append(waiting.pop())
        running = [each for each in running if each.ends > begins]
        if running:
            lanes = frozenset[str]().union(*(each.lanes for each in running))
            yield Stretch(running[0].person, begins, ends, lanes)
