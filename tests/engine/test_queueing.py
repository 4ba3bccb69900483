"""Queues played through with the people who were on."""

import random
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from reviewqueue.engine import business_time
from reviewqueue.engine.business_time import Hours
from reviewqueue.engine.queueing import NEVER, Came, Stretch, begun, covered
from reviewqueue.engine.targets import due

A, B = frozenset({"a"}), frozenset({"b"})
BOTH = A | B
OFFICE = Hours("Europe/Berlin", ((((9 * 60, 12 * 60), (13 * 60, 18 * 60)),) * 5 + ((),) * 2))


def came(at: float, lane: str = "a", *, rank: float = 0, takes: float = 10) -> Came:
    return Came(at, lane, rank, takes)


def test_one_person_takes_one_case_after_the_other() -> None:
    assert begun([came(0), came(1), came(30)], [Stretch(1, 0, 100, A)]) == [0, 10, 30]


def test_two_people_work_side_by_side() -> None:
    assert begun([came(0), came(1), came(2)], [Stretch(1, 0, 100, A), Stretch(2, 0, 100, A)]) == [0, 1, 10]


def test_what_comes_at_night_waits_for_the_morning() -> None:
    night = [Stretch(1, 0, 5, A), Stretch(1, 1000, 1100, A)]
    assert begun([came(6), came(7)], night) == [1000, 1010]


def test_who_has_begun_finishes_after_their_time_and_takes_nothing_more() -> None:
    assert begun([came(95), came(96)], [Stretch(1, 0, 100, A)]) == [95, NEVER]


def test_of_all_that_wait_the_lowest_rank_comes_first_and_equals_in_their_order() -> None:
    cases = [came(0, rank=5), came(1, rank=7), came(2, rank=7), came(3, rank=1)]
    assert begun(cases, [Stretch(1, 0, 100, A)]) == [0, 20, 30, 10]


def test_whoever_works_in_two_lanes_is_one_person() -> None:
    assert begun([came(0, "a"), came(1, "b")], [Stretch(1, 0, 100, A), Stretch(1, 0, 100, B)]) == [0, 10]


def test_a_shift_of_one_lane_leaves_the_other_alone_until_it_begins() -> None:
    day = [Stretch(1, 0, 50, A), Stretch(1, 50, 100, B)]
    assert begun([came(10, "b"), came(20, "a"), came(45, "a")], day) == [55, 20, 45]
    assert begun([came(10, "b")], day) == [50]


def test_without_anybody_nothing_begins() -> None:
    assert begun([came(0), came(1, "b")], []) == [NEVER, NEVER]
    assert begun([came(0, "b")], [Stretch(1, 0, 100, A)]) == [NEVER]


@pytest.mark.parametrize("seed", range(5))
def test_nobody_begins_before_it_came_or_off_shift_and_no_more_work_than_there_are_people(seed: int) -> None:
    dice = random.Random(seed)
    moments = sorted(dice.uniform(0, 3000) for _ in range(200))
    cases = [came(at, dice.choice("ab"), rank=dice.random(), takes=dice.uniform(1, 40)) for at in moments]
    people = [
        Stretch(who, day + dice.uniform(0, 200), day + dice.uniform(400, 900), dice.choice([A, B, BOTH]))
        for who in range(4)
        for day in range(0, 6000, 1000)
    ]
    started = begun(cases, people)
    for case, at in zip(cases, started, strict=True):
        assert case.at <= at
        on = sum(each.begins <= at < each.ends and case.lane in each.lanes for each in people)
        assert at == NEVER or on
    working = [(at, 1) for at in started if at < NEVER]
    working += [(at + case.takes, -1) for case, at in zip(cases, started, strict=True) if at < NEVER]
    most = count = 0
    for _at, change in sorted(working):
        count += change
        most = max(most, count)
    assert most <= 4


def test_coverage_says_how_many_are_on() -> None:
    assert covered([Stretch(1, 0, 10, A), Stretch(2, 5, 20, BOTH), Stretch(3, 0, 9, B)], "a") == [
        (0, 5, 1),
        (5, 10, 2),
        (10, 20, 1),
    ]


@pytest.mark.parametrize("hours", [business_time.ALWAYS, OFFICE])
def test_many_deadlines_at_once_are_those_of_the_calendar(hours: Hours) -> None:
    start = datetime(2026, 10, 20, tzinfo=UTC)  # clocks change within
    end = start + timedelta(days=40)
    opening = [(a.timestamp(), b.timestamp()) for a, b in business_time.openings(start, end, hours)]
    dice = random.Random(1)
    moments = [start + timedelta(seconds=dice.uniform(0, 86_400 * 14)) for _ in range(200)]
    for seconds in (1.0, 3600.0, 5 * 3600.0, 30 * 3600.0):
        found = due(np.array([at.timestamp() for at in moments]), seconds, opening)
        alone = [business_time.add(at, timedelta(seconds=seconds), hours).timestamp() for at in moments]
        assert found == pytest.approx(alone, abs=0.01)
