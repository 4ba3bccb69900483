"""What a policy would have changed: held against what happened, added up table by table."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import IntEnum
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from reviewqueue.engine.catalogue import FACTS
from reviewqueue.engine.estimates import Share
from reviewqueue.engine.policy import MODES, Policy
from reviewqueue.engine.rerun import HELD, Levels, Verdicts
from reviewqueue.engine.truths import Asker, Flags

GROUPS: Final = ("newly_held", "newly_released", "stricter", "looser", "unchanged")
WHENS: Final = ("before", "after")
EXAMPLES: Final = 20


class Known(IntEnum):
    """What is known today of a proposal: whether it was right to let it run as it was."""

    UNKNOWN = 0
    RIGHT = 1
    WRONG = 2


@dataclass(frozen=True, slots=True)
class Past:
    """What happened to the cases of a table, row by row. ``queue`` holds names, None where no person was needed."""

    ids: Sequence[str]
    mode: Levels
    queue: Sequence[str | None]
    priority: Levels
    known: npt.NDArray[np.int8]
    # Seconds since 1970.
    moments: npt.NDArray[np.float64]
    tiers: npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Arrived:
    """The cases that a person had to look at: when each came, in which queue, how urgent, and of whom."""

    moments: npt.NDArray[np.float64]
    queues: npt.NDArray[np.object_]
    priorities: Levels
    tiers: npt.NDArray[np.object_]

    def chosen(self, rows: npt.NDArray[Any]) -> Arrived:
        """Some of them, or all in another order."""
        return Arrived(self.moments[rows], self.queues[rows], self.priorities[rows], self.tiers[rows])

    @classmethod
    def together(cls, parts: Sequence[Arrived]) -> Arrived:
        """Several tables as one, in the order in which the cases came."""
        if not parts:
            return cls(np.zeros(0), np.zeros(0, dtype=object), np.zeros(0, dtype=np.int32), np.zeros(0, dtype=object))
        joined = cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in cls.__slots__))
        return joined.chosen(np.argsort(joined.moments, kind="stable"))


@dataclass(frozen=True, slots=True)
class Worths:
    """What is at stake in each case, in the policy's currency: rounded to put in order, exact to add up."""

    of_case: npt.NDArray[np.float64]
    _codes: npt.NDArray[np.int32]
    _values: Sequence[Decimal | None]
    _case_of: npt.NDArray[np.int64]

    def total(self, cases: Flags) -> Decimal:
        """The sum of what is known."""
        counts = np.bincount(self._codes[cases[self._case_of]], minlength=len(self._values))
        return sum((value * int(n) for value, n in zip(self._values, counts, strict=True) if value and n), Decimal(0))


def worths(ask: Asker) -> Worths:
    """Of every case of a table; an unknown sum adds nothing."""
    table = ask.table
    column, views = ask.of(FACTS["action.value"])
    values = [view.money(FACTS["action.value"]).worth for view in views]
    rounded = np.array([float(value or 0) for value in values], dtype=np.float64)[column.codes]
    of_case = np.bincount(table.case_of, weights=rounded, minlength=table.cases).astype(np.float64)
    return Worths(of_case, column.codes, values, table.case_of)


def group(before: Levels, after: Levels) -> npt.NDArray[np.int8]:
    """To which of `GROUPS` each case belongs."""
    held_before, held_after = before >= HELD, after >= HELD
    chosen = [~held_before & held_after, held_before & ~held_after, after > before, after < before]
    return np.select(chosen, [0, 1, 2, 3], default=4).astype(np.int8)


@dataclass
class Tally:
    """Adds up tables: counts, sums, the largest examples, and of what is held when and where it came."""

    policy: Policy
    groups: Counter[str] = field(default_factory=Counter)
    known: Counter[tuple[str, int]] = field(default_factory=Counter)
    held: Counter[tuple[str, bool]] = field(default_factory=Counter)
    money: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    held_cases: dict[str, list[Arrived]] = field(default_factory=lambda: {when: [] for when in WHENS})
    triggers: dict[str, Counter[str]] = field(default_factory=dict)
    examples: dict[str, list[tuple[float, str]]] = field(default_factory=dict)
    modes: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, past: Past, verdicts: Verdicts, worth: Worths) -> None:
        """One table's cases."""
        kinds = group(past.mode, verdicts.cases.mode)
        for place, name in enumerate(GROUPS):
            chosen = kinds == place
            self.groups[name] += int(chosen.sum())
            self.money[name] += worth.total(chosen)
            for known in Known:
                self.known[name, known] += int((chosen & (past.known == known)).sum())
            if name != "unchanged":
                self._examples(name, past, worth, chosen)
        self._stops(past, verdicts, worth, kinds)
        self._modes(past, verdicts)
        self._queues(past, verdicts)
        self._triggers(past, verdicts)

    @property
    def cases(self) -> int:
        """How many have been added."""
        return self.groups.total()

    def arrived(self, when: str) -> Arrived:
        """Those that a person had to look at, `before` or `after`, in the order in which they came."""
        return Arrived.together(self.held_cases[when])

    def as_json(self) -> dict[str, Any]:
        """Totals, what they were worth, what is known of them, and each trigger's record."""
        return {
            "totals": {
                "cases": self.cases,
                "held": self._count_held("after"),
                "held_before": self._count_held("before"),
                **{name: self.groups[name] for name in GROUPS},
                "oversight": {mode: self.modes["after", mode] for mode in MODES},
                "oversight_before": {mode: self.modes["before", mode] for mode in MODES},
            },
            "known": self._known_as_json(),
            "money": {name: _money(self.money[name], self.policy) for name in (*GROUPS[:2], "stopped", "let_through")},
            "triggers": [self._trigger_as_json(name) for name in self.triggers],
        }

    def _stops(self, past: Past, verdicts: Verdicts, worth: Worths, kinds: npt.NDArray[np.int8]) -> None:
        wrong = past.known == Known.WRONG
        self.money["stopped"] += worth.total(wrong & (kinds == GROUPS.index("newly_held")))
        self.money["let_through"] += worth.total(wrong & (kinds == GROUPS.index("newly_released")))
        for known in (Known.RIGHT, Known.WRONG):
            of_kind = past.known == known
            self.held[f"before {known.name}", True] += int((of_kind & (past.mode >= HELD)).sum())
            self.held[f"after {known.name}", True] += int((of_kind & verdicts.held).sum())
            self.held[f"all {known.name}", True] += int(of_kind.sum())

    def _modes(self, past: Past, verdicts: Verdicts) -> None:
        for when, modes in (("before", past.mode), ("after", verdicts.cases.mode)):
            for place, count in enumerate(np.bincount(modes, minlength=len(MODES))):
                self.modes[when, MODES[place]] += int(count)

    def _queues(self, past: Past, verdicts: Verdicts) -> None:
        """Which held cases each queue got, before and after."""
        names = np.array([*verdicts.queues, ""], dtype=object)
        before = np.array([name or "" for name in past.queue], dtype=object)
        for when, held, queues, priorities in (
            ("before", past.mode >= HELD, before, past.priority),
            ("after", verdicts.held, names[verdicts.cases.queue], verdicts.cases.priority),
        ):
            whole = Arrived(past.moments, queues, priorities, past.tiers)
            self.held_cases[when].append(whole.chosen(held))

    def _triggers(self, past: Past, verdicts: Verdicts) -> None:
        lines: dict[str, Flags] = {}
        for trigger, fired in zip(verdicts.policy.triggers, verdicts.cases.fired, strict=True):
            # Rungs of the ladder have a name in common.
            lines[trigger.name] = lines[trigger.name] | fired if trigger.name in lines else fired
        holding = {trigger.name for trigger in verdicts.policy.triggers if trigger.outcome != "watch"}
        alone = sum((lines[name].astype(np.int32) for name in holding), np.zeros(len(past.ids), dtype=np.int32)) == 1
        for name, fired in lines.items():
            record = self.triggers.setdefault(name, Counter())
            record["fired"] += int(fired.sum())
            record["alone"] += int((fired & alone).sum()) if name in holding else 0
            record["right"] += int((fired & (past.known == Known.RIGHT)).sum())
            record["wrong"] += int((fired & (past.known == Known.WRONG)).sum())

    def _examples(self, name: str, past: Past, worth: Worths, chosen: Flags) -> None:
        """Those where most is at stake."""
        places = np.flatnonzero(chosen)
        if len(places) > EXAMPLES:
            places = places[np.argpartition(-worth.of_case[places], EXAMPLES)[:EXAMPLES]]
        found = [(float(worth.of_case[place]), past.ids[int(place)]) for place in places]
        self.examples[name] = heapq.nlargest(EXAMPLES, [*self.examples.get(name, []), *found])

    def _count_held(self, when: str) -> int:
        return sum(self.modes[when, mode] for mode in MODES[HELD:])

    def _known_as_json(self) -> dict[str, Any]:
        wrong, right = (self.held[f"all {known}", True] for known in ("WRONG", "RIGHT"))
        return {
            "wrong": wrong,
            "right": right,
            "unknown": self.cases - wrong - right,
            "stopped": self.known["newly_held", Known.WRONG],
            "let_through": self.known["newly_released", Known.WRONG],
            "saved": self.known["newly_released", Known.RIGHT],
            "added": self.known["newly_held", Known.RIGHT],
            "wrong_held_before": Share(self.held["before WRONG", True], wrong).as_json(),
            "wrong_held_after": Share(self.held["after WRONG", True], wrong).as_json(),
            "right_held_before": Share(self.held["before RIGHT", True], right).as_json(),
            "right_held_after": Share(self.held["after RIGHT", True], right).as_json(),
        }

    def _trigger_as_json(self, name: str) -> dict[str, Any]:
        """Precision: how much was wrong of what it fired on. Recall: on how much it fired of all that was wrong."""
        record = self.triggers[name]
        known, wrong = record["right"] + record["wrong"], self.held["all WRONG", True]
        return {
            "name": name,
            "fired": record["fired"],
            "alone": record["alone"],
            "known": known,
            "precision": Share(record["wrong"], known).as_json(),
            "recall": Share(record["wrong"], wrong).as_json(),
        }


def _money(amount: Decimal, policy: Policy) -> dict[str, str]:
    return {"amount": f"{amount:.2f}", "currency": policy.currency}
