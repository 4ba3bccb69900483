"""What can be said from counts: shares with their uncertainty, and waits from arrivals, handling times and people."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

# Nineteen of twenty draws of a normal variable lie within so many standard deviations: of a 95 % interval.
Z95: Final = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Share:
    """``hits`` of ``n`` with the 95 % interval of Wilson, which stays honest for few cases and near 0 and 1."""

    hits: int
    n: int

    @property
    def value(self) -> float | None:
        """The share; None when there is nothing to take a share of."""
        return self.hits / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Between these bounds it lies in 19 of 20 such samples."""
        return wilson(self.hits / self.n, self.n) if self.n else None

    @property
    def bounds(self) -> tuple[float, float]:
        """The interval; where nothing was seen, everything is possible."""
        return self.interval or (0.0, 1.0)

    def as_json(self) -> dict[str, object]:
        """Plain numbers."""
        low, high = self.interval or (None, None)
        return {"hits": self.hits, "n": self.n, "share": self.value, "low": low, "high": high}


@dataclass(frozen=True, slots=True)
class Weighted:
    """A share of cases of which some stand for several: ``hits`` of ``n`` looked at, worth ``effective`` equal ones."""

    rate: float
    effective: float
    hits: int
    n: int

    @property
    def value(self) -> float | None:
        """The share; None when nothing was looked at."""
        return self.rate if self.n else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's, with as many cases as the weights leave (Kish)."""
        return wilson(self.rate, self.effective) if self.n else None

    @property
    def bounds(self) -> tuple[float, float]:
        """The interval; where nothing was seen, everything is possible."""
        return self.interval or (0.0, 1.0)

    def as_json(self) -> dict[str, object]:
        """Plain numbers."""
        low, high = self.interval or (None, None)
        told = {"hits": self.hits, "n": self.n, "share": self.value, "low": low, "high": high}
        return told | {"effective": round(self.effective, 1)}


def weighted(cases: Iterable[tuple[float, bool]], *, hits: int, n: int) -> Weighted:
    """Of (how many cases each stands for, whether it counts)."""
    whole = squares = counted = 0.0
    for weight, counts in cases:
        whole, squares, counted = whole + weight, squares + weight * weight, counted + weight * counts
    return Weighted(counted / whole, whole * whole / squares, hits, n) if whole else Weighted(0.0, 0.0, 0, 0)


def wilson(share: float, n: float) -> tuple[float, float]:
    """The 95 % interval of a share of so many."""
    spread = Z95**2 / n
    middle = (share + spread / 2) / (1 + spread)
    half = Z95 / (1 + spread) * math.sqrt(share * (1 - share) / n + spread / (4 * n))
    return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True, slots=True)
class Crew:
    """A queue in steady state (M/M/c): chance arrivals, chance handling times, ``people`` who take the next in turn."""

    per_hour: float
    handling_seconds: float
    people: int

    @property
    def load(self) -> float:
        """Which share of their time everybody works; from 1 on the queue grows without end."""
        return self.per_hour * self.handling_seconds / 3600 / self.people

    def late(self, seconds: float) -> float:
        """Which share of the cases waits longer than this before somebody begins (Erlang C); 1 when overloaded."""
        if self.load >= 1:
            return 1.0
        return self._must_wait() * math.exp(-self.people * (1 - self.load) * max(seconds, 0) / self.handling_seconds)

    def mean_wait(self) -> float | None:
        """Seconds until somebody begins; None when the queue grows without end."""
        if self.load >= 1:
            return None
        return self._must_wait() * self.handling_seconds / (self.people * (1 - self.load))

    def _must_wait(self) -> float:
        offered, blocked = self.load * self.people, 1.0
        for servers in range(1, self.people + 1):  # Erlang B, built up without large numbers
            blocked = offered * blocked / (servers + offered * blocked)
        return blocked / (1 - self.load * (1 - blocked))
