"""What changed in the budgets of a policy. A step is judged for what has been used so far, whatever that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from reviewqueue.engine import telling
from reviewqueue.engine.amounts import exact
from reviewqueue.engine.effects import Difference, Effect, Step, either, ranked
from reviewqueue.engine.instead import instead, other_priority, other_queue
from reviewqueue.engine.saying import Label, Number, Told, row, say, say_in
from reviewqueue.engine.telling_limits import budget, window
from reviewqueue.engine.tightness import covers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Rule = Mapping[str, Any]

_OUTCOMES: Final = ("review", "handoff")
_PAUSED: Final = {
    "agent": say_in("pauses", "the agent"),
    "intent": say_in("pauses", "the intent"),
    "action": say_in("pauses", "the action"),
}
_COUNTED: Final = {"granted": say("what runs"), "proposed": say("all that is proposed")}


def budget_changes(before: Sequence[Rule], after: Sequence[Rule], currency: str) -> Iterator[Difference]:
    """By their names, as the counters are kept: a budget only adds scrutiny, so a new one is stricter."""
    old = {rule["name"]: rule for rule in before}
    new = {rule["name"]: (index, rule) for index, rule in enumerate(after)}
    for index, rule in enumerate(before):
        if rule["name"] not in new:
            told = budget(rule, currency)
            says = say("The budget %(name)s is gone: %(sentences)s", name=rule["name"], sentences=told)
            yield Difference(f"/budgets/{index}", says, Effect.LOOSER)
    for name, (index, rule) in new.items():
        path = f"/budgets/{index}"
        if name not in old:
            says = say("The budget %(name)s is new: %(sentences)s", name=name, sentences=budget(rule, currency))
            yield Difference(path, says, Effect.STRICTER)
        else:
            called = say("The budget %(name)s", name=name)
            found = _changed(old[name], rule)
            yield from (Difference(path, row(called, told, between=": "), effect) for told, effect in found)
    kept = [name for name in new if name in old]
    if kept != [name for name in old if name in new]:
        yield from _reordered(kept, new)


def _changed(before: Rule, after: Rule) -> Iterator[Step]:
    yield from _limit(before, after)
    yield from _counted(before, after)
    here, there = before.get("match") or {}, after.get("match") or {}
    if here != there:
        effect = either(stricter=covers(there, here), looser=covers(here, there))
        yield say("covers %(new)s instead of %(old)s", new=telling.scope(there), old=telling.scope(here)), effect
    yield from _consequences(before, after)


def _limit(before: Rule, after: Rule) -> Iterator[Step]:
    kinds = ["sum" if "sum" in rule else "count" for rule in (before, after)]
    old, new = (exact(rule[kind]) for rule, kind in zip((before, after), kinds, strict=True))
    limits = {"new": Number(str(after[kinds[1]])), "old": Number(str(before[kinds[0]]))}
    told = say("at most %(new)s instead of %(old)s", **limits)
    if kinds[0] != kinds[1] or old is None or new is None:
        yield say("%(clause)s; sums are no longer compared with sums", clause=told), Effect.UNCLEAR
    elif old != new:
        yield told, Effect.STRICTER if new < old else Effect.LOOSER
    elif before[kinds[0]] != after[kinds[1]]:
        yield say("the limit is written otherwise"), Effect.EQUAL


def _counted(before: Rule, after: Rule) -> Iterator[Step]:
    """Another window or another key begins to count at nothing: nobody can say that less will run."""
    if before["within"] != after["within"]:
        new_span, old_span = window(after["within"]), window(before["within"])
        says = say("in any %(new)s instead of any %(old)s, counted anew", new=new_span, old=old_span)
        yield says, Effect.UNCLEAR
    old, new = telling.words(before.get("per")), telling.words(after.get("per"))
    if old != new:
        yield say("for each %(new)s instead of %(old)s, counted anew", new=_each(new), old=_each(old)), Effect.UNCLEAR
    counts = [rule.get("counts", "granted") for rule in (before, after)]
    if counts[0] != counts[1]:
        yield say("counts %(new)s instead of %(old)s", new=_COUNTED[counts[1]], old=_COUNTED[counts[0]]), Effect.UNCLEAR


def _consequences(before: Rule, after: Rule) -> Iterator[Step]:
    old, new = before.get("pause"), after.get("pause")
    if old != new:
        effect = Effect.STRICTER if old is None else Effect.LOOSER if new is None else Effect.UNCLEAR
        yield say("an overrun pauses %(new)s instead of %(old)s", new=_paused(new), old=_paused(old)), effect
    outcomes = [rule.get("outcome", "review") for rule in (before, after)]
    if outcomes[0] != outcomes[1]:
        told = [telling.OUTCOMES[each] for each in outcomes]
        says = say("what goes beyond is %(clause)s", clause=instead(told[1], told[0]))
        yield says, ranked(_OUTCOMES, *outcomes)
    if before.get("queue") != after.get("queue"):
        yield other_queue(before, after), Effect.UNCLEAR
    if before.get("priority") != after.get("priority"):
        yield other_priority(before, after), Effect.EQUAL
    if before.get("description") != after.get("description"):
        yield say("another description"), Effect.EQUAL


def _paused(name: Any) -> Told:
    return _PAUSED[name] if name else say_in("pauses", "nothing")


def _each(keys: list[str]) -> Told | str:
    return row(*map(Label, keys), between=", ") if keys else say_in("budget", "all together")


def _reordered(kept: Sequence[str], new: Mapping[str, tuple[int, Rule]]) -> Iterator[Difference]:
    """Of those that overrun together the first one names the queue."""
    routed = len({new[name][1].get("queue") for name in kept} - {None}) > 1
    says = say("The budgets stand in another order; of those that do not fit, the first one names the queue")
    yield Difference("/budgets", says, Effect.UNCLEAR if routed else Effect.EQUAL)
