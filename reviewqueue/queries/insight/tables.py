"""The report as a table for spreadsheets; no cell of it can be a formula."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reviewqueue.queries.insight.measures import Reading
    from reviewqueue.queries.insight.report import Told

_HEAD: Final = ("requirement", "key", "title", "unit", "part", "from", "to", "value", "low", "high", "hits", "n")
# What makes a spreadsheet reckon; a tab or a return in front would only hide it.
_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r")


def as_csv(told: Iterable[Told]) -> str:
    """One row for each metric, then its weeks, its parts and its baseline."""
    return written(_HEAD, (row for each in told for row in _rows(each)))


def written(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """RFC 4180, every text disarmed."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows([disarmed(cell) for cell in row] for row in rows)
    return out.getvalue()


def disarmed(cell: Any) -> Any:
    """A text that a spreadsheet would reckon with gets a mark in front; numbers stay numbers."""
    if not isinstance(cell, str):
        return "" if cell is None else cell
    text = cell.replace("\x00", "")
    return f"'{text}" if text.lstrip(" \n").startswith(_FORMULAS) else text


def _rows(told: Told) -> list[tuple[Any, ...]]:
    metric = told.metric
    head = (metric.requirement, metric.key, str(metric.title), metric.measure.unit)
    found: list[tuple[str, str, str, Reading]] = [("", "", "", told.now)]
    found += [("week", week.first.isoformat(), week.last.isoformat(), each) for week, each in told.weeks]
    found += [(name, "", "", each) for name, each in told.segments]
    found += [("baseline", "", "", told.before)] if told.before.value is not None else []
    return [(*head, part, first, last, *_cells(each)) for part, first, last, each in found]


def _cells(reading: Reading) -> tuple[Any, ...]:
    return reading.value, reading.low, reading.high, reading.hits, reading.n
