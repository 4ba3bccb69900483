"""What the policy says of a proposal, and how fired rules add up to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from reviewqueue.engine.policy import MODES, OUTCOMES, PRIORITIES, RISKS, Oversight, Trigger

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# What a fired trigger asks for at least.
AT_LEAST = {"watch": "on_the_loop", "review": "in_the_loop", "handoff": "human_only"}
_WATCHED, _HELD = "on_the_loop", "in_the_loop"
_NORMAL = "normal"
# One rule looked at, as far as it came.
Line = dict[str, Any]
_UNTOUCHED: Line = {"name": "", "call_id": None, "matched": False, "fired": False, "observed": ""}


@dataclass(frozen=True, slots=True)
class Reason:
    """One fired rule: a sentence, the value seen and the limit; `call_id` is None when it concerns the whole case."""

    trigger: str
    category: str
    says: str
    observed: str
    threshold: str
    outcome: str
    call_id: str | None


@dataclass(frozen=True, slots=True)
class Fired:
    """A trigger that fired, and why."""

    trigger: Trigger
    reason: Reason


@dataclass(frozen=True, slots=True)
class ActionVerdict:
    """What the policy says of one action. `queue` is None where no person is needed."""

    call_id: str
    mode: str
    reasons: tuple[Reason, ...]
    queue: str | None
    priority: str
    skills: tuple[str, ...]
    eyes: int
    risk: str
    veto_seconds: int

    def as_json(self) -> dict[str, Any]:
        """Plain lists and mappings."""
        return _json(self)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the policy says of the proposal: the strictest of its actions, and a line for every rule looked at."""

    mode: str
    actions: tuple[ActionVerdict, ...]
    reasons: tuple[Reason, ...]
    queue: str | None
    priority: str
    skills: tuple[str, ...]
    eyes: int
    risk: str
    veto_seconds: int
    lines: list[Line]
    # Under which contract the customer waits, where there is one.
    wait: dict[str, Any] | None = None

    @property
    def trace(self) -> list[Line]:
        """The lines in full: `{"name", "call_id", "matched", "fired", "observed"}`."""
        return [_UNTOUCHED | line for line in self.lines]

    def as_json(self) -> dict[str, Any]:
        """Plain lists and mappings. In the `trace` a line says nothing of what is empty or not so."""
        plain = _json(self) | {"actions": [action.as_json() for action in self.actions]}
        if self.wait is None:
            del plain["wait"]
        return {"trace" if name == "lines" else name: value for name, value in plain.items()}


@dataclass(frozen=True, slots=True)
class Judged:
    """One action with the mode it started from and everything that fired for it."""

    call_id: str
    risk: str
    base: Oversight
    fired: tuple[Fired, ...]


def verdict(judged: Sequence[Judged], *, together: bool, default_queue: str, lines: list[Line]) -> Verdict:
    """Add up the actions. `together`: what holds one holds all. Without any action a person must look."""
    actions = [_of_action(one, default_queue) for one in judged]
    whole = _of_action(_whole(judged), default_queue)
    if together:
        actions = [
            replace(action, mode=whole.mode, queue=action.queue or whole.queue, veto_seconds=whole.veto_seconds)
            for action in actions
        ]
    return Verdict(
        mode=whole.mode,
        actions=tuple(actions),
        reasons=whole.reasons,
        queue=whole.queue,
        priority=whole.priority,
        skills=whole.skills,
        eyes=whole.eyes,
        risk=whole.risk,
        veto_seconds=whole.veto_seconds,
        lines=lines,
    )


def _whole(judged: Sequence[Judged]) -> Judged:
    """All actions as one: the strictest start and all that fired, in the order of the policy."""
    if not judged:
        return Judged("", RISKS[-1], Oversight.nowhere(), ())
    strictest = max(judged, key=lambda one: MODES.index(one.base.mode))
    veto = max(one.base.veto_seconds for one in judged)
    fired = sorted((one for each in judged for one in each.fired), key=lambda one: one.trigger.position)
    risk = _greatest(RISKS, [one.risk for one in judged])
    return Judged("", risk, replace(strictest.base, veto_seconds=veto), tuple(fired))


def _of_action(judged: Judged, default_queue: str) -> ActionVerdict:
    fired = judged.fired
    mode = _greatest(MODES, [judged.base.mode, *(AT_LEAST[one.trigger.outcome] for one in fired)])
    watchers = [one.trigger.veto_seconds for one in fired]
    return ActionVerdict(
        call_id=judged.call_id,
        mode=mode,
        reasons=_each_once(one.reason for one in fired),
        queue=_queue(judged) or (default_queue if MODES.index(mode) >= MODES.index(_HELD) else None),
        priority=_greatest(PRIORITIES, [one.trigger.priority or _NORMAL for one in fired] or [_NORMAL]),
        skills=_skills(fired),
        eyes=max((one.trigger.eyes for one in fired), default=1),
        risk=judged.risk,
        veto_seconds=max([judged.base.veto_seconds, *watchers]) if mode == _WATCHED else 0,
    )


def _queue(judged: Judged) -> str | None:
    for outcome in reversed(OUTCOMES):
        for one in judged.fired:
            if one.trigger.outcome == outcome and one.trigger.queue:
                return one.trigger.queue
    return judged.base.queue


def _skills(fired: Iterable[Fired]) -> tuple[str, ...]:
    fired = list(fired)
    strictest = _greatest(OUTCOMES, [one.trigger.outcome for one in fired] or [OUTCOMES[0]])
    named = (skill for one in fired if one.trigger.outcome == strictest for skill in one.trigger.skills)
    return tuple(dict.fromkeys(named))


def _each_once(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    known: dict[tuple[str, str], Reason] = {}
    for reason in reasons:
        known.setdefault((reason.trigger, reason.says), reason)
    return tuple(known.values())


def _greatest(order: Sequence[str], found: Iterable[str]) -> str:
    return max(found, key=order.index)


def _json(verdict: ActionVerdict | Verdict) -> dict[str, Any]:
    reasons = [_fields(reason) for reason in verdict.reasons]
    return _fields(verdict) | {"skills": list(verdict.skills), "reasons": reasons}


def _fields(part: ActionVerdict | Verdict | Reason) -> dict[str, Any]:
    return {name: getattr(part, name) for name in part.__slots__}
