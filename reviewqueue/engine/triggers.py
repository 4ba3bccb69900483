"""Judges facts by a policy: pure, repeatable, and closed where something is unknown or fails."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from reviewqueue.engine import waiting
from reviewqueue.engine.conditions import Finding, Truth, joined
from reviewqueue.engine.ladder import TRIGGER
from reviewqueue.engine.policy import DEFAULT_QUEUE, OUTCOMES, Oversight, Policy, Trigger
from reviewqueue.engine.scope import Scope
from reviewqueue.engine.verdicts import ActionVerdict, Fired, Judged, Line, Reason, Verdict, verdict
from reviewqueue.engine.view import MOVES_NO_MONEY, View

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reviewqueue.engine.budgets import Overrun
    from reviewqueue.engine.ladder import Floor

__all__ = ["ActionVerdict", "Reason", "Verdict", "default_risk", "evaluate", "held", "wished"]

_ALWAYS = {"watch": "is always watched", "review": "is always reviewed", "handoff": "always goes to a person"}
_FIRES = Truth.UNKNOWN_FIRES
_TALK = frozenset({"reply", "question"})
# What is no rule of a policy and holds under each of them; rungs by what they ask for at least.
PAUSED = Trigger("paused", "brake", Scope(), None, "review")
RUNGS = {outcome: Trigger(TRIGGER, "autonomy", Scope(), None, outcome) for outcome in OUTCOMES}
# What holds a case beside the policy.
BESIDE: Final = (PAUSED.name, TRIGGER)
_UNJUDGED = Trigger("unjudged", "brake", Scope(), None, "review")


def evaluate(
    policy: Policy,
    facts: Mapping[str, Any],
    *,
    paused: Sequence[str] = (),
    overruns: Sequence[Overrun] = (),
    floors: Sequence[Floor] = (),
) -> Verdict:
    """Judge the facts that `facts.gather` made. `paused`: sentences; when there are any, a person must look.

    `overruns`: budgets that an action does not fit into any more; a person must look at that action. `floors`: what
    the autonomy ladder asks for at least; it can make the verdict stricter and never looser.

    A rule that cannot be evaluated counts as fired. Same policy, same facts, same verdict, now or in a year.
    """
    inquiry = _Inquiry(policy, facts)
    brakes = tuple(_brake(PAUSED, sentence) for sentence in paused)
    over = [(each.charge.call_id, _overrun(each)) for each in overruns]
    over += [(each.call_id, _floor(each)) for each in floors]
    judged = [
        inquiry.judge(action, (*brakes, *(fired for call_id, fired in over if call_id == _call_id(action))))
        for action in _actions(facts)
    ]
    together = facts.get("release") != "each"
    whole = verdict(judged, together=together, default_queue=policy.default_queue, lines=inquiry.lines)
    return replace(whole, wait=inquiry.wait()) if policy.waits else whole


def held(facts: Mapping[str, Any], *, says: str) -> Verdict:
    """The verdict where the policy cannot give one: every action goes to a person; `says` is the reason."""
    fired = (_brake(_UNJUDGED, says),)
    judged = [Judged(_call_id(one), default_risk(one), Oversight.nowhere(), fired) for one in _actions(facts)]
    return verdict(judged, together=True, default_queue=DEFAULT_QUEUE, lines=[])


def wished(facts: Mapping[str, Any], *, name: str, says: str, queue: str, priority: str = "normal") -> Verdict:
    """The verdict of a case that a customer asked for and no policy has to judge: a person alone deals with it."""
    trigger = Trigger(name, "customer", Scope(), None, "handoff", queue=queue, priority=priority)
    fired = (_brake(trigger, says),)
    judged = [Judged(_call_id(one), "low", Oversight.nowhere(), fired) for one in _actions(facts)]
    return verdict(judged, together=True, default_queue=queue, lines=[])


def default_risk(action: Mapping[str, Any]) -> str:
    """For what no risk level of the policy covers: talk is low, what cannot surely be undone is high, else medium."""
    if action.get("kind") in _TALK:
        return "low"
    if action.get("kind") not in MOVES_NO_MONEY and action.get("reversible") is not True:
        return "high"
    return "medium"


class _Inquiry:
    """One evaluation: rules that look at no action are asked once, and every rule asked leaves a line."""

    def __init__(self, policy: Policy, facts: Mapping[str, Any]) -> None:
        self.policy = policy
        self.facts = facts
        self.shared: dict[str, Any] = {}
        self.known: dict[int, Fired | None] = {}
        self.lines: list[Line] = []

    def wait(self) -> dict[str, Any] | None:
        """The contract under which the customer of this proposal waits, if they have to."""
        return waiting.found(self.policy.waits, View(self.facts, {}, self.policy.rates, self.shared, self.policy.sieve))

    def judge(self, action: Mapping[str, Any], brakes: tuple[Fired, ...]) -> Judged:
        view = View(self.facts, action, self.policy.rates, self.shared, self.policy.sieve)
        view.risk = self._risk(view)
        base = next((rule for rule in self.policy.oversight if rule.scope.covers(view)), Oversight.nowhere())
        return Judged(_call_id(action), view.risk, base, (*brakes, *self._fired(view)))

    def _risk(self, view: View) -> str:
        for rule in self.policy.risk_levels:
            if rule.scope.covers(view) and (rule.when is None or rule.when.truth(view).fires):
                return rule.level
        return default_risk(view.action)

    def _fired(self, view: View) -> Iterator[Fired]:
        reach, call_id, known = self.policy.reach.at(view), _call_id(view.action), self.known
        for trigger in self.policy.triggers:
            if trigger.of_action:
                fired = self._ask(trigger, view, reach, call_id)
            elif trigger.position in known:
                fired = known[trigger.position]
            else:
                fired = known[trigger.position] = self._ask(trigger, view, reach, None)
            if fired:
                yield fired

    def _ask(self, trigger: Trigger, view: View, reach: dict[int, bool], call_id: str | None) -> Fired | None:
        line: Line = {"name": trigger.name} if call_id is None else {"name": trigger.name, "call_id": call_id}
        self.lines.append(line)
        found = _found(trigger, view, reach, line)
        if found is None:
            return None
        line |= {"matched": True, "fired": True, "observed": found.observed}
        return Fired(trigger, _reason(trigger, found, call_id))


def _found(trigger: Trigger, view: View, reach: dict[int, bool], line: Line) -> Finding | None:
    """What the trigger found when it fires; otherwise how far it came is noted in its line of the trace."""
    try:
        reached = reach.get(trigger.position)
        if reached is None:
            reached = reach[trigger.position] = trigger.scope.covers(view)
        if not reached:
            return None
        if trigger.when is None:
            where = trigger.scope.described(view)
            return Finding(f"{where} {_ALWAYS[trigger.outcome]}", where, "always")
        if trigger.when.truth(view) >= _FIRES:
            return joined(trigger.when.findings(view))
        line["matched"] = True
        if trigger.measured and (measured := trigger.when.measured(view)):
            line["observed"] = measured
    except Exception as error:  # noqa: BLE001 - whatever goes wrong in a rule, the gate stays closed
        says = f"the rule {trigger.name} could not be evaluated ({type(error).__name__}) and counts as fired"
        return Finding(says, "unknown", "")
    return None


def _reason(trigger: Trigger, found: Finding, call_id: str | None) -> Reason:
    return Reason(trigger.name, trigger.category, *found, outcome=trigger.outcome, call_id=call_id)


def _brake(trigger: Trigger, says: str) -> Fired:
    return Fired(trigger, _reason(trigger, Finding(says, "", ""), None))


def _overrun(each: Overrun) -> Fired:
    trigger = each.charge.budget.trigger
    return Fired(trigger, _reason(trigger, Finding(each.says, each.observed, each.threshold), each.charge.call_id))


def _floor(each: Floor) -> Fired:
    trigger = RUNGS[each.outcome]
    return Fired(trigger, _reason(trigger, Finding(each.says, each.rung, ""), each.call_id))


def _actions(facts: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = facts.get("actions") or []
    return found


def _call_id(action: Mapping[str, Any]) -> str:
    return str(action.get("call_id", ""))
