"""Estimates of waits: on simulated reviewers and arrivals, four fifths are four fifths."""

import heapq
import random
from collections import deque

import pytest

from reviewqueue.engine import wait_model

ARRIVALS = 6000
WARM_UP = 500


def simulated(*, seed: int, people: int, load: float, spread: float, wave: float = 0.0) -> tuple[float, float]:
    """A queue of cases with random arrivals and handling; returns the share answered within P50 and within P80.

    What is known at an arrival is what the desk knows: who waits, who works, and what earlier answers took. ``wave``:
    how much busier the busiest hour is than the average.
    """
    dice = random.Random(seed)
    free: list[float] = [0.0] * people
    known: deque[float] = deque(maxlen=wait_model.LOOKED_AT)
    running: list[tuple[float, float, float]] = []
    starts: deque[float] = deque()
    now, kept = 0.0, [0, 0, 0]
    for number in range(ARRIVALS):
        busier = 1 + wave * (1 if (now // 5000) % 2 else -1)
        now += dice.expovariate(load * people / 100 * busier)
        while running and running[0][0] <= now:
            _end, ahead, waited = heapq.heappop(running)
            known.append(waited / ahead)
        while starts and starts[0] <= now:
            starts.popleft()
        in_hand = sum(until > now for until in free)
        ahead = wait_model.turns(before=len(starts), in_hand=in_hand, on=people)
        expected = wait_model.expected(ahead, known)
        start = max(now, heapq.heappop(free))
        end = start + dice.lognormvariate(4.6 - spread**2 / 2, spread)
        heapq.heappush(free, end)
        heapq.heappush(running, (end, ahead, end - now))
        if start > now:
            starts.append(start)
        if expected and number >= WARM_UP:
            kept = [kept[0] + 1, kept[1] + (end - now <= expected.p50), kept[2] + (end - now <= expected.p80)]
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


@pytest.mark.parametrize(
    ("before", "in_hand", "on", "turns"),
    [(0, 0, 3, 1.0), (0, 3, 3, 1 + 1 / 3), (6, 3, 3, 1 + 7 / 3), (0, 0, 0, 1.0), (4, 0, 0, 5.0), (2, 9, 2, 2.5)],
)
def test_the_work_before_a_case_is_shared_by_who_works(before: int, in_hand: int, on: int, turns: float) -> None:
    assert wait_model.turns(before=before, in_hand=in_hand, on=on) == turns


def test_too_little_is_known_for_an_estimate_and_then_it_grows_with_the_queue() -> None:
    assert wait_model.expected(1.0, [60.0] * 4) is None
    found = [wait_model.expected(ahead, [60.0] * 5) for ahead in (1.0, 3.0)]
    assert found == [wait_model.Expected(60.0, 60.0), wait_model.Expected(180.0, 180.0)]
