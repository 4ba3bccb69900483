"""A control chart: is what was counted lately within what chance makes of what is usual?

Shewhart's p-chart for shares and x-chart for means, the simplest there is. The limits lie so many standard deviations
from the usual value as somebody chose; how far apart two shares may lie by chance follows from how many were counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Final

# What is usual is known from so many times as many as are looked at, at least.
KNOWN_FROM: Final = 5


@dataclass(frozen=True, slots=True)
class Count:
    """How many there were and what they add up to: of a share, those that it is about; of a mean, their values."""

    count: int
    total: float
    squares: float = 0.0

    @property
    def mean(self) -> float:
        """The share, or the mean."""
        return self.total / self.count if self.count else 0.0

    def __add__(self, other: Count) -> Count:
        return Count(self.count + other.count, self.total + other.total, self.squares + other.squares)


NOTHING: Final = Count(0, 0.0)


def of_share(now: Count, usual: Count) -> float | None:
    """How many standard deviations a share lies above what is usual; ``None`` where too little is known.

    One more of each kind is taken as seen before, so that "never until now" is a small share and not none.
    """
    if not now.count or usual.count < KNOWN_FROM * now.count:
        return None
    expected = (usual.total + 1) / (usual.count + 2)
    return (now.mean - expected) / sqrt(expected * (1 - expected) / now.count)


def of_mean(now: Count, usual: Count) -> float | None:
    """The same of a mean; ``None`` also where every value was the same."""
    if not now.count or usual.count < max(KNOWN_FROM * now.count, 2):
        return None
    variance = (usual.squares - usual.count * usual.mean**2) / (usual.count - 1)
    return (now.mean - usual.mean) / sqrt(variance / now.count) if variance > 0 else None
