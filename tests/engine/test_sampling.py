"""How a week is divided and drawn: the same from the same seed, fair in each stratum, more where risk is."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from reviewqueue.engine import sampling
from reviewqueue.engine.sampling import Cell, Stratum, reached

CASES = [f"case_{n:05d}" for n in range(2_000)]


def test_the_same_seed_draws_the_same_sample_whatever_the_order() -> None:
    drawn = sampling.draw("seed", CASES, 50)
    assert sampling.draw("seed", reversed(CASES), 50) == drawn
    assert sampling.draw("another", CASES, 50) != drawn
    assert len(set(drawn)) == 50


def test_every_case_has_the_same_chance() -> None:
    counts = Counter(case for seed in range(400) for case in sampling.draw(str(seed), CASES[:40], 10))
    assert set(counts) == set(CASES[:40])
    # 400 draws with a chance of 1/4 are 100 with a standard deviation of 8.7.
    assert max(abs(count - 100) for count in counts.values()) < 4 * 8.7


def test_the_live_part_is_drawn_with_its_share_and_apart_from_the_rest() -> None:
    live = {case for case in CASES if sampling.chosen_live("seed", case, 0.1)}
    assert 150 < len(live) < 250
    drawn = set(sampling.draw("seed", CASES, 200))
    assert 5 < len(live & drawn) < 40
    assert not any(sampling.chosen_live("seed", case, 0.0) for case in CASES)


@pytest.mark.covers("R93")
def test_more_is_drawn_where_risk_is_and_never_less_than_the_floor() -> None:
    strata = [
        Stratum(("calm",), 9_000, 1.0),
        Stratum(("risky",), 900, 4.0),
        Stratum(("erring",), 900, 1.0, expected=0.3),
        Stratum(("tiny",), 3, 1.0),
    ]
    given = sampling.allocate(strata, size=100, floor=5)
    assert sum(given) == 100
    assert given[3] == 3
    assert min(given[:3]) >= 5
    share = [n / stratum.population for n, stratum in zip(given, strata, strict=True)]
    assert share[1] > 2 * share[0]
    assert share[2] > share[0]


def test_nothing_is_drawn_that_is_not_there() -> None:
    strata = [Stratum(("a",), 4, 1.0), Stratum(("b",), 60, 1.0)]
    assert sampling.allocate(strata, size=100, floor=5) == [4, 60]
    assert sampling.allocate(strata, size=30, floor=5) == [4, 26]
    assert sampling.allocate([], size=30, floor=5) == []


def test_floors_that_take_more_than_the_sample_are_kept() -> None:
    strata = [Stratum((str(n),), 50, 1.0) for n in range(4)]
    assert sampling.allocate(strata, size=6, floor=5) == [5, 5, 5, 5]


def test_small_strata_join_their_neighbours_the_lightest_first() -> None:
    cells = {
        ("released", "refund"): Cell(900, 2_700.0),
        ("released", "greeting"): Cell(3, 9.0),
        ("released", "farewell"): Cell(2, 6.0),
        ("approved", "refund"): Cell(50, 400.0),
    }
    strata = sampling.collapse(cells, size=24, floor=4)
    assert strata == {
        ("released", "refund"): ("released", "refund"),
        ("released", "greeting"): ("released", "*"),
        ("released", "farewell"): ("released", "*"),
        ("approved", "refund"): ("approved", "refund"),
    }


def test_a_sample_that_is_too_small_for_strata_has_one() -> None:
    cells = {(str(a), str(b)): Cell(5, 5.0) for a in range(6) for b in range(6)}
    assert set(sampling.collapse(cells, size=2, floor=2).values()) == {("*", "*")}


def test_what_earlier_weeks_showed_is_believed_the_more_the_more_it_was() -> None:
    assert sampling.expected(0, 0) == pytest.approx(0.05)
    assert sampling.expected(0, 90) == pytest.approx(0.005)
    assert sampling.expected(45, 90) == pytest.approx(0.455)


@pytest.mark.parametrize(("before", "share"), [(0, 0.2), (1_000, 0.02), (100_000, 0.0002)])
def test_the_chance_to_be_drawn_live_follows_last_week(before: int, share: float) -> None:
    assert sampling.live_share(100, 0.2, before) == pytest.approx(share)


def _half_judged(dice: random.Random, *, at_once: bool) -> float:
    """Errors among what counts when half of a sample is judged; what was chosen for a reason is wrong more often."""
    known = [dice.random() < 0.3 for _case in range(100)]
    wrong = [dice.random() < (0.6 if chosen else 0.05) for chosen in known]
    waiting = [place for place in range(100) if not known[place]]
    judged = set(waiting[: len(waiting) // 2])
    order = [(known[place], place in judged) for place in range(100)]
    taken = {place for place in range(100) if known[place]} if at_once else set(reached(order))
    counted = judged | taken
    return sum(wrong[place] for place in counted) / len(counted)


@pytest.mark.covers("R117")
def test_a_verdict_that_was_known_before_counts_when_its_turn_comes_so_that_a_part_is_a_sample() -> None:
    dice = random.Random(20261128)
    truth = 0.3 * 0.6 + 0.7 * 0.05
    in_turn, at_once = ([_half_judged(dice, at_once=now) for _run in range(2_000)] for now in (False, True))
    assert abs(sum(in_turn) / 2_000 - truth) < 0.005
    assert sum(at_once) / 2_000 > truth + 0.05


def test_in_the_end_every_verdict_counts() -> None:
    order = [(True, False), (False, True), (True, False), (False, True), (True, False)]
    assert reached(order) == [0, 2, 4]
    assert reached([(known, False) for known, _judged in order]) == [0]
