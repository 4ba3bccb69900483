"""Counts that add up: of days, of weeks, of agents. A duration goes into a bin, so that also medians add up."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Final

from reviewqueue.engine.estimates import Z95

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Counts = Counter[str]
# Products of counts of one day: their sums say how much days differ.
_SQUARES: Final = (
    ("cases", "cases"),
    ("needed", "needed"),
    ("decided", "decided"),
    ("decided", "person_days"),
    ("person_days", "person_days"),
)
# Bins of durations grow by a quarter of a doubling, so what is read from them is right to about 9 %.
_STEPS: Final = 4


def spent(counts: Counts, name: str, seconds: float) -> None:
    """One more duration under this name; a clock that was set back makes none below nothing."""
    seconds = max(seconds, 0.0)
    counts[f"{name}.n"] += 1
    counts[f"{name}.sum"] += round(seconds)
    counts[f"{name}.bin.{_bin(seconds)}"] += 1


def scored(counts: Counts, name: str, score: float) -> None:
    """One more score under this name."""
    counts[f"{name}.n"] += 1
    counts[f"{name}.sum"] += score  # type: ignore[assignment] # a sum of scores may be a fraction
    counts[f"{name}.squares"] += score * score  # type: ignore[assignment] # the same


def together(parts: Iterable[Mapping[str, float]]) -> Counts:
    """The sum of several."""
    whole: Counts = Counter()
    for part in parts:
        whole.update(part)
    return whole


def add_day(into: Counts, day: Mapping[str, float]) -> None:
    """The counts of one more day, and what tells how much days differ."""
    into.update(day)
    for one, other in _SQUARES:
        if product := day.get(one, 0) * day.get(other, 0):
            into[f"{one}*{other}"] += product  # type: ignore[assignment] # counts of days are whole
    if day.get("person_days"):
        into["person_days.days"] += 1


def of_days(days: Iterable[Mapping[str, float]]) -> Counts:
    """The sum of several days, with what tells how much they differ."""
    whole: Counts = Counter()
    for day in days:
        add_day(whole, day)
    return whole


def quantile(counts: Mapping[str, float], name: str, share: float) -> float | None:
    """The duration that this share of all does not exceed; None when there is none."""
    n = int(counts.get(f"{name}.n", 0))
    return _within(counts, name, share * n)[1] if n else None


def median_interval(counts: Mapping[str, float], name: str) -> tuple[float, float] | None:
    """Between which durations the median lies, with 95 %: by the ranks of the binomial, whatever the distribution."""
    n = int(counts.get(f"{name}.n", 0))
    if not n:
        return None
    reach = Z95 * math.sqrt(n) / 2
    low, _value, _high = _within(counts, name, max(n / 2 - reach, 0.5))
    _low, _value, high = _within(counts, name, min(n / 2 + reach + 1, n))
    return low, high


def mean(counts: Mapping[str, float], name: str) -> float | None:
    """Of what was added under this name."""
    n = counts.get(f"{name}.n", 0)
    return counts.get(f"{name}.sum", 0) / n if n else None


def variance(counts: Mapping[str, float], name: str) -> float | None:
    """Of scores; None for fewer than two."""
    n = counts.get(f"{name}.n", 0)
    if n < 2:  # noqa: PLR2004 - one score says nothing of how scores differ
        return None
    middle = counts.get(f"{name}.sum", 0) / n
    return max((counts.get(f"{name}.squares", 0) - n * middle * middle) / (n - 1), 0.0)


def variation(counts: Mapping[str, float], name: str) -> float | None:
    """By which part of their mean durations stray from it (coefficient of variation), as far as the bins tell."""
    bins = [(_middle(place), n) for place, n in _bins(counts, name)]
    n = sum(count for _middle_of, count in bins)
    middle = sum(each * count for each, count in bins) / n if n else 0.0
    if n < 2 or not middle:  # noqa: PLR2004 - one duration says nothing of how they differ
        return None
    return math.sqrt(sum(count * (each - middle) ** 2 for each, count in bins) / (n - 1)) / middle


def _middle(place: int) -> float:
    return (_edge(place) + _edge(place + 1)) / 2


def _bins(counts: Mapping[str, float], name: str) -> list[tuple[int, float]]:
    prefix = f"{name}.bin."
    return sorted((int(key.removeprefix(prefix)), n) for key, n in counts.items() if key.startswith(prefix))


def _bin(seconds: float) -> int:
    return math.floor(_STEPS * math.log2(seconds)) + 1 if seconds >= 1 else 0


def _edge(place: int) -> float:
    """Where a bin begins."""
    return 2 ** ((place - 1) / _STEPS) if place else 0.0


def _within(counts: Mapping[str, float], name: str, rank: float) -> tuple[float, float, float]:
    """The bin that holds a rank, as (where it begins, about where the rank lies in it, where it ends)."""
    bins, passed = _bins(counts, name), 0.0
    for place, n in bins:
        if passed + n >= rank or place == bins[-1][0]:
            low, high = _edge(place), _edge(place + 1)
            return low, low + (high - low) * min((rank - passed) / n, 1), high
        passed += n
    message = f"nothing is counted as {name}"
    raise KeyError(message)
