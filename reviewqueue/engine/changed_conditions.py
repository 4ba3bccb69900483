"""What changed in a condition, a sentence for each place, with what it does to the rule that asks it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from reviewqueue.engine import telling
from reviewqueue.engine.catalogue import fact_named
from reviewqueue.engine.effects import Effect, Step, either
from reviewqueue.engine.instead import instead
from reviewqueue.engine.saying import Label, Told, row, say
from reviewqueue.engine.tightness import implies

if TYPE_CHECKING:
    from collections.abc import Iterator

_LISTS: Final = ("in", "has_any", "matches_any")


def changes(before: Any, after: Any, currency: str) -> Iterator[Step]:
    """Each change as a clause, `over 150.00 EUR instead of over 200.00 EUR`, and its effect on a rule that fires on it.

    `all` and `any` only grow with their parts, so that the effect of a part is the effect of the whole; below a `not`
    only the whole is compared.
    """
    if before == after:
        return
    head = next((one for one in ("any", "all") if _both(before, after, one)), None)
    if head:
        found = list(_parts(before[head], after[head], head, currency))
        yield from found or [(say("the same parts in another order"), effect(before, after))]
    elif _both(before, after, "fact") and before["fact"] == after["fact"]:
        yield _leaf(before, after, currency)
    else:
        yield instead(_told(after, currency), _told(before, currency)), effect(before, after)


def effect(before: Any, after: Any) -> Effect:
    """Firing more often is stricter."""
    return either(stricter=implies(before, after), looser=implies(after, before))


def _parts(before: list[Any], after: list[Any], head: str, currency: str) -> Iterator[Step]:
    gone, new = [one for one in before if one not in after], [one for one in after if one not in before]
    for one in list(gone):
        if other := next((each for each in new if _same_question(one, each)), None):
            gone.remove(one)
            new.remove(other)
            yield from changes(one, other, currency)
    more, less = (Effect.STRICTER, Effect.LOOSER) if head == "any" else (Effect.LOOSER, Effect.STRICTER)
    for one in gone:
        clause = telling.condition(one, currency)
        gone_on = say("no longer when %(clause)s", clause=clause), say("also without that %(clause)s", clause=clause)
        yield gone_on[head == "all"], less
    for one in new:
        clause = telling.condition(one, currency)
        came = say("also when %(clause)s", clause=clause), say("only when also %(clause)s", clause=clause)
        yield came[head == "all"], more


def _same_question(one: Any, other: Any) -> bool:
    if not isinstance(one, dict) or not isinstance(other, dict):
        return False
    heads = [next((head for head in ("fact", "any", "all", "not", "cel") if head in each), "") for each in (one, other)]
    return heads[0] == heads[1] and one.get("fact") == other.get("fact")


def _leaf(before: dict[str, Any], after: dict[str, Any], currency: str) -> Step:
    fact = fact_named(str(after["fact"]))
    label = Label(fact.label if fact else str(after["fact"]))
    name = next((one for one in _LISTS if one in before and one in after), None)
    rest = [{key: value for key, value in each.items() if key != name} for each in (before, after)]
    if name and rest[0] == rest[1]:
        changed = _list_change(telling.words(before[name]), telling.words(after[name]), name)
        return row(label, changed, between=": "), effect(before, after)
    if {**before, "if_unknown": 0} == {**after, "if_unknown": 0}:
        fires = after.get("if_unknown", "fire" if fact and fact.fires else "pass") == "fire"
        unknown = say("also when it is unknown") if fires else say("no longer when it is unknown")
        return row(label, unknown, between=": "), effect(before, after)
    told = {"clause": telling.condition(after, currency), "limit": telling.limit(before, currency)}
    return say("%(clause)s instead of %(limit)s", **told), effect(before, after)


def _list_change(before: list[str], after: list[str], name: str) -> Told:
    new, gone = [one for one in after if one not in before], [one for one in before if one not in after]
    if name == "matches_any":
        more = say("%(count)s more patterns", count=len(new)) if new else None
        less = say("%(count)s fewer patterns", count=len(gone)) if gone else None
    else:
        more = say("also %(words)s", words=telling.several(new)) if new else None
        less = say("no longer %(words)s", words=telling.several(gone)) if gone else None
    return row(more, less, between=", ") if more or less else say("in another order")


def _told(when: Any, currency: str) -> Told:
    return say("always") if when is None else say("when %(clause)s", clause=telling.condition(when, currency))


def _both(before: Any, after: Any, head: str) -> bool:
    return isinstance(before, dict) and isinstance(after, dict) and head in before and head in after
