"""How far people who judge the same cases agree, and how well one who judges sees what is known from elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import hypot
from typing import Final

from reviewqueue.engine.estimates import Share

# Fewer known cases of a kind say nothing about a person yet.
FEW_KNOWN: Final = 10


def cohen_kappa(pairs: Sequence[tuple[Hashable, Hashable]]) -> float | None:
    """Agreement of two people beyond chance, 1 at best; nothing where chance alone would always agree."""
    if not pairs:
        return None
    first, second = Counter(a for a, _b in pairs), Counter(b for _a, b in pairs)
    seen = sum(a == b for a, b in pairs) / len(pairs)
    by_chance = sum(first[value] * second[value] for value in first) / len(pairs) ** 2
    return None if by_chance == 1 else (seen - by_chance) / (1 - by_chance)


def krippendorff_alpha(units: Sequence[Sequence[Hashable]]) -> float | None:
    """Agreement of any number of people (nominal); each unit holds the values that it was given, however many."""
    paired = [values for values in units if len(values) > 1]
    totals: Counter[Hashable] = Counter(value for values in paired for value in values)
    n = sum(totals.values())
    if len(totals) < 2:  # noqa: PLR2004 - one value alone can neither agree nor differ
        return None
    observed = sum(_differing(Counter(values)) / (len(values) - 1) for values in paired)
    return 1 - (n - 1) * observed / _differing(totals)


def _differing(counts: Counter[Hashable]) -> int:
    """How many ordered pairs are of two different values."""
    n = sum(counts.values())
    return n * n - sum(count * count for count in counts.values())


@dataclass(frozen=True, slots=True)
class Skill:
    """What somebody said of known cases: how many of the bad ones they found, how many of the good ones they left."""

    sensitivity: Share
    specificity: Share

    @property
    def informs(self) -> bool:
        """Does their verdict carry information: is sensitivity + specificity above 1, also within its interval?"""
        return self.youden_interval[0] > 0

    @property
    def youden(self) -> float | None:
        """Sensitivity + specificity - 1: 0 is a coin, whatever its bias."""
        found, left = self.sensitivity.value, self.specificity.value
        return None if found is None or left is None else found + left - 1

    @property
    def youden_interval(self) -> tuple[float, float]:
        """By Newcombe's square-and-add of the two intervals."""
        if self.youden is None:
            return -1.0, 1.0
        found, left = self.sensitivity.value or 0.0, self.specificity.value or 0.0
        (found_low, found_high), (left_low, left_high) = self.sensitivity.bounds, self.specificity.bounds
        below, above = hypot(found - found_low, left - left_low), hypot(found_high - found, left_high - left)
        return self.youden - below, self.youden + above


def skill(said: Sequence[tuple[bool, bool]]) -> Skill:
    """Of pairs (the case is known to be bad, they said that it is bad)."""
    counts = Counter(said)
    found, missed = counts[True, True], counts[True, False]
    alarm, left = counts[False, True], counts[False, False]
    return Skill(Share(found, found + missed), Share(left, left + alarm))


class NoInformationError(ValueError):
    """Whoever judged cannot tell bad from good, so nothing can be corrected by it."""


def rogan_gladen(apparent: tuple[float, float, float], judged_by: Skill) -> tuple[float, float, float]:
    """The true rate behind an apparent one, both as (rate, low, high), given how well those who judged can see.

    The interval holds the uncertainty of the sample and of the known cases (MOVER). Refused (``NoInformationError``)
    where sensitivity + specificity may well be 1: then every rate goes with what they said.
    """
    if not judged_by.informs:
        raise NoInformationError
    rate, low, high = apparent
    found, left = judged_by.sensitivity.value or 0.0, judged_by.specificity.value or 0.0
    (found_low, found_high), (left_low, left_high) = judged_by.sensitivity.bounds, judged_by.specificity.bounds
    informs = found + left - 1
    true = (rate + left - 1) / informs
    below = hypot(rate - low, true * (found_high - found), (1 - true) * (left - left_low)) / informs
    above = hypot(high - rate, true * (found - found_low), (1 - true) * (left_high - left)) / informs
    return _share(true), _share(true - below), _share(true + above)


def _share(value: float) -> float:
    return min(max(value, 0.0), 1.0)
