"""What changed in what customers are told while they wait, and in what happens when they have waited too long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from reviewqueue.engine.effects import Difference, Effect
from reviewqueue.engine.saying import say
from reviewqueue.engine.telling_limits import wait

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    Rule = Mapping[str, Any]

_MATTERS: Final = ("match", "seconds", "then", "message", "say", "queue")


def wait_changes(before: Sequence[Rule], after: Sequence[Rule]) -> Iterator[Difference]:
    """Nothing is ever approved by waiting, so scrutiny stays; only another queue brings other people."""
    left = list(before)
    for index, rule in enumerate(after):
        old = _taken(left, rule)
        path = f"/wait/{index}"
        if old is None:
            yield Difference(path, say("New: %(sentences)s", sentences=wait(rule)), _effect({}, rule))
        elif any(old.get(key) != rule.get(key) for key in _MATTERS):
            says = say("%(now)s Before: %(before)s", now=wait(rule), before=wait(old))
            yield Difference(path, says, _effect(old, rule))
        elif old != rule:
            yield Difference(path, say("Another name for: %(sentences)s", sentences=wait(rule)), Effect.EQUAL)
    for rule in left:
        says = say("No longer: %(sentences)s", sentences=wait(rule))
        yield Difference(f"/wait/{list(before).index(rule)}", says, Effect.EQUAL)
    kept = [rule for rule in after if rule in before]
    if kept != [rule for rule in before if rule in after]:
        says = say("The wait contracts stand in another order; the first one that is for a case counts")
        yield Difference("/wait", says, Effect.EQUAL)


def _taken(left: list[Rule], rule: Rule) -> Rule | None:
    """The earlier one that became this one: the same, else of the same name, else for the same cases."""
    keys: tuple[Callable[[Rule], object], ...] = (dict, lambda one: one.get("name"), lambda one: one.get("match") or {})
    for key in keys:
        found = next((one for one in left if key(one) is not None and key(one) == key(rule)), None)
        if found is not None:
            left.remove(found)
            return found
    return None


def _effect(before: Rule, after: Rule) -> Effect:
    moved = after.get("queue") and after.get("queue") != before.get("queue")
    return Effect.UNCLEAR if moved else Effect.EQUAL
