"""Rates of a population from a probability sample of it, with 95 % intervals that hold also for rare errors.

The rate is the Horvitz–Thompson estimate, each stratum scaled to its known size. Intervals know the finite population:

* one stratum with one probability: the hypergeometric distribution itself, two-sided mid-p (an exact interval without
  mid-p covers 97.5 % and more of rare errors, because only one of its sides can miss);
* cells of about the same probability: Wilson's interval with the effective sample size;
* cells of different probabilities: cells of similar probability form a class, each class has its Jeffreys interval with
  its effective sample size, and the classes are combined by MOVER (the method of variance estimates recovery).

``tests/engine/test_coverage.py`` measures how often they hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from reviewqueue.engine.estimates import Z95
from reviewqueue.engine.exact import hypergeometric_interval

if TYPE_CHECKING:
    from collections.abc import Iterator

Floats: TypeAlias = npt.NDArray[np.float64]
CONFIDENCE: Final = 0.95
# Cells whose weights differ by less than this factor are looked at as one class.
_ALIKE: Final = 1.4
_MOST_CLASSES: Final = 4
_LEAST_IN_CLASS: Final = 20
# So many cases of the class as a whole are mixed into each cell where its variance is judged: zero errors among ten
# cases do not mean that there is nothing to be uncertain about.
_SHRINK: Final = 5.0
_TINY: Final = 1e-12

EXACT: Final = "hypergeometric mid-p"
WILSON: Final = "stratified Horvitz–Thompson, Wilson with effective sample size"
MOVER: Final = "stratified Horvitz–Thompson, Jeffreys by class of weight, combined by MOVER"
CENSUS: Final = "census"


@dataclass(frozen=True, slots=True)
class Sample:
    """Cells of cases that share a stratum and an inclusion probability; ``n`` and ``errors`` may hold many samples.

    ``stratum`` numbers the strata from 0, ``populations`` has the known size of each; the last axis of ``n`` and
    ``errors`` runs over the cells.
    """

    stratum: npt.NDArray[np.int64]
    probability: Floats
    n: Floats
    errors: Floats
    populations: Floats


@dataclass(frozen=True, slots=True)
class Rates:
    """Estimates with their intervals, one for each sample, and the method that made them."""

    rate: Floats
    low: Floats
    high: Floats
    method: str


def rates(sample: Sample) -> Rates:
    """The rate of errors in the population; every stratum needs at least one case."""
    if (sample.probability >= 1).all():
        found = _whole(sample)
        return Rates(found, found, found, CENSUS)
    if sample.probability.size == 1:
        return _simple(sample)
    cells = _Cells(sample)
    return cells.wilson() if len(cells.classes) == 1 else cells.mover()


def _whole(sample: Sample) -> Floats:
    return np.asarray(sample.errors.sum(-1) / sample.n.sum(-1))


def _simple(sample: Sample) -> Rates:
    n, errors, population = sample.n[..., 0], sample.errors[..., 0], round(float(sample.populations[0]))
    ends = [hypergeometric_interval(population, int(a), int(b)) for a, b in zip(n.flat, errors.flat, strict=True)]
    low, high = np.array(ends, dtype=np.float64).reshape((*n.shape, 2)).T
    return Rates(np.asarray(errors / n), low.T, high.T, EXACT)


class _Cells:
    """The cells with their weights, divided into classes of similar weight."""

    def __init__(self, sample: Sample) -> None:
        self.stratum, self.n, self.errors = sample.stratum, sample.n, sample.errors
        self.left_out = 1 - sample.probability
        self.weight = self._weights(sample)
        self.share = self.weight * self.n / sample.populations.sum()
        with np.errstate(invalid="ignore"):
            self.mean = np.where(self.n > 0, self.errors / np.maximum(self.n, 1), 0.0)
        self.rate = np.asarray((self.share * self.mean).sum(-1))
        typical = self.n.reshape(-1, self.n.shape[-1]).mean(0)
        self.classes = list(_classes(1 / sample.probability, typical))

    def wilson(self) -> Rates:
        low, high = _wilson(self.rate, self._effective(np.arange(self.n.shape[-1]), self.rate))
        return Rates(self.rate, low, high, WILSON)

    def mover(self) -> Rates:
        below, above = self._of_shares(), self._of_shares()
        for chosen in self.classes:
            share = self.share[..., chosen].sum(-1)
            inside = (self.share[..., chosen] * self.mean[..., chosen]).sum(-1) / np.maximum(share, _TINY)
            low, high = _jeffreys(inside, self._effective(chosen, inside))
            below += (share * (inside - low)) ** 2
            above += (share * (high - inside)) ** 2
        low, high = self.rate - np.sqrt(below), self.rate + np.sqrt(above)
        return Rates(self.rate, np.clip(low, 0, 1), np.clip(high, 0, 1), MOVER)

    def _weights(self, sample: Sample) -> Floats:
        """One case stands for 1/π cases, scaled so that each stratum stands for its known size."""
        weight = np.broadcast_to(1 / sample.probability, self.n.shape).copy()
        for number, population in enumerate(sample.populations):
            cells = self.stratum == number
            stands_for = (weight[..., cells] * self.n[..., cells]).sum(-1, keepdims=True)
            weight[..., cells] *= population / np.maximum(stands_for, _TINY)
        return weight

    def _effective(self, chosen: npt.NDArray[np.int64], mean: Floats) -> Floats:
        """The size of the simple sample, of an endless population, that would be as uncertain as these cells."""
        n, weight, left_out = self.n[..., chosen], self.weight[..., chosen], self.left_out[chosen]
        total = np.maximum((n * weight).sum(-1), _TINY)
        spread = n * weight**2 * left_out / total[..., None] ** 2
        likely = (self.errors[..., chosen] + _SHRINK * mean[..., None]) / (n + _SHRINK)
        variance = (spread * likely * (1 - likely)).sum(-1)
        if_equal = 1 / np.maximum(spread.sum(-1), _TINY)
        with np.errstate(divide="ignore", invalid="ignore"):
            size = mean * (1 - mean) / variance
        return np.asarray(np.where((mean > _TINY) & (mean < 1 - _TINY) & (variance > 0), size, if_equal))

    def _of_shares(self) -> Floats:
        """Where probabilities differ inside a stratum the sizes of the classes are estimates too."""
        variance = np.zeros(self.rate.shape)
        for number in np.unique(self.stratum):
            cells = np.flatnonzero(self.stratum == number)
            if cells.size > 1:
                variance += self._of_shares_in(cells)
        return Z95**2 * variance

    def _of_shares_in(self, cells: npt.NDArray[np.int64]) -> Floats:
        share = self.share[..., cells].sum(-1)
        inside = (self.share[..., cells] * self.mean[..., cells]).sum(-1) / np.maximum(share, _TINY)
        variance = np.zeros(self.rate.shape)
        for chosen in self.classes:
            both = np.intersect1d(chosen, cells)
            if both.size:
                part = np.maximum(self.share[..., both].sum(-1), _TINY)
                own = (self.share[..., both] * self.mean[..., both]).sum(-1) / part
                spread = (self.share[..., both] ** 2 * self.left_out[both] / np.maximum(self.n[..., both], 1)).sum(-1)
                variance += spread * (own - inside) ** 2
        return variance


def _classes(weight: Floats, n: Floats) -> Iterator[npt.NDArray[np.int64]]:
    groups: list[list[int]] = []
    for cell in np.argsort(weight, kind="stable"):
        if groups and weight[cell] <= _ALIKE * weight[groups[-1][0]]:
            groups[-1].append(int(cell))
        else:
            groups.append([int(cell)])
    while (place := _to_join(groups, weight, n)) is not None:
        groups[place : place + 2] = [groups[place] + groups[place + 1]]
    for group in groups:
        yield np.array(group, dtype=np.int64)


def _to_join(groups: list[list[int]], weight: Floats, n: Floats) -> int | None:
    """Which class goes together with the next one: there are too many, or one is too small to stand alone."""
    if len(groups) == 1:
        return None
    means = [float((weight[group] * n[group]).sum() / n[group].sum()) for group in groups]
    gaps = [after / before for before, after in pairwise(means)]
    if len(groups) > _MOST_CLASSES:
        return int(np.argmin(gaps))
    small = next((place for place, group in enumerate(groups) if n[group].sum() < _LEAST_IN_CLASS), None)
    if small is None:
        return None
    return min((place for place in (small - 1, small) if 0 <= place < len(gaps)), key=lambda place: gaps[place])


def _wilson(rate: Floats, size: Floats) -> tuple[Any, Any]:
    square = Z95**2
    middle = (rate + square / (2 * size)) / (1 + square / size)
    half = Z95 * np.sqrt(rate * (1 - rate) / size + square / (4 * size**2)) / (1 + square / size)
    return np.where(rate > _TINY, np.clip(middle - half, 0, 1), 0), np.where(
        rate < 1 - _TINY, np.clip(middle + half, 0, 1), 1
    )


def _jeffreys(rate: Floats, size: Floats) -> tuple[Any, Any]:
    from scipy.special import betaincinv  # noqa: PLC0415 - SciPy is loaded by whoever estimates, never at rest

    hits, tail = np.clip(rate * size, 0, size), (1 - CONFIDENCE) / 2
    low = np.where(rate > _TINY, betaincinv(hits + 0.5, size - hits + 0.5, tail), 0)
    return low, np.where(rate < 1 - _TINY, betaincinv(hits + 0.5, size - hits + 0.5, 1 - tail), 1)
