"""How a sample of a week is divided into strata, how large it is in each, and which cases are in it.

A stratum is what its cases have in common. The sample is allocated as Neyman's, times the weight of the risk::

    n(h) ∝ N(h) · w(h) · √(p(h) · (1 - p(h)))

with N(h) the cases of the stratum, w(h) the mean weight of its cases and p(h) the share of errors that earlier weeks
let expect; each stratum gets its floor first. In each stratum the cases with the smallest keyed digests are drawn,
which is a simple random sample that can be drawn again from the seed.
"""

from __future__ import annotations

import hashlib
import heapq
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Key: TypeAlias = tuple[str, ...]
# What stands for all that was too small to stand alone.
REST: Final = "*"
# Before anything is known so many cases in a hundred are taken to be wrong, with the weight of so many cases.
_EXPECTED: Final = 0.05
_WORTH: Final = 10.0
_UNITS: Final = 1 << 64
# With more cells than this the least important columns are left out at once.
_COMPARED: Final = 500


@dataclass(frozen=True, slots=True)
class Stratum:
    """One stratum before it is drawn: its size, the mean weight of its cases, the share of errors to expect."""

    key: Key
    population: int
    weight: float
    expected: float = _EXPECTED

    @property
    def claim(self) -> float:
        """In which proportion it takes part in the sample."""
        return self.population * self.weight * sqrt(self.expected * (1 - self.expected))


@dataclass(slots=True)
class Cell:
    """Cases that have everything in common, counted."""

    population: int = 0
    weight: float = 0.0

    def add(self, population: int, weight: float) -> None:
        """So many more cases, of this summed weight."""
        self.population += population
        self.weight += weight


def expected(errors: int, judged: int, overall: float = _EXPECTED) -> float:
    """The share of errors to expect: what was seen, drawn towards the overall share while little was seen."""
    return (errors + _WORTH * overall) / (judged + _WORTH)


def collapse(cells: Mapping[Key, Cell], *, size: int, floor: int) -> dict[Key, Key]:
    """The stratum of each cell: cells that are too small are joined with their neighbours, the lightest first.

    Neighbours share the more important columns. It ends when the floors take no more than half of the sample.
    """
    most = max(size // (2 * floor), 1)
    members, weights = _in_few_columns(cells)
    while len(members) > most:
        lightest = min(weights, key=lambda key: (weights[key], key))
        joined = _neighbours(lightest, weights)
        wider = _widened(joined)
        merged = [cell for key in joined for cell in members.pop(key)]
        weight = sum(weights.pop(key) for key in joined)
        members[wider], weights[wider] = merged, weight
    return {cell: stratum for stratum, inside in members.items() for cell in inside}


def _in_few_columns(cells: Mapping[Key, Cell]) -> tuple[dict[Key, list[Key]], dict[Key, float]]:
    """The cells by so many of their first columns that they can be compared with each other."""
    width = len(next(iter(cells), ()))
    kept = next((n for n in range(width, 0, -1) if len({key[:n] for key in cells}) <= _COMPARED), 0)
    members: dict[Key, list[Key]] = {}
    weights: dict[Key, float] = {}
    for key, cell in cells.items():
        short = (*key[:kept], *[REST] * (width - kept))
        members.setdefault(short, []).append(key)
        weights[short] = weights.get(short, 0.0) + cell.weight
    return members, weights


def _neighbours(key: Key, weights: Mapping[Key, float]) -> list[Key]:
    """With whom it is joined: those that are joined already, else the lightest of its nearest neighbours."""
    for place in reversed(range(len(key))):
        near = [other for other in weights if other != key and other[:place] == key[:place]]
        if near:
            rest = [other for other in near if other[place] == REST]
            return [key, min(rest or near, key=lambda other: (weights[other], other))]
    return [key]


def _widened(keys: Sequence[Key]) -> Key:
    """What they have in common, and `REST` from the first column in which they differ."""
    first = keys[0]
    common = next((n for n, values in enumerate(zip(*keys, strict=True)) if len(set(values)) > 1), len(first))
    common = min(common, *(key.index(REST) if REST in key else len(key) for key in keys))
    return (*first[:common], *[REST] * (len(first) - common))


def allocate(strata: Sequence[Stratum], *, size: int, floor: int) -> list[int]:
    """How many cases of each stratum: its floor first, the rest by its claim, never more than there are.

    It is `size` in all, or everything where there is less, or the floors where they take more.
    """
    most = [stratum.population for stratum in strata]
    given = [min(floor, each) for each in most]
    left = min(size, sum(most)) - sum(given)
    while left > 0:
        open_ = [n for n, stratum in enumerate(strata) if given[n] < stratum.population]
        total = sum(strata[n].claim for n in open_)
        wanted = {n: left * strata[n].claim / total for n in open_}
        full = [n for n in open_ if given[n] + wanted[n] >= most[n]]
        if not full:
            return _rounded(given, wanted, left)
        for n in full:
            left -= most[n] - given[n]
            given[n] = most[n]
    return given


def _rounded(given: list[int], wanted: Mapping[int, float], left: int) -> list[int]:
    """Whole cases; the largest remainders are rounded up."""
    for n, share in wanted.items():
        given[n] += int(share)
        left -= int(share)
    by_remainder = sorted(wanted, key=lambda n: (int(wanted[n]) - wanted[n], n))
    for n in by_remainder[:left]:
        given[n] += 1
    return given


def ticket(seed: str, purpose: str, case: str) -> int:
    """A number from 0 to 2⁶⁴ that nobody can know without the seed, and everybody can check with it."""
    digest = hashlib.blake2b(case.encode(), key=seed.encode()[:64], person=purpose.encode()[:16], digest_size=8)
    return int.from_bytes(digest.digest())


def chosen_live(seed: str, case: str, share: float) -> bool:
    """Is this case of the part that is drawn while the week runs?"""
    return ticket(seed, "live", case) < share * _UNITS


def chosen_double(seed: str, case: str, share: float) -> bool:
    """Do two people judge this case?"""
    return ticket(seed, "double", case) < share * _UNITS


def draw(seed: str, cases: Iterable[str], count: int) -> list[str]:
    """A simple random sample of these cases, in the order of their tickets."""
    return [case for _ticket, case in heapq.nsmallest(count, ((ticket(seed, "draw", case), case) for case in cases))]


def live_share(size: int, share: float, population_before: int) -> float:
    """With which probability a case is drawn at once, so that about this share of the sample is, as of last week."""
    return min(size * share / max(population_before, size), 1.0)


def reached(order: Sequence[tuple[bool, bool]]) -> list[int]:
    """Which cases, known before their turn, the work has come to: their places in the order of the sample.

    ``order`` says of each case whether its verdict was known before (it had been chosen for a reason) and whether it
    has been judged since the draw. Those that are known count once as many of the others are judged as stand before
    them. Counted at once, they would make half a sample look as bad as what is chosen for a reason.
    """
    others_judged = sum(judged for known, judged in order if not known)
    found, before = [], 0
    for place, (known, _judged) in enumerate(order):
        if known and before <= others_judged:
            found.append(place)
        before += not known
    return found
