"""What can be said from counts: shares with their uncertainty."""

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
        told: dict[str, object] = {"hits": self.hits, "n": self.n, "share": self.value, "low": low, "high": high}
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
