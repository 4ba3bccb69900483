"""How a figure is read from counts: shares, medians, means and plain counts, each with what is known of its doubt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reviewqueue.engine import counting, intervals
from reviewqueue.engine.estimates import Share

if TYPE_CHECKING:
    from collections.abc import Mapping

    Counts = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Reading:
    """A value with the bounds of its 95 % interval, on ``n`` observations; None: it cannot be known."""

    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0
    hits: int | None = None

    @property
    def bounds(self) -> tuple[float, float] | None:
        """Both, where they are known."""
        return None if self.low is None or self.high is None else (self.low, self.high)

    @property
    def few(self) -> bool:
        """Does it rest on so little that nobody should act on it alone?"""
        return self.value is not None and self.low is not None and self.n < intervals.FEW

    def as_json(self) -> dict[str, Any]:
        """Plain numbers."""
        return {"value": self.value, "low": self.low, "high": self.high, "n": self.n, "hits": self.hits}


UNKNOWN = Reading(None)


@dataclass(frozen=True, slots=True)
class OfAll:
    """The share of ``hits`` among ``of``."""

    hits: str
    of: str
    unit = "share"

    def share(self, counts: Counts) -> Share:
        """As a share."""
        return Share(int(counts.get(self.hits, 0)), int(counts.get(self.of, 0)))

    def read(self, counts: Counts, _days: int) -> Reading:
        """With the interval of Wilson."""
        share = self.share(counts)
        low, high = share.interval or (None, None)
        return Reading(share.value, low, high, share.n, share.hits if share.n else None)


@dataclass(frozen=True, slots=True)
class Median:
    """The duration that half of all do not exceed."""

    name: str
    unit = "seconds"

    def read(self, counts: Counts, _days: int) -> Reading:
        """With an interval by ranks."""
        known = self.known(counts)
        if known is None:
            return UNKNOWN
        value, (low, high) = known
        return Reading(value, low, high, self.n(counts))

    def known(self, counts: Counts) -> tuple[float, tuple[float, float]] | None:
        """The median and its interval; None when there is nothing."""
        value, bounds = counting.quantile(counts, self.name, 0.5), counting.median_interval(counts, self.name)
        return None if value is None or bounds is None else (value, bounds)

    def n(self, counts: Counts) -> int:
        """How many durations there are."""
        return int(counts.get(f"{self.name}.n", 0))


@dataclass(frozen=True, slots=True)
class Sooner:
    """By how much one median lies below another."""

    name: str
    other: str
    unit = "seconds"

    def read(self, counts: Counts, _days: int) -> Reading:
        """With the interval that follows from those of both; unknown until both have one."""
        mine, other = Median(self.name), Median(self.other)
        sooner, later = mine.known(counts), other.known(counts)
        if sooner is None or later is None:
            return UNKNOWN
        saved = intervals.apart(*sooner, *later)
        return Reading(saved.value, saved.low, saved.high, min(mine.n(counts), other.n(counts)))


@dataclass(frozen=True, slots=True)
class Score:
    """The mean of scores."""

    name: str
    unit = "score"

    def sample(self, counts: Counts) -> intervals.Sample | None:
        """What is known of the scores; None when there are none."""
        middle = counting.mean(counts, self.name)
        if middle is None:
            return None
        return intervals.Sample(counts[f"{self.name}.n"], middle, counting.variance(counts, self.name))

    def read(self, counts: Counts, _days: int) -> Reading:
        """With Student's interval."""
        sample = self.sample(counts)
        if sample is None:
            return UNKNOWN
        low, high = sample.interval or (None, None)
        return Reading(sample.mean, low, high, int(sample.n))


@dataclass(frozen=True, slots=True)
class Above:
    """How much one mean lies above another."""

    name: str
    other: str
    unit = "points"

    def read(self, counts: Counts, _days: int) -> Reading:
        """With Welch's interval; unknown until both have two scores."""
        first, second = Score(self.other).sample(counts), Score(self.name).sample(counts)
        between = intervals.of_means(first, second) if first and second else None
        if between is None or first is None or second is None:
            return UNKNOWN
        return Reading(between.value, between.low, between.high, int(min(first.n, second.n)))


@dataclass(frozen=True, slots=True)
class ADay:
    """How many on a day."""

    name: str
    unit = "a_day"

    def read(self, counts: Counts, days: int) -> Reading:
        """All of the period, over its days; its interval follows from how much they differ."""
        n = int(counts.get(self.name, 0))
        if not days or not counts:
            return UNKNOWN
        low, high = intervals.of_days(n, counts.get(f"{self.name}*{self.name}", 0), days)
        return Reading(n / days, low, high, n=n)


@dataclass(frozen=True, slots=True)
class Each:
    """How many of one there are for each of the other."""

    name: str
    per: str
    unit = "number"

    def read(self, counts: Counts, _days: int) -> Reading:
        """Unknown where there is none of the other; its interval follows from how much days differ."""
        top, of = counts.get(self.name, 0), counts.get(self.per, 0)
        if not of:
            return UNKNOWN
        products = ((self.name, self.name), (self.name, self.per), (self.per, self.per))
        square, both, other = (counts.get(f"{one}*{two}", 0) for one, two in products)
        ratio = intervals.Ratio(top, of, (square, both, other), int(counts.get(f"{self.per}.days", 0)))
        low, high = ratio.interval or (None, None)
        return Reading(top / of, low, high, n=int(of))


@dataclass(frozen=True, slots=True)
class Beside:
    """What no day's counts hold: it is worked out for the period (``extras``)."""

    unit: str

    def read(self, _counts: Counts, _days: int) -> Reading:
        """Nothing by itself."""
        return UNKNOWN


Measure = OfAll | Median | Sooner | Score | Above | ADay | Each | Beside
