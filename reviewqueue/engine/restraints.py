"""What held a case beside the policy when it came: a pause, or a rung of the ladder.

They are kept with the verdict. A look back takes them as it found them, because they would have held under any policy:
so a policy held against what it judged itself says the same of each case.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from reviewqueue.engine.triggers import BESIDE, PAUSED, RUNGS

if TYPE_CHECKING:
    from reviewqueue.engine.columns import Table
    from reviewqueue.engine.policy import Trigger
    from reviewqueue.engine.truths import Flags

COLUMN: Final = "case.restraints"
_ALL: Final = (PAUSED, *RUNGS.values())


@dataclass(frozen=True, slots=True)
class Found:
    """Triggers for what was found in a table, with a line each: a place for every action."""

    triggers: tuple[Trigger, ...]
    lines: Sequence[Flags]


NOTHING: Final = Found((), ())


def likely(reasons: str) -> bool:
    """Whether the stored reasons of a verdict, as text, may hold one; a customer who writes so is looked at in vain."""
    return any(f'"{name}"' in reasons for name in BESIDE)


def told(verdict: Mapping[str, Any]) -> list[list[int]] | None:
    """What a stored verdict tells: for each action the places of its restraints; ``None`` where there was none."""
    found = [sorted({place for one in action["reasons"] for place in _places(one)}) for action in _actions(verdict)]
    return found if any(found) else None


def found(table: Table) -> Found:
    """What is recorded of the cases of a table."""
    column = table.columns.get(COLUMN)
    if column is None or not any(column.values):
        return NOTHING
    starts = np.searchsorted(table.case_of, np.arange(table.cases))
    lines = np.zeros((len(_ALL), table.actions), dtype=np.bool_)
    for case in np.flatnonzero(np.array([bool(value) for value in column.values])[column.codes]):
        for action, places in enumerate(column.values[column.codes[case]]):
            lines[places, starts[case] + action] = True
    kept = np.flatnonzero(lines.any(axis=1))
    return Found(tuple(_ALL[place] for place in kept), [lines[place] for place in kept])


def _actions(verdict: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    actions: Sequence[Mapping[str, Any]] = verdict.get("actions") or ()
    return actions


def _places(reason: Mapping[str, Any]) -> list[int]:
    named = (reason["trigger"], reason["category"], reason["outcome"])
    return [n for n, one in enumerate(_ALL) if (one.name, one.category, one.outcome) == named]
