"""The facts of many cases, column by column: each distinct value once, and which row has which."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from reviewqueue.engine.catalogue import FACTS, Fact, Kind

Codes = npt.NDArray[np.int32]
# Where a fact that is not declared by itself lies as a whole.
_WHOLE: Final = {True: "action.args", False: "customer.attributes"}
OF_ACTION: Final = {fact.name: fact.path for fact in FACTS.values() if fact.of_action} | {
    "action.call_id": ("call_id",),
    "action.args": ("args",),
}
OF_CASE: Final = {fact.name: fact.path for fact in FACTS.values() if not fact.of_action} | {
    "release": ("release",),
    "customer.attributes": ("customer", "attributes"),
}
NAMES: Final = (*OF_CASE, *OF_ACTION)


@dataclass(frozen=True, slots=True)
class Column:
    """The distinct values of a column, and for each row the place of its own."""

    codes: Codes
    values: Sequence[Any]

    @classmethod
    def of(cls, values: Iterable[Any]) -> Column:
        """Sort out the values of all rows."""
        places: dict[Any, int] = {}
        found: list[Any] = []
        codes: list[int] = []
        for value in values:
            key = value if value is None or type(value) is str else _key(value)
            code = places.setdefault(key, len(found))
            if code == len(found):
                found.append(value)
            codes.append(code)
        return cls(np.array(codes, dtype=np.int32), found)

    def taken(self, rows: npt.NDArray[Any]) -> Column:
        """The column of some of the rows."""
        return Column(self.codes[rows], self.values)


@dataclass(frozen=True, slots=True)
class Table:
    """Facts of many cases. ``case_of`` says for each action, in order, to which case (by its place) it belongs."""

    columns: Mapping[str, Column]
    case_of: npt.NDArray[np.int64]
    cases: int

    @classmethod
    def of(cls, facts: Sequence[Mapping[str, Any]], names: Iterable[str] = NAMES) -> Table:
        """Lay out documents that ``facts.gather`` made; ``names``: the columns that are needed."""
        actions = [document.get("actions") or [] for document in facts]
        case_of = np.repeat(np.arange(len(facts)), [len(each) for each in actions])
        flat = [action for each in actions for action in each]
        above: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
        columns = {name: _laid_out(name, facts, flat, above) for name in names}
        return cls(columns, case_of, len(facts))

    @property
    def actions(self) -> int:
        """How many actions all cases have together."""
        return len(self.case_of)

    def rows(self, *, of_action: bool) -> int:
        """How many rows a column of this level has."""
        return self.actions if of_action else self.cases


def column_of(fact: Fact) -> str:
    """The column in which a fact lies."""
    if fact.name in OF_CASE or fact.name in OF_ACTION:
        return fact.name
    return _WHOLE[fact.of_action]


def columns_of(fact: Fact) -> tuple[str, ...]:
    """All columns that must be known to tell its value: without one, only a tool call's worth is unknown."""
    if fact.name == "action.value":
        return ("action.value", "action.kind")
    return (column_of(fact),)


def of_action(name: str) -> bool:
    """Whether a column has a row for each action rather than for each case."""
    return name in OF_ACTION


def nested(names: Sequence[str], values: Sequence[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """A document of facts, and one of an action, that hold these columns' values and nothing else."""
    facts: dict[str, Any] = {}
    action: dict[str, Any] = {}
    for name, value in zip(names, values, strict=True):
        path = OF_ACTION.get(name)
        if path is not None:  # all of them lie at the top
            action[path[0]] = value
        else:
            *above, last = OF_CASE[name]
            branch = facts
            for step in above:
                branch = branch.setdefault(step, {})
            branch[last] = value
    return facts, action


def is_free(fact: Fact) -> bool:
    """Whether agents invent the fact: it lies somewhere in a column that many rows have each their own value of."""
    return fact.kind is Kind.FREE and fact.name not in OF_ACTION


def _laid_out(
    name: str,
    facts: Sequence[Mapping[str, Any]],
    actions: Sequence[Mapping[str, Any]],
    above: dict[tuple[str, ...], list[Mapping[str, Any]]],
) -> Column:
    """``above``: what lies above the last step of a path, which several columns have in common."""
    if name in OF_ACTION:
        return Column.of(walked(actions, OF_ACTION[name]))
    *steps, last = OF_CASE[name]
    if (branch := tuple(steps)) not in above:
        found = walked(facts, branch) if branch else facts
        above[branch] = [one if isinstance(one, dict) else {} for one in found]
    return Column.of(one.get(last) for one in above[branch])


def walked(documents: Iterable[Any], path: Sequence[str]) -> Iterator[Any]:
    """What lies at a path of each document; None where nothing does."""
    if len(path) == 1:
        (only,) = path
        return (document.get(only) for document in documents)
    return (_walk(document, path) for document in documents)


def _walk(value: Any, path: Sequence[str]) -> Any:
    for step in path:
        if not isinstance(value, dict):
            return None
        value = value.get(step)
    return value


def _key(value: Any) -> Any:
    """Tells values apart as JSON does: 1, 1.0 and true are three."""
    if isinstance(value, bool | int):
        return type(value), value
    return bytes, repr(value)
