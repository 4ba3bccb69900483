"""A policy over a file of proposals, without storing them: held against the policy in force."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np

from hitl.history import lines
from reviewqueue.engine.columns import Table
from reviewqueue.engine.comparison import Past, Tally, worths
from reviewqueue.engine.policy import MODES, Policy
from reviewqueue.engine.rerun import Verdicts, columns_needed, judge
from reviewqueue.engine.spending import Came, Spending
from reviewqueue.engine.truths import Asker
from reviewqueue.queries import outcomes, pasts, what_if, workload

_AT_ONCE: Final = 2048


@dataclass
class Trial:
    """One policy under trial. ``told`` is called with how many bytes more are read."""

    policy: Policy
    current: Policy
    agent: str
    told: Callable[[int], object] = bool
    each: bool = False
    verdicts: list[dict[str, Any]] = field(default_factory=list)
    rejected: list[str] = field(default_factory=list)
    _memory: pasts.Memory = field(default_factory=pasts.Memory)

    def __post_init__(self) -> None:
        """Budgets remember from line to line."""
        self._spent, self._spent_now = Spending(self.policy), Spending(self.current)

    def over(self, file: Path) -> dict[str, Any]:
        """The totals."""
        tally = Tally(self.policy)
        for batch in _batches(lines.read(file)):
            self.rejected += [str(line) for line in batch if isinstance(line, lines.Fault)]
            self._add([line for line in batch if isinstance(line, lines.Line)], tally)
            self.told(sum(line.size for line in batch))
        report = what_if.assembled(tally, workload.none())
        return report | {"rejected": self.rejected} | ({"cases": self.verdicts} if self.each else {})

    def _add(self, good: Sequence[lines.Line], tally: Tally) -> None:
        facts = [self._memory.facts(line.proposal.document, agent=self.agent, team="", at=line.at) for line in good]
        table = Table.of(facts, columns_needed(self.policy) | columns_needed(self.current) | what_if.NEEDED)
        ask = Asker(self.policy, table)
        before = judge(self.current, table, spending=self._spent_now, came=_came(good))
        after = judge(self.policy, table, ask, spending=self._spent, came=_came(good))
        tally.add(_past(good, before), after, worths(ask))
        if self.each:
            self.verdicts += [_told(line, row, before, after) for row, line in enumerate(good)]


def _came(good: Sequence[lines.Line]) -> Came:
    """When each line says that it came, and of whom; lines without a time are taken as one after the other."""
    customers = [(line.proposal.document.get("customer") or {}).get("id") or "" for line in good]
    moments = np.array([line.at.timestamp() if line.at else 0.0 for line in good], dtype=np.float64)
    approved = np.array([line.decision == "approve" for line in good], dtype=np.bool_)
    return Came(moments, customers, approved)


def _past(good: Sequence[lines.Line], before: Verdicts) -> Past:
    return Past(
        ids=[line.proposal.document["dedupe_key"] for line in good],
        mode=before.cases.mode,
        queue=[before.queue(place) for place in before.cases.queue],
        priority=before.cases.priority,
        known=np.array([outcomes.of_words(line.decision, line.outcome) for line in good], dtype=np.int8),
        moments=np.array([line.at.timestamp() if line.at else 0.0 for line in good], dtype=np.float64),
        tiers=np.array([_tier(line) for line in good], dtype=object),
    )


def _tier(line: lines.Line) -> str:
    return str((line.proposal.document.get("customer") or {}).get("tier") or "")


def _told(line: lines.Line, row: int, before: Verdicts, after: Verdicts) -> dict[str, Any]:
    return {
        "line": line.number,
        "dedupe_key": line.proposal.document["dedupe_key"],
        "oversight_before": MODES[before.cases.mode[row]],
        **what_if.verdict(after, row),
    }


def _batches(found: Iterator[lines.Line | lines.Fault]) -> Iterator[list[lines.Line | lines.Fault]]:
    while batch := list(islice(found, _AT_ONCE)):
        yield batch
