"""Budgets over many recorded cases, one after the other in the order in which they came: what would not have fit.

As the desk does it, with two differences that a look back cannot avoid: what people approved counts when it came in,
and so does what is released under watch.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from reviewqueue.engine.budgets import WINDOWS, Budget, moves_nothing, part_of
from reviewqueue.engine.catalogue import FACTS
from reviewqueue.engine.policy import MODES, Policy, Trigger
from reviewqueue.engine.truths import Asker, Flags

if TYPE_CHECKING:
    from collections.abc import Sequence

_HELD: Final = MODES.index("in_the_loop")
_NOTHING: Final = Decimal(0)
Labels = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Came:
    """What the cases of a table are beside their facts: when each came, of whom, and whether people approved it."""

    moments: npt.NDArray[np.float64]
    customers: Sequence[str]
    approved: Flags


@dataclass(slots=True)
class _Window:
    """What one key has used: the parts of its window, and their sum."""

    parts: deque[tuple[int, Decimal]] = field(default_factory=deque)
    total: Decimal = _NOTHING

    def used(self, first: int) -> Decimal:
        """Of the parts that the window still touches."""
        while self.parts and self.parts[0][0] < first:
            self.total -= self.parts.popleft()[1]
        return self.total

    def add(self, part: int, amount: Decimal) -> None:
        self.parts.append((part, amount))
        self.total += amount


@dataclass(frozen=True, slots=True)
class _Charge:
    """What one action would take out of one budget; the places of both."""

    budget: int
    action: int
    labels: Labels
    amount: Decimal | None


class Spending:
    """Remembers what was used from table to table; the tables must come in the order of time."""

    def __init__(self, policy: Policy) -> None:
        self.budgets = policy.budgets
        self._windows: dict[tuple[int, Labels], _Window] = {}

    @property
    def triggers(self) -> tuple[Trigger, ...]:
        """One for each budget, before all others of the policy: an action that overruns fires it."""
        return tuple(each.trigger for each in self.budgets)

    def overrun(self, ask: Asker, came: Came, modes: npt.NDArray[np.int32], vetoes: npt.NDArray[np.int32]) -> Flags:
        """A line for each budget and a place for each action: what does not fit.

        ``modes`` and ``vetoes``: what the rest of the policy says of each action.
        """
        table = ask.table
        over = np.zeros((len(self.budgets), table.actions), dtype=np.bool_)
        held_cases = np.zeros(table.cases, dtype=np.bool_)
        held_cases[table.case_of[modes >= _HELD]] = True
        running = (modes < _HELD) & (~held_cases[table.case_of] | (vetoes == 0))
        charges = self._charges(ask, came)
        starts = np.searchsorted(table.case_of, np.arange(table.cases + 1))
        together = self._together(ask)
        for case in np.argsort(came.moments, kind="stable"):
            mine = [charge for action in range(starts[case], starts[case + 1]) for charge in charges.get(action, ())]
            if mine:
                self._settle(mine, running, over, came, int(case), joined=bool(together[case]))
        return over

    def _charges(self, ask: Asker, came: Came) -> dict[int, list[_Charge]]:
        """By action, in the order of the policy."""
        found: dict[int, list[_Charge]] = {}
        for place, budget in enumerate(self.budgets):
            covered = ask.covered(budget.scope)
            covered = covered if budget.scope.of_action else ask.spread(covered)
            amounts, counts = _amounts(budget, ask)
            labels = [_labels(key, ask, came) for key in budget.per]
            for action in np.flatnonzero(covered & counts).tolist():
                named = tuple(each[action] for each in labels)
                found.setdefault(action, []).append(_Charge(place, action, named, amounts[action]))
        return found

    def _together(self, ask: Asker) -> Flags:
        release = ask.table.columns["release"]
        return np.array([value != "each" for value in release.values], dtype=np.bool_)[release.codes]

    def _settle(
        self, charges: list[_Charge], running: Flags, over: Flags, came: Came, case: int, *, joined: bool
    ) -> None:
        seconds = float(came.moments[case])
        blocked: set[int] = set()
        for charge in charges:
            if self.budgets[charge.budget].proposed:
                if not self._fits(charge, seconds):
                    over[charge.budget, charge.action] = True
                    blocked.add(charge.action)
                self._add(charge, seconds)
        granted = [charge for charge in charges if not self.budgets[charge.budget].proposed]
        free = [charge for charge in granted if running[charge.action]]
        free = [] if joined and blocked else [charge for charge in free if charge.action not in blocked]
        for some in [free] if joined else _by_action(free):
            self._run(some, over, seconds)
        if came.approved[case]:
            # A person let it run: it counts, and is never held back.
            for charge in granted:
                if not running[charge.action] or over[:, charge.action].any():
                    self._add(charge, seconds)

    def _run(self, charges: list[_Charge], over: Flags, seconds: float) -> None:
        """All of them fit, or none is taken."""
        taken: list[tuple[_Window, tuple[int, Decimal]]] = []
        fits = True
        for charge in charges:
            if self._fits(charge, seconds):
                window = self._window(charge)
                self._add(charge, seconds)
                taken.append((window, window.parts[-1]))
            else:
                over[charge.budget, charge.action], fits = True, False
        if not fits:
            for window, part in reversed(taken):
                window.parts.pop()
                window.total -= part[1]

    def _fits(self, charge: _Charge, seconds: float) -> bool:
        budget = self.budgets[charge.budget]
        used = self._window(charge).used(part_of(budget.within, seconds - WINDOWS[budget.within]))
        return charge.amount is not None and used + charge.amount <= budget.most

    def _add(self, charge: _Charge, seconds: float) -> None:
        part = part_of(self.budgets[charge.budget].within, seconds)
        self._window(charge).add(part, charge.amount or _NOTHING)

    def _window(self, charge: _Charge) -> _Window:
        key = (charge.budget, charge.labels)
        if key not in self._windows:
            self._windows[key] = _Window()
        return self._windows[key]


def _amounts(budget: Budget, ask: Asker) -> tuple[Sequence[Decimal | None], Flags]:
    """For each action what it takes, and whether it takes anything."""
    if not budget.money:
        return [Decimal(1)] * ask.table.actions, np.ones(ask.table.actions, dtype=np.bool_)
    value = FACTS["action.value"]
    column, views = ask.of(value)
    worths = [view.money(value).worth for view in views]
    counts = np.array([not moves_nothing(view) for view in views], dtype=np.bool_)
    return [worths[code] for code in column.codes], counts[column.codes]


def _labels(key: str, ask: Asker, came: Came) -> Sequence[str]:
    """For each action, by whom or what a budget counts it."""
    if key == "customer":
        return [came.customers[case] for case in ask.table.case_of]
    return ask.labels(key)


def _by_action(charges: list[_Charge]) -> list[list[_Charge]]:
    found: dict[int, list[_Charge]] = {}
    for charge in charges:
        found.setdefault(charge.action, []).append(charge)
    return list(found.values())
