"""What changed in the budgets of a policy. A step is judged for what has been used so far, whatever that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from reviewqueue.engine import telling
from reviewqueue.engine.amounts import exact
from reviewqueue.engine.effects import Difference, Effect, either, ranked
from reviewqueue.engine.tightness import covers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Rule = Mapping[str, Any]

_OUTCOMES: Final = ("review", "handoff")
_COUNTED: Final = {"granted": "what runs", "proposed": "all that is proposed"}


def budget_changes(before: Sequence[Rule], after: Sequence[Rule], currency: str) -> Iterator[Difference]:
    """By their names, as the counters are kept: a budget only adds scrutiny, so a new one is stricter."""
    old = {rule["name"]: rule for rule in before}
    new = {rule["name"]: (index, rule) for index, rule in enumerate(after)}
    for index, rule in enumerate(before):
        if rule["name"] not in new:
            says = f"The budget {rule['name']} is gone: {telling.budget(rule, currency)}"
            yield Difference(f"/budgets/{index}", says, Effect.LOOSER)
    for name, (index, rule) in new.items():
        path, says = f"/budgets/{index}", f"The budget {name}"
        if name not in old:
            yield Difference(path, f"{says} is new: {telling.budget(rule, currency)}", Effect.STRICTER)
        else:
            yield from (Difference(path, f"{says}: {told}", effect) for told, effect in _changed(old[name], rule))
    kept = [name for name in new if name in old]
    if kept != [name for name in old if name in new]:
        yield from _reordered(kept, new)


def _changed(before: Rule, after: Rule) -> Iterator[tuple[str, Effect]]:
    yield from _limit(before, after)
    yield from _counted(before, after)
    here, there = before.get("match") or {}, after.get("match") or {}
    if here != there:
        effect = either(stricter=covers(there, here), looser=covers(here, there))
        yield f"covers {telling.scope(there)} instead of {telling.scope(here)}", effect
    yield from _consequences(before, after)


def _limit(before: Rule, after: Rule) -> Iterator[tuple[str, Effect]]:
    kinds = ["sum" if "sum" in rule else "count" for rule in (before, after)]
    old, new = (exact(rule[kind]) for rule, kind in zip((before, after), kinds, strict=True))
    told = f"at most {after[kinds[1]]} instead of {before[kinds[0]]}"
    if kinds[0] != kinds[1] or old is None or new is None:
        yield f"{told}; sums are no longer compared with sums", Effect.UNCLEAR
    elif old != new:
        yield told, Effect.STRICTER if new < old else Effect.LOOSER
    elif before[kinds[0]] != after[kinds[1]]:
        yield "the limit is written otherwise", Effect.EQUAL


def _counted(before: Rule, after: Rule) -> Iterator[tuple[str, Effect]]:
    """Another window or another key begins to count at nothing: nobody can say that less will run."""
    if before["within"] != after["within"]:
        yield f"in any {after['within']} instead of any {before['within']}, counted anew", Effect.UNCLEAR
    old, new = telling.words(before.get("per")), telling.words(after.get("per"))
    if old != new:
        yield (
            f"for each {', '.join(new) or 'and all'} instead of {', '.join(old) or 'all'}, counted anew",
            Effect.UNCLEAR,
        )
    counts = [rule.get("counts", "granted") for rule in (before, after)]
    if counts[0] != counts[1]:
        yield f"counts {_COUNTED[counts[1]]} instead of {_COUNTED[counts[0]]}", Effect.UNCLEAR


def _consequences(before: Rule, after: Rule) -> Iterator[tuple[str, Effect]]:
    old, new = before.get("pause"), after.get("pause")
    if old != new:
        effect = Effect.STRICTER if old is None else Effect.LOOSER if new is None else Effect.UNCLEAR
        yield f"an overrun pauses {_paused(new)} instead of {_paused(old)}", effect
    outcomes = [rule.get("outcome", "review") for rule in (before, after)]
    if outcomes[0] != outcomes[1]:
        told = [telling.OUTCOMES[each] for each in outcomes]
        yield f"what goes beyond is {told[1]} instead of {told[0]}", ranked(_OUTCOMES, *outcomes)
    if before.get("queue") != after.get("queue"):
        yield f"queue {after.get('queue') or 'of no name'} instead of {before.get('queue') or 'none'}", Effect.UNCLEAR
    if before.get("priority") != after.get("priority"):
        was = before.get("priority") or "normal"
        yield f"priority {after.get('priority') or 'normal'} instead of {was}", Effect.EQUAL
    if before.get("description") != after.get("description"):
        yield "another description", Effect.EQUAL


def _paused(name: Any) -> str:
    return f"the {name}" if name else "nothing"


def _reordered(kept: Sequence[str], new: Mapping[str, tuple[int, Rule]]) -> Iterator[Difference]:
    """Of those that overrun together the first one names the queue."""
    routed = len({new[name][1].get("queue") for name in kept} - {None}) > 1
    says = "The budgets stand in another order; of those that do not fit, the first one names the queue"
    yield Difference("/budgets", says, Effect.UNCLEAR if routed else Effect.EQUAL)
