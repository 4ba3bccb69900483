"""How often the 95 % interval holds: 2,000 seeded samples of a known population for each design.

A pooled rate, as if every case had had the same chance, is held to the same measure and fails it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from reviewqueue.engine import survey
from reviewqueue.engine.survey import Floats, Sample

RUNS = 2_000
AT_LEAST, AT_MOST = 0.93, 0.97


class Design(NamedTuple):
    """Strata with their sizes, what is drawn of each, and their shares of errors."""

    populations: list[int]
    drawn: list[int]
    errors: list[float]


FIXED = {
    "simple": Design([2_000], [200], [0.05]),
    "simple, a large part of few": Design([400], [200], [0.1]),
    "simple, errors are rare": Design([10_000], [400], [0.01]),
    "simple, errors are very rare": Design([20_000], [600], [0.005]),
    "stratified in proportion": Design([5_000, 3_000, 2_000], [100, 60, 40], [0.02, 0.05, 0.1]),
    "many small strata": Design([500] * 12, [10] * 12, [0.02, 0.05, 0.1] * 4),
    "many strata, errors are rare": Design([1_000] * 12, [12] * 12, [0.01] * 12),
    "more of the risky": Design([8_000, 1_500, 500], [60, 70, 70], [0.02, 0.08, 0.25]),
    "more of the risky, errors are rare": Design([6_000, 3_000, 1_000], [150, 150, 150], [0.004, 0.008, 0.02]),
    "more of the risky, errors are very rare": Design([20_000, 4_000, 1_000], [200, 100, 100], [0.002, 0.01, 0.03]),
    "more of the harmless": Design([8_000, 1_500, 500], [60, 70, 70], [0.1, 0.05, 0.01]),
    "eight weights": Design(
        [4_000, 2_000, 1_000, 500, 500, 300, 200, 100],
        [20, 20, 20, 15, 10, 10, 10, 10],
        [0.02, 0.03, 0.05, 0.05, 0.1, 0.1, 0.2, 0.3],
    ),
}
# The pooled rate is the right one where every case has the same chance, so it is held to those where not.
UNEQUAL = [name for name, design in FIXED.items() if len({n / p for p, n, _e in zip(*design, strict=True)}) > 1]


def samples(design: Design) -> tuple[Sample, float]:
    """So many samples, and the rate that they should tell."""
    dice = np.random.default_rng(20_261_128)
    populations, drawn = np.array(design.populations), np.array(design.drawn)
    bad = np.round(populations * np.array(design.errors)).astype(np.int64)
    errors = dice.hypergeometric(bad, populations - bad, drawn, size=(RUNS, len(drawn))).astype(np.float64)
    n = np.broadcast_to(drawn.astype(np.float64), errors.shape)
    strata = np.arange(len(drawn))
    sample = Sample(strata, drawn / populations, n, errors, populations.astype(np.float64))
    return sample, float(bad.sum() / populations.sum())


def each_by_its_own_chance(size: int, errors: float) -> tuple[Sample, float]:
    """One stratum in which risky cases have up to eight times the chance; how many come is chance too."""
    dice = np.random.default_rng(41)
    weights, of = np.array([1.0, 2.0, 4.0, 8.0]), np.array([2_400, 1_000, 400, 200])
    probability = size * weights / (weights * of).sum()
    bad = np.round(of * np.minimum(errors * weights**0.7, 0.6)).astype(np.int64)
    wrong = dice.binomial(bad, probability, size=(RUNS, 4)).astype(np.float64)
    right = dice.binomial(of - bad, probability, size=(RUNS, 4))
    sample = Sample(np.zeros(4, dtype=np.int64), probability, wrong + right, wrong, np.array([float(of.sum())]))
    return sample, float(bad.sum() / of.sum())


def coverage(low: Floats, high: Floats, truth: float) -> float:
    """How often the interval holds the truth."""
    return float(((low <= truth + 1e-12) & (truth - 1e-12 <= high)).mean())


def pooled(sample: Sample) -> tuple[Floats, Floats]:
    """What somebody does who forgets how the sample was drawn: Wilson's interval of errors by cases."""
    n, rate = sample.n.sum(-1), sample.errors.sum(-1) / sample.n.sum(-1)
    middle = (rate + 1.96**2 / (2 * n)) / (1 + 1.96**2 / n)
    half = 1.96 * np.sqrt(rate * (1 - rate) / n + 1.96**2 / (4 * n**2)) / (1 + 1.96**2 / n)
    return middle - half, middle + half


@pytest.mark.covers("R93")
@pytest.mark.parametrize("name", FIXED)
def test_the_interval_holds_as_often_as_it_says(name: str) -> None:
    sample, truth = samples(FIXED[name])
    found = survey.rates(sample)
    assert AT_LEAST <= coverage(found.low, found.high, truth) <= AT_MOST
    assert abs(float(found.rate.mean()) - truth) < 0.03 * truth


@pytest.mark.parametrize(("size", "errors"), [(150, 0.02), (300, 0.05), (300, 0.01)])
def test_the_interval_holds_where_each_case_has_its_own_chance(size: int, errors: float) -> None:
    sample, truth = each_by_its_own_chance(size, errors)
    found = survey.rates(sample)
    assert AT_LEAST <= coverage(found.low, found.high, truth) <= AT_MOST
    assert abs(float(found.rate.mean()) - truth) < 0.03 * truth


@pytest.mark.parametrize("name", UNEQUAL)
def test_the_pooled_rate_fails_where_chances_differ(name: str) -> None:
    sample, truth = samples(FIXED[name])
    assert not AT_LEAST <= coverage(*pooled(sample), truth) <= AT_MOST


def test_a_census_leaves_nothing_to_guess() -> None:
    n, errors = np.array([40.0, 10.0]), np.array([4.0, 5.0])
    found = survey.rates(Sample(np.arange(2), np.ones(2), n, errors, n))
    assert (float(found.rate), float(found.low), float(found.high), found.method) == (0.18, 0.18, 0.18, "census")


def test_no_error_in_a_sample_still_leaves_room_for_some() -> None:
    n, none = np.array([59.0, 20.0]), np.zeros(2)
    found = survey.rates(Sample(np.arange(2), n / 1_000, n, none, np.array([1_000.0, 1_000.0])))
    assert float(found.low) == 0
    assert 0.03 < float(found.high) < 0.12


def test_many_samples_at_once_give_what_each_gives_alone() -> None:
    sample, _truth = samples(FIXED["eight weights"])
    together = survey.rates(sample)
    for run in (0, 7, 1_999):
        alone = survey.rates(
            Sample(sample.stratum, sample.probability, sample.n[run], sample.errors[run], sample.populations)
        )
        assert (float(alone.low), float(alone.high)) == (float(together.low[run]), float(together.high[run]))
