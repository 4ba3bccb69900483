"""Judged cases of a probability sample, one by one, and the rate that they show."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from math import isfinite, sqrt
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

COLUMNS: Final = ("stratum", "population", "inclusion_probability", "error")
_SAID: Final = {"0": False, "1": True, "false": False, "true": True, "no": False, "yes": True}
# How far the cases of a stratum may stand for another number than its population: rounding, and what chance does.
_ROUNDING: Final = 0.02
_CHANCE: Final = 5.0
_SAME: Final = 9
# Fewer judged cases than this say little, and that is said.
FEW: Final = 30


@dataclass(frozen=True, slots=True)
class Judged:
    """One case of the sample: its stratum and how many cases that has, the chance to be drawn, and the verdict."""

    stratum: str
    population: int
    probability: float
    error: bool


@dataclass(frozen=True, slots=True)
class Estimate:
    """A rate of a population with its 95 % interval; ``not_seen`` of its cases lie where nothing was judged."""

    rate: float
    low: float
    high: float
    n: int
    errors: int
    population: int
    strata: int
    method: str
    not_seen: int = 0

    @property
    def few(self) -> bool:
        """Is this too little to say much?"""
        return self.n < FEW and self.n < self.population

    def as_json(self) -> dict[str, Any]:
        """As commands and the API give it."""
        return {
            "interval": [round(self.low, 6), round(self.high, 6)],
            "confidence": 0.95,
            "n": self.n,
            "errors": self.errors,
            "population": self.population,
            "strata": self.strata,
            "method": self.method,
        }


def estimate(cases: Iterable[Judged], *, not_seen: int = 0) -> Estimate | None:
    """The rate of errors; nothing where nothing was judged.

    Strata in which nothing was seen are joined with the others, which stand for so many more cases then.
    """
    cells: Counter[tuple[str, float]] = Counter()
    wrong: Counter[tuple[str, float]] = Counter()
    populations: dict[str, int] = {}
    for each in cases:
        cell = (each.stratum, round(each.probability, _SAME))
        cells[cell] += 1
        wrong[cell] += each.error
        populations[each.stratum] = each.population
    if not cells:
        return None
    seen = sum(populations.values())
    return _estimate(cells, wrong, populations, not_seen, (seen + not_seen) / seen)


def _estimate(
    cells: Mapping[tuple[str, float], int],
    wrong: Mapping[tuple[str, float], int],
    populations: Mapping[str, int],
    not_seen: int,
    stands_for: float,
) -> Estimate:
    import numpy as np  # noqa: PLC0415 - only who estimates needs it

    from reviewqueue.engine import survey  # noqa: PLC0415 - the same

    names, order = sorted(populations), sorted(cells)
    found = survey.rates(
        survey.Sample(
            stratum=np.array([names.index(stratum) for stratum, _probability in order]),
            probability=np.array([probability / stands_for for _stratum, probability in order]),
            n=np.array([cells[cell] for cell in order], dtype=np.float64),
            errors=np.array([wrong[cell] for cell in order], dtype=np.float64),
            populations=np.array([populations[name] * stands_for for name in names], dtype=np.float64),
        )
    )
    return Estimate(
        rate=float(found.rate),
        low=float(found.low),
        high=float(found.high),
        n=sum(cells.values()),
        errors=sum(wrong.values()),
        population=sum(populations.values()) + not_seen,
        strata=len(populations),
        method=found.method,
        not_seen=not_seen,
    )


def read(lines: Iterable[str]) -> tuple[list[Judged], list[str]]:
    """The cases of a CSV file with the columns `COLUMNS`, and what is wrong with it, by line."""
    rows = csv.DictReader(lines, skipinitialspace=True)
    missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
    if missing:
        return [], [f"line 1: the column {name} is missing" for name in missing]
    cases, faults, first = [], [], dict[str, tuple[int, int]]()
    for row in rows:
        case, wrong = _row(row)
        faults += [f"line {rows.line_num}: {fault}" for fault in wrong]
        if case:
            line, population = first.setdefault(case.stratum, (rows.line_num, case.population))
            if population != case.population:
                faults.append(
                    f"line {rows.line_num}: stratum {case.stratum!r} has a population of {case.population} here and "
                    f"of {population} in line {line}"
                )
            cases.append(case)
    if not cases and not faults:
        faults.append("line 2: there is no case")
    return cases, faults or list(_unfit(cases))


def _row(row: Mapping[str, Any]) -> tuple[Judged | None, list[str]]:
    said = {name: (row.get(name) or "").strip() for name in COLUMNS}
    faults = [f"{name} is empty" for name, text in said.items() if not text]
    if None in row:
        faults.append("there are more values than columns")
    population, probability = _whole(said["population"]), _number(said["inclusion_probability"])
    if said["population"] and (population is None or population < 1):
        faults.append(f"population is {said['population']!r}, not a whole number from 1")
    if said["inclusion_probability"] and (probability is None or not 0 < probability <= 1):
        faults.append(f"inclusion_probability is {said['inclusion_probability']!r}, not above 0 and at most 1")
    error = _SAID.get(said["error"].lower())
    if said["error"] and error is None:
        faults.append(f"error is {said['error']!r}, not 0 or 1")
    if faults or population is None or probability is None or error is None:
        return None, faults
    return Judged(said["stratum"], population, probability, error), []


def _whole(text: str) -> int | None:
    number = _number(text)
    return int(number) if number is not None and number == int(number) else None


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if isfinite(number) else None


def _unfit(cases: Iterable[Judged]) -> Iterator[str]:
    """Strata whose cases, by their probabilities, stand for another number of cases than their population."""
    found: dict[str, list[Judged]] = {}
    for case in cases:
        found.setdefault(case.stratum, []).append(case)
    for stratum, drawn in found.items():
        population = drawn[0].population
        if len(drawn) > population:
            yield f"stratum {stratum!r}: {len(drawn)} cases were judged of a population of {population}"
            continue
        stands_for = sum(1 / case.probability for case in drawn)
        chance = sqrt(sum((1 - case.probability) / case.probability**2 for case in drawn))
        if abs(stands_for - population) > max(_ROUNDING * population, _CHANCE * chance):
            yield (
                f"stratum {stratum!r}: by their inclusion probabilities its {len(drawn)} cases stand for "
                f"{stands_for:.0f} cases, but its population is {population}"
            )
