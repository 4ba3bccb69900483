"""A metric over weeks as a picture: where its lines and its band of doubt lie. The table beside it has the numbers."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reviewqueue.queries.insight.measures import Reading

_ROOM: Final = 4
_FEWEST: Final = 2


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything that the drawing needs, in its own units; ``top`` and ``bottom`` are the values at the edges."""

    width: int
    height: int
    lines: list[str]
    bands: list[str]
    dots: list[tuple[str, str]]
    baseline: str
    top: float
    bottom: float


def drawn(weeks: Sequence[Reading], *, baseline: float | None, width: int = 240, height: int = 56) -> Picture | None:
    """The picture of some weeks; None where one value alone would be in it. A week without a value leaves a hole."""
    known = [value for week in weeks for value in (week.value, week.low, week.high) if value is not None]
    if sum(week.value is not None for week in weeks) < _FEWEST:
        return None
    known += [baseline] if baseline is not None else []
    top, bottom = max([*known, 0.0]), min([*known, 0.0])
    scale = _Scale(len(weeks), width, height, top if top > bottom else bottom + 1, bottom)
    runs = list(_runs(weeks))
    return Picture(
        width=width,
        height=height,
        lines=[scale.points([(n, week.value or 0.0) for n, week in run]) for run in runs if len(run) > 1],
        bands=[scale.band(run) for run in runs if len(run) > 1],
        dots=[(scale.x(n), scale.y(week.value or 0.0)) for run in runs for n, week in run],
        baseline="" if baseline is None else scale.y(baseline),
        top=scale.top,
        bottom=bottom,
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    count: int
    width: int
    height: int
    top: float
    bottom: float

    def x(self, n: int) -> str:
        room = self.width - 2 * _ROOM
        return f"{_ROOM + room * n / max(self.count - 1, 1):.1f}"

    def y(self, value: float) -> str:
        room = self.height - 2 * _ROOM
        return f"{_ROOM + room * (self.top - value) / (self.top - self.bottom):.1f}"

    def points(self, places: Sequence[tuple[int, float]]) -> str:
        return " ".join(f"{self.x(n)},{self.y(value)}" for n, value in places)

    def band(self, run: Sequence[tuple[int, Reading]]) -> str:
        """Along the upper bounds and back along the lower ones."""
        upper = [(n, (week.value or 0.0) if week.high is None else week.high) for n, week in run]
        lower = [(n, (week.value or 0.0) if week.low is None else week.low) for n, week in run]
        return self.points([*upper, *reversed(lower)])


def _runs(weeks: Sequence[Reading]) -> Iterator[list[tuple[int, Reading]]]:
    """Stretches of weeks with a value."""
    for known, run in groupby(enumerate(weeks), key=lambda each: each[1].value is not None):
        if known:
            yield list(run)
