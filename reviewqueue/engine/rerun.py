"""The verdicts of a policy on many cases at once: those that judging one after the other would give, only faster."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from reviewqueue.engine import restraints
from reviewqueue.engine.columns import Table, columns_of
from reviewqueue.engine.conditions import Truth
from reviewqueue.engine.contents import asked_of
from reviewqueue.engine.policy import DEFAULT_QUEUE, MODES, OUTCOMES, PRIORITIES, RISKS, Oversight, Policy, Trigger
from reviewqueue.engine.spending import Came, Spending
from reviewqueue.engine.triggers import default_risk
from reviewqueue.engine.truths import BROKEN, SCOPED, Asker, Flags
from reviewqueue.engine.verdicts import AT_LEAST

Levels = npt.NDArray[np.int32]
HELD: Final = MODES.index("in_the_loop")
_WATCHED: Final = MODES.index("on_the_loop")
_NORMAL: Final = PRIORITIES.index("normal")
_NONE: Final = -1


@dataclass(frozen=True, slots=True)
class Rows:
    """Verdicts side by side: each array has one place for each case, or for each action of all cases.

    ``mode``, ``priority`` and ``risk`` are places in `MODES`, `PRIORITIES` and `RISKS`, ``queue`` one in the queues
    of the whole, -1 where no person is needed; ``fired`` has a line for each trigger of the policy.
    """

    mode: Levels
    queue: Levels
    priority: Levels
    risk: Levels
    eyes: Levels
    veto: Levels
    fired: Flags


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What a policy says of all cases of a table, and of each of their actions."""

    policy: Policy
    queues: tuple[str, ...]
    cases: Rows
    actions: Rows
    # Where the policy could not be evaluated as a whole: a person must look, whatever else stands there.
    unjudged: Flags

    @property
    def held(self) -> Flags:
        """Which cases a person must decide."""
        return self.cases.mode >= HELD

    def queue(self, place: int) -> str | None:
        """The name of a queue of these verdicts."""
        return None if place == _NONE else self.queues[place]

    def names_fired(self, case: int) -> list[str]:
        """The triggers that fired for a case, in the policy's order."""
        names = (self.policy.triggers[place].name for place in np.flatnonzero(self.cases.fired[:, case]))
        return list(dict.fromkeys(names))

    def skills(self, case: int) -> list[str]:
        """Which skills the case asks for: those of the strictest triggers that fired."""
        fired = [self.policy.triggers[place] for place in np.flatnonzero(self.cases.fired[:, case])]
        strictest = max((OUTCOMES.index(one.outcome) for one in fired), default=0)
        named = (skill for one in fired if OUTCOMES.index(one.outcome) == strictest for skill in one.skills)
        return list(dict.fromkeys(named))


def columns_needed(policy: Policy) -> frozenset[str]:
    """Which columns of facts a policy looks at; the others need not be read."""
    scopes = [*(rule.scope for rule in policy.oversight), *(rule.scope for rule in policy.risk_levels)]
    scopes += [trigger.scope for trigger in policy.triggers]
    conditions = [level.when for level in policy.risk_levels] + [trigger.when for trigger in policy.triggers]
    scopes += [budget.scope for budget in policy.budgets]
    asked = {name for when in conditions if when for fact in asked_of(when) for name in columns_of(fact)}
    scoped = {SCOPED[key] for scope in scopes for key, _ in scope.globs if key != "risk"}
    spent = {SCOPED[key] for budget in policy.budgets for key in budget.per if key != "customer"}
    spent |= {"action.value"} if policy.budgets else set()
    return frozenset({"release", "action.kind", "action.reversible"} | asked | scoped | spent)


def judge(
    policy: Policy,
    table: Table,
    ask: Asker | None = None,
    *,
    spending: Spending | None = None,
    came: Came | None = None,
) -> Verdicts:
    """Judge every case of a table as ``triggers.evaluate`` judges one; ``ask`` knows what was read of it already.

    Pauses and rungs that are recorded of the cases hold them as they did then. ``spending`` and ``came``: also by the
    budgets, which remember what the tables before have used.
    """
    court = _Court(policy, table, ask or Asker(policy, table))
    return court.within(spending, came) if spending and came and policy.budgets else court.verdicts()


class _Court:
    def __init__(self, policy: Policy, table: Table, ask: Asker) -> None:
        self.found = restraints.found(table)
        self.asked = policy.triggers
        self.policy = replace(policy, triggers=(*self.found.triggers, *policy.triggers))
        self.table = table
        self.ask = ask
        self.queues = tuple(sorted(policy.queues_named() | {DEFAULT_QUEUE}))
        self.unjudged = np.zeros(table.cases, dtype=np.bool_)
        self.filled, self.starts = np.unique(table.case_of, return_index=True)

    def verdicts(self) -> Verdicts:
        risk, base, matrix = self._found()
        return self._judged(risk, base, matrix)

    def within(self, spending: Spending, came: Came) -> Verdicts:
        """What overruns a budget is one more reason, and comes before all others."""
        risk, base, matrix = self._found()
        plain = self._judged(risk, base, matrix)
        over = spending.overrun(self.ask, came, plain.actions.mode, plain.actions.veto)
        self.policy = replace(self.policy, triggers=(*spending.triggers, *self.policy.triggers))
        return self._judged(risk, base, np.concatenate([over, matrix]))

    def _found(self) -> tuple[Levels, Levels, Flags]:
        risk = self._risks()
        base = self._bases(risk)
        fired = [*self.found.lines, *(self._fired(trigger, risk) for trigger in self.asked)]
        return risk, base, np.array(fired, dtype=np.bool_).reshape(len(fired), self.table.actions)

    def _judged(self, risk: Levels, base: Levels, matrix: Flags) -> Verdicts:
        actions = self._added_up(base, risk, matrix)
        cases = self._whole(base, risk, matrix)
        return self._closed(Verdicts(self.policy, self.queues, cases, self._together(actions, cases), self.unjudged))

    def _risks(self) -> Levels:
        risk = self._default_risks()
        unset = np.ones(self.table.actions, dtype=np.bool_)
        for rule in self.policy.risk_levels:
            here = unset & self._of_actions(self.ask.covered(rule.scope), of_action=rule.scope.of_action)
            if rule.when is not None:
                truth = self._of_actions(self.ask.truth(rule.when), of_action=rule.when.of_action)
                self.unjudged[self.table.case_of[here & (truth == BROKEN)]] = True
                here &= truth >= Truth.UNKNOWN_FIRES
            risk[here] = RISKS.index(rule.level)
            unset &= ~here
        return risk

    def _default_risks(self) -> Levels:
        kind, reversible = self.table.columns["action.kind"], self.table.columns["action.reversible"]
        known = [
            [RISKS.index(default_risk({"kind": one, "reversible": other})) for other in reversible.values]
            for one in kind.values
        ]
        levels: Levels = np.array(known, dtype=np.int32).reshape(len(kind.values), -1)[kind.codes, reversible.codes]
        return levels

    def _bases(self, risk: Levels) -> Levels:
        """Which oversight rule each action starts from; one after the last stands for none."""
        base = np.full(self.table.actions, len(self.policy.oversight), dtype=np.int32)
        for place in reversed(range(len(self.policy.oversight))):
            scope = self.policy.oversight[place].scope
            base[self._of_actions(self.ask.covered(scope, risk), of_action=scope.of_action)] = place
        return base

    def _fired(self, trigger: Trigger, risk: Levels) -> Flags:
        flags = self._of_actions(self.ask.covered(trigger.scope, risk), of_action=trigger.scope.of_action)
        if trigger.when is None or not flags.any():
            return flags
        truth = self.ask.truth(trigger.when)
        fired: Flags = flags & self._of_actions(truth >= Truth.UNKNOWN_FIRES, of_action=trigger.when.of_action)
        return fired

    def _of_actions(self, found: npt.NDArray[Any], *, of_action: bool) -> npt.NDArray[Any]:
        return found if of_action else self.ask.spread(found)

    def _started(self, base: Levels) -> tuple[Levels, Levels, Levels]:
        """Mode, queue and veto window of the rules that the actions start from."""
        rules = [*self.policy.oversight, Oversight.nowhere()]
        modes = np.array([MODES.index(rule.mode) for rule in rules], dtype=np.int32)
        queues = np.array([self._queue(rule.queue) for rule in rules], dtype=np.int32)
        vetoes = np.array([rule.veto_seconds for rule in rules], dtype=np.int32)
        return modes[base], queues[base], vetoes[base]

    def _added_up(self, base: Levels, risk: Levels, fired: Flags) -> Rows:
        return self._rows(*self._started(base), risk, fired)

    def _whole(self, base: Levels, risk: Levels, fired: Flags) -> Rows:
        """All actions of a case as one: the strictest start and all that fired. Without any a person must look."""
        mode, queue, veto = self._started(base)
        strictest = self._greatest(mode)
        first = np.full(self.table.cases, self.table.actions, dtype=np.int64)
        at = np.flatnonzero(mode == strictest[self.table.case_of])
        np.minimum.at(first, self.table.case_of[at], at)
        queues = np.append(queue, _NONE)[first]
        whole_fired = np.zeros((len(fired), self.table.cases), dtype=np.bool_)
        if self.table.actions:
            whole_fired[:, self.filled] = np.logical_or.reduceat(fired, self.starts, axis=1)
        risks = self._greatest(risk, RISKS.index("critical"))
        return self._rows(strictest, queues, self._greatest(veto, 0), risks, whole_fired)

    def _greatest(self, levels: Levels, otherwise: int = HELD) -> Levels:
        """The greatest of each case's actions."""
        greatest = np.full(self.table.cases, otherwise, dtype=np.int32)
        if self.table.actions:
            greatest[self.filled] = np.maximum.reduceat(levels, self.starts)
        return greatest

    def _rows(self, mode: Levels, queue: Levels, veto: Levels, risk: Levels, fired: Flags) -> Rows:
        priority = np.full(len(mode), _NORMAL, dtype=np.int32)
        priority[fired.any(axis=0)] = 0
        eyes = np.ones(len(mode), dtype=np.int32)
        mode, veto = mode.copy(), veto.copy()
        for trigger, flags in zip(self.policy.triggers, fired, strict=True):
            for levels, level in (
                (mode, MODES.index(AT_LEAST[trigger.outcome])),
                (priority, PRIORITIES.index(trigger.priority or "normal")),
                (eyes, trigger.eyes),
                (veto, trigger.veto_seconds),
            ):
                np.maximum(levels, level, out=levels, where=flags)
        return Rows(
            mode=mode,
            queue=self._queues(queue, mode, fired),
            priority=priority,
            risk=risk,
            eyes=eyes,
            veto=np.where(mode == _WATCHED, veto, 0).astype(np.int32),
            fired=fired,
        )

    def _queues(self, queue: Levels, mode: Levels, fired: Flags) -> Levels:
        """That of the strictest trigger that fired and names one, then the start's, then the policy's."""
        found = np.where((queue == _NONE) & (mode >= HELD), self._queue(self.policy.default_queue), queue)
        triggers = list(zip(self.policy.triggers, fired, strict=True))
        # What is written last counts: from the loosest and last to the strictest and first.
        for outcome in OUTCOMES:
            for trigger, flags in reversed(triggers):
                if trigger.outcome == outcome and trigger.queue:
                    found[flags] = self._queue(trigger.queue)
        return found.astype(np.int32)

    def _queue(self, name: str | None) -> int:
        return self.queues.index(name) if name else _NONE

    def _together(self, actions: Rows, cases: Rows) -> Rows:
        """What holds one action holds all of its case, unless each goes its own way."""
        release = self.table.columns["release"]
        apart = np.array([value == "each" for value in release.values], dtype=np.bool_)[release.codes]
        joined = ~self.ask.spread(apart)
        mode, queue, veto = (self.ask.spread(levels) for levels in (cases.mode, cases.queue, cases.veto))
        return replace(
            actions,
            mode=np.where(joined, mode, actions.mode),
            queue=np.where(joined & (actions.queue == _NONE), queue, actions.queue),
            veto=np.where(joined, veto, actions.veto),
        )

    def _closed(self, verdicts: Verdicts) -> Verdicts:
        """A case that the policy cannot judge goes to a person, as ``triggers.held`` has it."""
        if self.unjudged.any():
            risk = self._default_risks()
            self._hold(verdicts.cases, self.unjudged, self._greatest(risk, RISKS.index("critical")))
            self._hold(verdicts.actions, self.ask.spread(self.unjudged), risk)
        return verdicts

    def _hold(self, rows: Rows, which: Flags, risk: Levels) -> None:
        rows.mode[which], rows.queue[which] = HELD, self._queue(DEFAULT_QUEUE)
        rows.priority[which], rows.eyes[which], rows.veto[which] = _NORMAL, 1, 0
        rows.risk[which] = risk[which]
        rows.fired[:, which] = False
