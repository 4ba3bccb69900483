"""The interval for a simple random sample of a finite population: which numbers of errors go with what was seen."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

_LEVEL: Final = 0.05
# Beyond so many standard errors no number of errors is plausible.
_FAR: Final = 5.0
_GRID: Final = 240
# What is as likely as what was seen, but for the last digits.
_AS_LIKELY: Final = 1 + 1e-7


@lru_cache(maxsize=4096)
def hypergeometric_interval(population: int, n: int, errors: int) -> tuple[float, float]:
    """The 95 % interval of the share of errors in ``population``, of which ``n`` were drawn with ``errors`` errors.

    All numbers of errors whose two-sided mid-p value (by the probability of what was seen) is above 5 %.
    """
    if n >= population:
        return errors / n, errors / n
    least, most = errors, population - n + errors
    low, high = _plausible(population, n, errors)
    low, high = max(low, least), min(high, most)
    seen = min(max(round(errors / n * population), low), high)
    return (
        _edge(population, n, errors, seen, low) / population,
        _edge(population, n, errors, seen, high) / population,
    )


def _plausible(population: int, n: int, errors: int) -> tuple[int, int]:
    rate, square = errors / n, _FAR**2
    middle = (rate + square / (2 * n)) / (1 + square / n)
    half = _FAR * np.sqrt(rate * (1 - rate) / n + square / (4 * n**2)) / (1 + square / n)
    return int(np.floor(max(middle - half, 0) * population)), int(np.ceil(min(middle + half, 1) * population))


def _edge(population: int, n: int, errors: int, inside: int, outside: int) -> int:
    """The outermost number of errors on this side that is still accepted."""
    while abs(outside - inside) > 1:
        tried = np.unique(np.linspace(inside, outside, _GRID).round().astype(np.int64))
        tried = tried if outside > inside else tried[::-1]
        accepted = np.flatnonzero(_p_values(population, n, errors, tried) > _LEVEL)
        last = int(accepted[-1]) if accepted.size else 0
        if last == tried.size - 1:
            return int(tried[-1])
        inside, outside = int(tried[last]), int(tried[last + 1])
    if inside == outside:
        return inside
    return outside if _p_values(population, n, errors, np.array([outside]))[0] > _LEVEL else inside


def _p_values(population: int, n: int, errors: int, bad: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """For each number of errors in the population: what is less likely than what was seen, and half of what is as."""
    chance = _chances(population, n, bad, np.arange(n + 1))
    seen = chance[:, errors : errors + 1]
    less = np.where(chance * _AS_LIKELY < seen, chance, 0).sum(1)
    same = np.where((chance * _AS_LIKELY >= seen) & (chance <= seen * _AS_LIKELY), chance, 0).sum(1)
    return np.asarray(less + same / 2)


def _chances(
    population: int, n: int, bad: npt.NDArray[np.int64], drawn: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    from scipy.special import gammaln  # noqa: PLC0415 - SciPy is loaded by whoever estimates, never at rest

    def log_choose(of: npt.NDArray[np.int64], chosen: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        return np.asarray(gammaln(of + 1) - gammaln(chosen + 1) - gammaln(of - chosen + 1))

    of, hits = bad[:, None], drawn[None, :]
    possible = (hits <= of) & (n - hits <= population - of)
    inside = np.where(possible, hits, np.maximum(0, n - (population - of)))
    log = log_choose(of, inside) + log_choose(population - of, n - inside)
    log -= log_choose(np.array(population), np.array(n))
    return np.where(possible, np.exp(log), 0.0)
