"""Recorded cases in tables of columns: from the packed copy where there is one, else from the cases themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from django.db.models import QuerySet
from django.db.models.fields.json import KeyTextTransform

from reviewqueue.engine import restraints
from reviewqueue.engine.columns import NAMES, OF_ACTION, Column, Table
from reviewqueue.engine.packing import unpacked
from reviewqueue.models import Case, FactBlock, FactColumn, factblock
from reviewqueue.queries import real

SIZE: Final = factblock.ROWS
# What is recorded of a case beside its facts.
CASE: Final = (
    *("case.id", "case.created_at", "case.agent", "case.mode", "case.queue", "case.priority"),
    restraints.COLUMN,
)
PLACES: Final = "action.case"
_READ: Final = ("id", "created_at", "agent__name", "facts")
# Of verdicts only what is asked for is read; their traces are long.
_OF_VERDICT: Final = ("mode", "queue", "priority", "reasons")


@dataclass(frozen=True, slots=True)
class Period:
    """Which cases: from a moment, up to another, of some agents and intents. What is left out means all."""

    start: datetime | None = None
    end: datetime | None = None
    agents: Collection[str] = field(default_factory=frozenset)
    intents: Collection[str] = field(default_factory=frozenset)

    def cases(self) -> QuerySet[Case]:
        """The cases themselves."""
        found = real.cases()
        if self.start:
            found = found.filter(created_at__gte=self.start)
        if self.end:
            found = found.filter(created_at__lt=self.end)
        if self.agents:
            found = found.filter(agent__name__in=self.agents)
        return found.filter(intent__in=self.intents) if self.intents else found


def tables(period: Period, names: Collection[str], *, after: str = "") -> Iterator[Table]:
    """The cases of a period in order of their ids, those behind ``after``, in tables of at most `SIZE` cases."""
    wanted = frozenset(names) | {*CASE, "intent"}
    for block in _blocks(period, after):
        table = chosen(_of_block(block, wanted), period, after)
        if table.cases:
            yield table
    newest = FactBlock.objects.order_by("-first").values_list("last", flat=True).first() or ""
    for rows in _rows(max(newest, after)):
        table = chosen(laid_out(rows, wanted), period, after)
        if table.cases:
            yield table


def laid_out(rows: Sequence[Mapping[str, Any]], names: Collection[str] = (*NAMES, *CASE)) -> Table:
    """Rows with the columns that `unpacked_rows` reads, as a table."""
    table = Table.of([row["facts"] for row in rows], [name for name in names if name in NAMES])
    beside = {
        "case.id": [row["id"] for row in rows],
        "case.created_at": [row["created_at"].timestamp() for row in rows],
        "case.agent": [row["agent__name"] for row in rows],
        "case.mode": [row["mode"] for row in rows],
        "case.queue": [row["queue"] for row in rows],
        "case.priority": [row["priority"] for row in rows],
        restraints.COLUMN: _restraints(rows),
    }
    columns = {name: Column.of(values) for name, values in beside.items() if name in names}
    return Table({**table.columns, **columns}, table.case_of, table.cases)


def unpacked_rows(after: str, *, before: str | None = None) -> list[dict[str, Any]]:
    """The next cases by id."""
    found = real.cases().filter(pk__gt=after).order_by("pk")
    if before is not None:
        found = found.filter(pk__lt=before)
    parts = {f"told_{name}": KeyTextTransform(name, "verdict") for name in _OF_VERDICT}
    rows = found.annotate(**parts).values(*_READ, *parts)[:SIZE]
    return [row | {name: row.pop(f"told_{name}") for name in _OF_VERDICT} for row in rows]


def _restraints(rows: Sequence[Mapping[str, Any]]) -> list[Any]:
    """What held each case beside the policy; the few verdicts that tell of it are read as a whole."""
    likely = [row["id"] for row in rows if restraints.likely(row["reasons"] or "")]
    whole = dict(Case.objects.filter(pk__in=likely).values_list("pk", "verdict")) if likely else {}
    return [restraints.told(whole[row["id"]]) if row["id"] in whole else None for row in rows]


def chosen(table: Table, period: Period, after: str = "") -> Table:
    """The rows of a table that belong to a period, and lie behind an id."""
    keep = np.ones(table.cases, dtype=np.bool_)
    ids, at = table.columns["case.id"], table.columns["case.created_at"]
    if after:
        keep &= np.array([one > after for one in ids.values])[ids.codes]
    moments = np.array(at.values, dtype=np.float64)[at.codes]
    if period.start:
        keep &= moments >= period.start.timestamp()
    if period.end:
        keep &= moments < period.end.timestamp()
    for name, wanted in (("case.agent", period.agents), ("intent", period.intents)):
        if wanted:
            column = table.columns[name]
            keep &= np.array([value in wanted for value in column.values])[column.codes]
    return table if keep.all() else taken(table, keep)


def taken(table: Table, keep: npt.NDArray[np.bool_]) -> Table:
    """Some cases of a table, with their actions."""
    actions = keep[table.case_of]
    columns = {name: column.taken(actions if name in OF_ACTION else keep) for name, column in table.columns.items()}
    places = np.cumsum(keep) - 1
    return Table(columns, places[table.case_of[actions]], int(keep.sum()))


def _blocks(period: Period, after: str) -> QuerySet[FactBlock]:
    found = FactBlock.objects.filter(last__gt=after)
    if period.start:
        found = found.filter(to_at__gte=period.start)
    if period.end:
        found = found.filter(from_at__lt=period.end)
    return found


def _of_block(block: FactBlock, names: Collection[str]) -> Table:
    stored = FactColumn.objects.filter(block=block, name__in=[*names, PLACES]).values_list("name", "data")
    columns = {name: unpacked(bytes(data)) for name, data in stored}
    places = columns.pop(PLACES)
    case_of = np.array(places.values, dtype=np.int64)[places.codes]
    return Table(columns, case_of, block.count)


def _rows(after: str) -> Iterator[list[dict[str, Any]]]:
    while rows := unpacked_rows(after):
        yield rows
        after = rows[-1]["id"]
