"""What can be said from counts: shares with their uncertainty, and waits from arrivals, handling times and people."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

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
        if not self.n:
            return None
        share, spread = self.hits / self.n, Z95**2 / self.n
        middle = (share + spread / 2) / (1 + spread)
        half = Z95 / (1 + spread) * math.sqrt(share * (1 - share) / self.n + spread / (4 * self.n))
        return max(0.0, middle - half), min(1.0, middle + half)

    @property
    def bounds(self) -> tuple[float, float]:
        """The interval; where nothing was seen, everything is possible."""
        return self.interval or (0.0, 1.0)

    def as_json(self) -> dict[str, object]:
        """Plain numbers."""
        low, high = self.interval or (None, None)
        return {"hits": self.hits, "n": self.n, "share": self.value, "low": low, "high": high}


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
