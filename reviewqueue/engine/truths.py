"""The conditions of a policy asked of whole columns: once for each distinct value, by the very engine that judges one.

What compares with a limit is read once for each value and then compared as floating-point numbers, whose order is that
of the exact ones; where both round to the same number, the exact ones decide. So equal stays equal to the last digit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from reviewqueue.engine.catalogue import Fact
from reviewqueue.engine.columns import Column, Table, columns_of, is_free, nested, of_action
from reviewqueue.engine.conditions import AllOf, AnyOf, Asked, Condition, Expert, Not, Truth, Wrote
from reviewqueue.engine.operators import ORDERS, Compare
from reviewqueue.engine.policy import RISKS, Policy
from reviewqueue.engine.scope import Scope
from reviewqueue.engine.view import View

if TYPE_CHECKING:
    from reviewqueue.engine.readings import Reading

Truths = npt.NDArray[np.int8]
Flags = npt.NDArray[np.bool_]
# A rule that cannot be evaluated: above every answer, so that whatever it is part of is broken as well.
BROKEN: Final = 4
_NEGATED: Final = np.array([3, 1, 2, 0, BROKEN], dtype=np.int8)
# By which end of several values all of them are held against a limit: all are over it when the least is.
_LEAST: Final = frozenset({"over", "at_least"})
SCOPED: Final = {
    "agent": "agent",
    "intent": "intent",
    "workflow": "workflow",
    "channel": "conversation.channel",
    "language": "conversation.language",
    "team": "team",
    "segment": "customer.attributes",
    "tier": "customer.tier",
    "kind": "action.kind",
    "action": "action.name",
}


@dataclass(frozen=True, slots=True)
class _Numbers:
    """What a reading gives for each distinct value: the least and the greatest of its numbers, exact and rounded."""

    known: Flags
    exact: dict[bool, list[Any]]
    rounded: dict[bool, npt.NDArray[np.float64]]


@dataclass
class Asker:
    """Asks one table; what was read for one condition is known to the next."""

    policy: Policy
    table: Table
    _combined: dict[tuple[str, ...], Column] = field(default_factory=dict)
    _projected: dict[str, Column] = field(default_factory=dict)
    _views: dict[str, list[View]] = field(default_factory=dict)
    _numbers: dict[tuple[str, Reading], _Numbers] = field(default_factory=dict)
    _looked: dict[str, Truths] = field(default_factory=dict)
    _covered: dict[tuple[str, Any], Flags] = field(default_factory=dict)

    def truth(self, condition: Condition) -> Truths:
        """The answer for each action if the condition is ``of_action``, else for each case."""
        match condition:
            case AllOf() | AnyOf():
                return self._joined(condition)
            case Not():
                negated: Truths = _NEGATED[self.truth(condition.part)]
                return negated
            case Asked() if isinstance(condition.operator, Compare):
                return self._compared(condition, condition.operator)
            case Asked() | Wrote():
                return self._asked(condition, condition.fact)
            case Expert():
                return self._expert(condition)
        raise TypeError(f"{type(condition).__name__} is no condition that columns can be asked")

    def covered(self, scope: Scope, risks: npt.NDArray[np.int32] | None = None) -> Flags:
        """Where a rule applies: for each action if the scope is ``of_action``, else for each case."""
        flags = np.ones(self.table.rows(of_action=scope.of_action), dtype=np.bool_)
        for key, globs in scope.globs:
            if key == "risk" and risks is not None:
                flags &= np.array([globs.match(risk) for risk in RISKS])[risks]
            else:
                flags &= self._at(self._key(key, globs), of_action=of_action(SCOPED[key]), wanted=scope.of_action)
        return flags

    def labels(self, key: str) -> list[str]:
        """For each action the folded label that scopes compare with; empty where there is none."""
        column = self._column((SCOPED[key],))
        known = [view.scoped(key) or "" for view in self._seen((SCOPED[key],))]
        codes = self._at(column.codes, of_action=of_action(SCOPED[key]), wanted=True)
        return [known[code] for code in codes]

    def spread(self, of_cases: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """What is known of cases, for each of their actions."""
        return of_cases[self.table.case_of]

    def _at(self, found: npt.NDArray[Any], *, of_action: bool, wanted: bool) -> npt.NDArray[Any]:
        return self.spread(found) if wanted and not of_action else found

    def _key(self, key: str, globs: Any) -> Flags:
        if (key, globs) not in self._covered:
            column = self._column((SCOPED[key],))
            labels = [view.scoped(key) for view in self._seen((SCOPED[key],))]
            matched = np.array([globs.match(label) for label in labels], dtype=np.bool_)
            self._covered[key, globs] = matched[column.codes]
        return self._covered[key, globs]

    def _joined(self, condition: AllOf | AnyOf) -> Truths:
        wanted = condition.of_action
        parts = [self._at(self.truth(part), of_action=part.of_action, wanted=wanted) for part in condition.parts]
        # As one by one: what settles the whole, or breaks, is the last that is asked.
        any_of = isinstance(condition, AnyOf)
        last, least_or_greatest = (Truth.YES, np.maximum) if any_of else (Truth.NO, np.minimum)
        joined: Truths = parts[0]
        for part in parts[1:]:
            ended = (joined == last) | (joined == BROKEN)
            found = np.where(part == BROKEN, BROKEN, least_or_greatest(joined, part))
            joined = np.where(ended, joined, found).astype(np.int8)
        return joined

    def _asked(self, condition: Asked | Wrote, fact: Fact) -> Truths:
        column, views = self.of(fact)
        if isinstance(condition, Wrote):
            return self._wrote(condition, fact, views)[column.codes]
        return np.array([_answer(condition, view) for view in views], dtype=np.int8)[column.codes]

    def _wrote(self, condition: Wrote, fact: Fact, views: Sequence[View]) -> Truths:
        """One look for the patterns of all rules comes first; few texts are worth a second."""
        if fact.name not in self._looked:
            self._looked[fact.name] = np.array([_glance(fact, view) for view in views], dtype=np.int8)
        looked = self._looked[fact.name]
        answers = np.full(len(views), condition.unknown, dtype=np.int8)
        answers[looked == Truth.NO] = Truth.NO
        for place in np.flatnonzero(looked >= Truth.YES):
            answers[place] = _answer(condition, views[int(place)])
        return answers

    def _expert(self, condition: Expert) -> Truths:
        names = tuple(dict.fromkeys(name for fact in condition.expression.facts for name in columns_of(fact)))
        column = self._column(names)
        answers = np.array([_answer(condition, view) for view in self._seen(names)], dtype=np.int8)
        return answers[column.codes]

    def _compared(self, condition: Asked, operator: Compare) -> Truths:
        column, views = self.of(condition.fact)
        key = (condition.fact.name, condition.read)
        if key not in self._numbers:
            self._numbers[key] = _read(condition.read, condition.fact, views)
        numbers, least = self._numbers[key], operator.name in _LEAST
        limit, holds = _plain(operator.limit), ORDERS[operator.name][0]
        rounded = numbers.rounded[least]
        answers: Flags = np.asarray(holds(rounded, float(limit)))
        for place in np.flatnonzero(numbers.known & (rounded == float(limit))):
            answers[place] = holds(numbers.exact[least][place], limit)
        truths = np.where(numbers.known, np.where(answers, Truth.YES, Truth.NO), condition.unknown)
        return truths.astype(np.int8)[column.codes]

    def of(self, fact: Fact) -> tuple[Column, list[View]]:
        """The column of a fact, with a view of each of its distinct values.

        Of one that agents invent, its own values: the whole that it lies in differs from row to row.
        """
        if is_free(fact):
            column = self._part(fact)
            return column, self._views[fact.name]
        names = columns_of(fact)
        return self._column(names), self._seen(names)

    def _part(self, fact: Fact) -> Column:
        if fact.name not in self._projected:
            (name,) = columns_of(fact)
            whole = self._column((name,))
            parts = Column.of(view.raw(fact) for view in self._views_of((name,), whole))
            self._projected[fact.name] = Column(parts.codes[whole.codes], parts.values)
            at = [_placed(fact, value) for value in parts.values]
            self._views[fact.name] = [self._view(*documents) for documents in at]
        return self._projected[fact.name]

    def _column(self, names: tuple[str, ...]) -> Column:
        if names not in self._combined:
            self._combined[names] = self._together(names)
        return self._combined[names]

    def _together(self, names: tuple[str, ...]) -> Column:
        """Several columns as one, whose values are what its rows have in each."""
        if not names:  # an expression without facts is the same everywhere
            return Column(np.zeros(self.table.cases, dtype=np.int32), [()])
        columns = [self.table.columns[name] for name in names]
        if len(columns) == 1:
            return Column(columns[0].codes, [(value,) for value in columns[0].values])
        wanted = any(map(of_action, names))
        codes = [
            self._at(column.codes, of_action=of_action(name), wanted=wanted)
            for name, column in zip(names, columns, strict=True)
        ]
        places, rows = np.unique(np.stack(codes), axis=1, return_inverse=True)
        values = [tuple(column.values[place] for column, place in zip(columns, each, strict=True)) for each in places.T]
        return Column(rows.reshape(-1).astype(np.int32), values)

    def _seen(self, names: tuple[str, ...]) -> list[View]:
        return self._views_of(names, self._column(names))

    def _views_of(self, names: tuple[str, ...], column: Column) -> list[View]:
        key = " ".join(names)
        if key not in self._views:
            self._views[key] = [self._view(*nested(names, values)) for values in column.values]
        return self._views[key]

    def _view(self, facts: dict[str, Any], action: dict[str, Any]) -> View:
        return View(facts, action, self.policy.rates, {}, self.policy.sieve)


def _placed(fact: Fact, value: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Documents that hold a fact and nothing else."""
    root: dict[str, Any] = {}
    branch = root
    for step in fact.path[:-1]:
        branch = branch.setdefault(step, {})
    branch[fact.path[-1]] = value
    return ({}, root) if fact.of_action else (root, {})


def _answer(condition: Condition, view: View) -> int:
    try:
        return condition.truth(view)
    except Exception:  # noqa: BLE001 - as the engine does: what fails counts as fired
        return BROKEN


def _glance(fact: Fact, view: View) -> int:
    """Whether a text is worth a look (yes), holds nothing that any rule looks for (no), or is not known."""
    try:
        if view.text(fact) is None:
            return Truth.UNKNOWN_PASSES
        return Truth.YES if view.worth_a_look(fact) else Truth.NO
    except Exception:  # noqa: BLE001 - whoever looks closer meets the same, and it counts as fired
        return BROKEN


def _read(read: Reading, fact: Fact, views: Sequence[View]) -> _Numbers:
    seen = [[_plain(one.value) for one in view.seen(fact, read)] for view in views]
    known = np.array([bool(values) for values in seen], dtype=np.bool_)
    exact = {True: [min(values, default=0) for values in seen], False: [max(values, default=0) for values in seen]}
    rounded = {end: np.array([float(value) for value in values]) for end, values in exact.items()}
    return _Numbers(known, exact, rounded)


def _plain(value: Any) -> Any:
    """Days count as their number; exact numbers stay what they are."""
    return Decimal(value.toordinal()) if isinstance(value, date) else value
