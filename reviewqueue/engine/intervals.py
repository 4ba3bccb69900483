"""Two shares, means or medians held against each other, each with a 95 % interval."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reviewqueue.engine.estimates import Z95

if TYPE_CHECKING:
    from reviewqueue.engine.estimates import Share

# Below this a number is told, and that it rests on little.
FEW: Final = 30
_TAIL: Final = 0.025


@dataclass(frozen=True, slots=True)
class Between:
    """A figure and the bounds between which it lies in 19 of 20 such samples."""

    value: float
    low: float
    high: float

    @property
    def certain(self) -> bool:
        """Is it surely above, or surely below nothing?"""
        return self.low > 0 or self.high < 0


def difference(before: Share, after: Share) -> Between | None:
    """How much a share rose (below 0: fell), by Newcombe's hybrid of two Wilson intervals."""
    if not before.n or not after.n:
        return None
    return apart(before.hits / before.n, before.bounds, after.hits / after.n, after.bounds)


def apart(first: float, bounds1: tuple[float, float], second: float, bounds2: tuple[float, float]) -> Between:
    """How much the second lies above the first, from the interval of each (MOVER: Zou and Donner 2008)."""
    (low1, high1), (low2, high2) = bounds1, bounds2
    value = second - first
    down = math.sqrt((second - low2) ** 2 + (high1 - first) ** 2)
    up = math.sqrt((high2 - second) ** 2 + (first - low1) ** 2)
    return Between(value, value - down, value + up)


def relative(before: Share, after: Share) -> Between | None:
    """By which part a share rose or fell (-0.25: a quarter less), by the log method of Katz; None near nothing."""
    if not before.hits or not after.hits or not before.n or not after.n:
        return None
    ratio = (after.hits / after.n) / (before.hits / before.n)
    spread = math.sqrt(1 / after.hits - 1 / after.n + 1 / before.hits - 1 / before.n)
    return Between(ratio - 1, ratio * math.exp(-Z95 * spread) - 1, ratio * math.exp(Z95 * spread) - 1)


@dataclass(frozen=True, slots=True)
class Sample:
    """Scores: how many, their mean, and how much they differ (None for fewer than two)."""

    n: float
    mean: float
    variance: float | None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Of the mean; None while one score says nothing of how scores differ."""
        if self.variance is None:
            return None
        reach = _student(self.n - 1) * math.sqrt(self.variance / self.n)
        return self.mean - reach, self.mean + reach


def of_means(first: Sample, second: Sample) -> Between | None:
    """How much the second mean lies above the first, by Welch, whatever their variances."""
    if first.variance is None or second.variance is None:
        return None
    part1, part2 = first.variance / first.n, second.variance / second.n
    value, whole = second.mean - first.mean, part1 + part2
    if not whole:
        return Between(value, value, value)
    freedom = whole * whole / (part1 * part1 / (first.n - 1) + part2 * part2 / (second.n - 1))
    reach = _student(freedom) * math.sqrt(whole)
    return Between(value, value - reach, value + reach)


def of_days(n: float, squares: float, days: int) -> tuple[float, float]:
    """Of the mean count a day, from the sum of the days' counts and of their squares.

    As wide as days differ (Student), and never narrower than chance alone makes counts (Poisson, exact).
    """
    rare, often = of_count(n)
    low, high = rare / days, often / days
    if days > 1:
        spread = max(squares - n * n / days, 0.0) / (days - 1)
        reach = _student(days - 1) * math.sqrt(spread / days)
        low, high = min(low, n / days - reach), max(high, n / days + reach)
    return max(low, 0.0), high


def of_count(n: float) -> tuple[float, float]:
    """Of what a count would be on average (Garwood): nothing was seen is not that there is nothing."""
    from scipy.special import gammaincinv  # noqa: PLC0415 - as below

    low = float(gammaincinv(n, _TAIL)) if n else 0.0
    return low, float(gammaincinv(n + 1, 1 - _TAIL))


@dataclass(frozen=True, slots=True)
class Ratio:
    """A sum over another, and the sums of the days' products: squares, both together, squares of the other."""

    top: float
    bottom: float
    products: tuple[float, float, float]
    days: int

    @property
    def interval(self) -> tuple[float, float] | None:
        """By how much the days' parts stray from the whole (linearized); None while one day says nothing of that."""
        if self.days <= 1 or not self.bottom:
            return None
        ratio = self.top / self.bottom
        square, both, other = self.products
        strays = max(square - 2 * ratio * both + ratio * ratio * other, 0.0)
        reach = _student(self.days - 1) * math.sqrt(strays * self.days / (self.days - 1)) / self.bottom
        return max(ratio - reach, 0.0), ratio + reach


def _student(freedom: float) -> float:
    """The two-sided 95 % point of Student's t."""
    from scipy.special import stdtrit  # noqa: PLC0415 - SciPy is loaded by whoever estimates, never at rest

    return float(stdtrit(freedom, 0.975))
