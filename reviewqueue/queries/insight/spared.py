"""The hours that nobody had to spend: cases that ran without a person, at what such cases take people."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from django.db.models.fields.json import KeyTransform

from reviewqueue.engine import counting
from reviewqueue.engine.estimates import Z95
from reviewqueue.models import Figure
from reviewqueue.queries.insight.measures import UNKNOWN, Reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from reviewqueue.queries.insight.counted import Span
    from reviewqueue.queries.insight.report import Figures

_HOUR: Final = 3600
_WEEK: Final = 7


class Spared(NamedTuple):
    """Of one kind of cases: how many ran alone, how many were handled by people, and for how many seconds."""

    released: float = 0
    handled: float = 0
    seconds: float = 0

    @property
    def mean(self) -> float | None:
        """What one takes people."""
        return self.seconds / self.handled if self.handled else None

    def __add__(self, other: tuple[float, ...]) -> Spared:  # type: ignore[override] # sums, as counts do
        return Spared(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


@dataclass
class Hours:
    """The hours of any stretch of days and of its parts; one question for each stretch that it reads."""

    figures: Figures
    _days: dict[date, list[tuple[str, Spared]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read the weeks, and the baseline where there is one."""
        for span in filter(None, (self.figures.trend, self.figures.baseline)):
            self._days |= _read(span)

    def read(self, span: Span) -> Reading:
        """Of everything, for a week."""
        kinds: defaultdict[str, Spared] = defaultdict(Spared)
        for day in span:
            for name, spared in self._days.get(day, ()):
                kinds[name] += spared
        return self._reading(kinds.values(), sum(kinds.values(), start=Spared()), span)

    def parts(self, span: Span) -> Iterator[tuple[str, Reading]]:
        """Of each part of the period."""
        whole = _spared(self.figures.now)
        for name, counts in self.figures.segments.items():
            yield name, self._reading([_spared(counts)], whole, span)

    def _reading(self, kinds: Iterable[Spared], whole: Spared, span: Span) -> Reading:
        """Handling times of each kind are taken to vary as those of all do, for their part."""
        if whole.mean is None:
            return UNKNOWN
        weeks, seconds, doubt, left, cases = span.days / _WEEK, 0.0, 0.0, 0.0, 0.0
        for kind in kinds:
            mean = whole.mean if kind.mean is None else kind.mean
            cases, seconds = cases + kind.released, seconds + kind.released * mean
            if kind.handled:
                doubt += (kind.released * mean) ** 2 / kind.handled
            else:
                left += kind.released * mean
        if not cases:
            return UNKNOWN
        reach = Z95 * self._variation * math.sqrt(doubt + left**2 / whole.handled)
        value, low, high = (each / _HOUR / weeks for each in (seconds, max(seconds - reach, 0), seconds + reach))
        return Reading(value, low, high, int(cases))

    @property
    def _variation(self) -> float:
        known = counting.together([self.figures.now, self.figures.before])
        return counting.variation(known, "handling") or 1.0


def _read(span: Span) -> dict[date, list[tuple[str, Spared]]]:
    found: defaultdict[date, list[tuple[str, Spared]]] = defaultdict(list)
    keys = [KeyTransform(key, "counts") for key in ("released", "handling.n", "handling.sum")]
    rows = Figure.objects.filter(by="intent", day__range=(span.first, span.last)).values_list("day", "name", *keys)
    for day, name, *each in rows.iterator(chunk_size=2000):
        found[day].append((name, Spared(*(number or 0 for number in each))))
    return found


def _spared(counts: Mapping[str, float]) -> Spared:
    return Spared(*(counts.get(key, 0) for key in ("released", "handling.n", "handling.sum")))
