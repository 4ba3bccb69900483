"""Estimates of waits: on simulated reviewers and arrivals, four fifths are four fifths."""

import heapq
import math
import random
from collections import deque

import pytest

from reviewqueue.engine import wait_model
from reviewqueue.engine.wait_model import Seen

ARRIVALS = 6000
WARM_UP = 500
EVERY = 8


class Queue:
    """What the desk knows of a queue: who came when, and how and when that ended."""

    def __init__(self) -> None:
        self.ended: deque[tuple[float, float, float, bool]] = deque()
        self.open: list[tuple[float, float, float, bool]] = []

    def came(self, now: float, ahead: float, end: float, *, answered: bool) -> None:
        heapq.heappush(self.open, (end, now, ahead, answered))

    def seen(self, now: float) -> list[Seen]:
        """The last 200 answers, and all who had none meanwhile or have none yet."""
        while self.open and self.open[0][0] <= now:
            self.ended.append(heapq.heappop(self.open))
        while sum(each[3] for each in self.ended) > wait_model.LOOKED_AT:
            self.ended.popleft()
        full = sum(each[3] for each in self.ended) == wait_model.LOOKED_AT
        since = self.ended[0][0] if full else 0.0
        ended = [_seen(came, ahead, end, since, answered=answered) for end, came, ahead, answered in self.ended]
        return [*ended, *(_seen(came, ahead, now, since, answered=False) for _end, came, ahead, _is in self.open)]


def _seen(came: float, ahead: float, until: float, since: float, *, answered: bool) -> Seen:
    return Seen((until - came) / ahead, answered=answered, since=max(since - came, 0.0) / ahead)


def simulated(
    *,
    seed: int,
    people: int,
    load: float,
    spread: float,
    wave: float = 0.0,
    patience: float = math.inf,
    expires: float = math.inf,
) -> tuple[float, float]:
    """A queue of cases with random arrivals and handling; returns the share answered within P50 and within P80.

    What is known at an arrival is what the desk knows: who waits, who works, and how earlier cases ended. ``wave``: how
    much busier the busiest hour is than the average. ``patience``: after how long customers who still wait give up, in
    the mean; ``expires``: after how long everybody's case does. Of them counts what they would have waited.
    """
    dice, queue = random.Random(seed), Queue()
    free: list[float] = [0.0] * people
    leave: list[float] = []
    now, kept = 0.0, [0, 0, 0]
    for number in range(ARRIVALS):
        busier = 1 + wave * (1 if (now // 5000) % 2 else -1)
        now += dice.expovariate(load * people / 100 * busier)
        while leave and leave[0] <= now:
            heapq.heappop(leave)
        in_hand = sum(until > now for until in free)
        ahead = wait_model.turns(before=len(leave), in_hand=in_hand, on=people)
        start = max(now, free[0])
        end = start + dice.lognormvariate(4.6 - spread**2 / 2, spread)
        gives_up = now + min(dice.expovariate(1 / patience) if patience < math.inf else math.inf, expires)
        stays = start <= gives_up
        if number >= WARM_UP and number % EVERY == 0:
            expected = wait_model.expected(ahead, queue.seen(now))
            assert expected is not None
            kept = [kept[0] + 1, kept[1] + (end - now <= expected.p50), kept[2] + (end - now <= expected.p80)]
        if stays:
            heapq.heapreplace(free, end)
        if start > now:
            heapq.heappush(leave, min(start, gives_up))
        queue.came(now, ahead, end if stays else gives_up, answered=stays)
    return kept[1] / kept[0], kept[2] / kept[0]


@pytest.mark.covers("R76")
@pytest.mark.parametrize("people", [1, 4, 12])
@pytest.mark.parametrize("load", [0.3, 0.7, 0.9])
@pytest.mark.parametrize("spread", [0.3, 0.9])
def test_the_p80_covers_four_fifths_of_simulated_waits(people: int, load: float, spread: float) -> None:
    half, four_fifths = simulated(seed=people, people=people, load=load, spread=spread)
    assert (0.44 <= half <= 0.56, 0.75 <= four_fifths <= 0.85) == (True, True), (half, four_fifths)


def test_it_does_so_when_hours_are_busy_and_quiet_in_turn() -> None:
    _half, four_fifths = simulated(seed=7, people=5, load=0.7, spread=0.6, wave=0.4)
    assert 0.75 <= four_fifths <= 0.85, four_fifths


@pytest.mark.covers("R76", "R77")
@pytest.mark.parametrize(("people", "load"), [(1, 0.9), (4, 1.1), (12, 1.2)])
@pytest.mark.parametrize("ends", [{"patience": 300.0}, {"expires": 600.0}, {"patience": 500.0, "expires": 500.0}])
def test_it_does_so_when_customers_give_up_and_cases_expire(people: int, load: float, ends: dict[str, float]) -> None:
    half, four_fifths = simulated(seed=people, people=people, load=load, spread=0.6, **ends)
    assert 0.75 <= four_fifths <= 0.85, (half, four_fifths)


def test_who_still_waits_makes_the_estimate_longer_and_only_while_we_looked() -> None:
    answered = [Seen(float(n)) for n in range(10, 110, 10)]
    waiting = [Seen(55.0, answered=False)] * 10
    gone_before = [Seen(100.0, since=95.0)] * 40
    found = [wait_model.quantiles(seen, (0.5, 0.8)) for seen in (answered, answered + waiting, answered + gone_before)]
    assert found == [[60.0, 90.0], [70.0, 90.0], [60.0, 90.0]]
    assert wait_model.quantiles([*answered[:5], *[Seen(500.0, answered=False)] * 20], (0.5,)) == [500.0]
    assert wait_model.quantiles([Seen(0.0)] * 5, (0.5, 0.8)) == [0.0, 0.0]


@pytest.mark.parametrize(
    ("before", "in_hand", "on", "turns"),
    [(0, 0, 3, 1.0), (0, 3, 3, 1 + 1 / 3), (6, 3, 3, 1 + 7 / 3), (0, 0, 0, 1.0), (4, 0, 0, 5.0), (2, 9, 2, 2.5)],
)
def test_the_work_before_a_case_is_shared_by_who_works(before: int, in_hand: int, on: int, turns: float) -> None:
    assert wait_model.turns(before=before, in_hand=in_hand, on=on) == turns


def test_too_little_is_known_for_an_estimate_and_then_it_grows_with_the_queue() -> None:
    assert wait_model.expected(1.0, [Seen(60.0)] * 4 + [Seen(90.0, answered=False)]) is None
    found = [wait_model.expected(ahead, [Seen(60.0)] * 5) for ahead in (1.0, 3.0)]
    assert found == [wait_model.Expected(60.0, 60.0), wait_model.Expected(180.0, 180.0)]
