"""What one policy says otherwise than another, in sentences, each with what it does to scrutiny.

The way from one to the other is taken in steps, and each step is judged where it is taken: when every step is
stricter or equal, no proposal gets less scrutiny than before. What cannot be proved so counts as loosening.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reviewqueue.engine import changed_conditions, first_match, telling, tiers
from reviewqueue.engine.budget_changes import budget_changes
from reviewqueue.engine.effects import Difference, Effect, Step, either, loosens, ranked
from reviewqueue.engine.first_match import Ladder
from reviewqueue.engine.instead import instead, other_priority, other_queue
from reviewqueue.engine.rulebook import MODES, OUTCOMES, RISKS
from reviewqueue.engine.saying import Number, RuleName, Told, row, say, say_in
from reviewqueue.engine.scope_changes import scope_changes
from reviewqueue.engine.tightness import covers
from reviewqueue.engine.wait_changes import wait_changes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Difference", "Effect", "differences", "loosens"]

Document = dict[str, Any]
Rule = dict[str, Any]


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Every difference of two documents without faults, in their normal form (`Policy.document`)."""
    one, other = tiers.flat(before), tiers.flat(after)
    found = [
        *_money(one, other),
        *_oversight(one, other),
        *scope_changes(one.get("scopes") or [], other.get("scopes") or []),
        *_triggers(one, other),
        *_risk(one, other),
        *budget_changes(one.get("budgets") or [], other.get("budgets") or [], other["currency"]),
        *wait_changes(one.get("wait") or [], other.get("wait") or []),
        *_settings(one, other),
    ]
    if before != after and one == other:
        return [Difference("/triggers", say("Costs of failure are written otherwise and mean the same"), Effect.EQUAL)]
    if one != other and not found:
        return [Difference("", say("The document is written otherwise; what it means is not compared"), Effect.UNCLEAR)]
    return [replace(each, path=tiers.path(after, each.path)) for each in found]


def _money(before: Document, after: Document) -> Iterator[Difference]:
    if before["currency"] != after["currency"]:
        codes = {"new": after["currency"], "old": before["currency"]}
        yield Difference(
            "/currency", say("Amounts are compared in %(new)s instead of %(old)s", **codes), Effect.UNCLEAR
        )
    old, new = before.get("currency_rates") or {}, after.get("currency_rates") or {}
    for code in sorted(old.keys() | new.keys()):
        if old.get(code) == new.get(code):
            continue
        says = _rate(code, old.get(code), new.get(code), after["currency"])
        yield Difference(f"/currency_rates/{code}", says, Effect.UNCLEAR)


def _rate(code: str, before: Any, after: Any, own: str) -> Told:
    if after is None:
        return say("What %(code)s is worth is no longer known", code=code)
    worth = Number(f"{after} {own}")
    if before is None:
        return say("1 %(code)s is worth %(worth)s; until now its worth was unknown", code=code, worth=worth)
    return say("1 %(code)s is worth %(worth)s instead of %(old)s", code=code, worth=worth, old=Number(str(before)))


def _oversight(before: Document, after: Document) -> Iterator[Difference]:
    ladder = Ladder("oversight", "mode", MODES, ("in_the_loop",), telling.oversight)
    yield from first_match.changes(before["oversight"], after["oversight"], ladder)


def _risk(before: Document, after: Document) -> Iterator[Difference]:
    """Risk decides about friction; where triggers match on it, a higher one may also escape them."""
    currency = after["currency"]
    ladder = Ladder("risk_levels", "level", RISKS, RISKS[:3], lambda rule: telling.risk_level(rule, currency))
    matched = any("risk" in (rule.get("match") or {}) for each in (before, after) for rule in each["triggers"])
    for one in first_match.changes(before["risk_levels"], after["risk_levels"], ladder):
        matters = matched and one.effect is not Effect.EQUAL
        yield Difference(one.path, one.words, Effect.UNCLEAR) if matters else one


def _settings(before: Document, after: Document) -> Iterator[Difference]:
    if before["name"] != after["name"]:
        yield Difference("/name", say("The name is now: %(name)s", name=after["name"]), Effect.EQUAL)
    if before.get("description") != after.get("description"):
        text = after.get("description") or say_in("description", "empty")
        yield Difference("/description", say("The description is now: %(text)s", text=text), Effect.EQUAL)
    if before["default_queue"] != after["default_queue"]:
        old, new = before["default_queue"], after["default_queue"]
        says = say("Cases without a queue of their own go to %(new)s instead of %(old)s", new=new, old=old)
        yield Difference("/default_queue", says, Effect.UNCLEAR)
    old, new = before["undo_seconds"], after["undo_seconds"]
    if old != new:
        says = say("A decision can be taken back for %(new)s s instead of %(old)s s", new=new, old=old)
        yield Difference("/undo_seconds", says, Effect.STRICTER if new > old else Effect.LOOSER)
    if before["expiry"] != after["expiry"]:
        old, new = before["expiry"]["seconds"], after["expiry"]["seconds"]
        says = say("An undecided case ends after %(new)s s instead of %(old)s s", new=new, old=old)
        yield Difference("/expiry", says, Effect.EQUAL)


def _triggers(before: Document, after: Document) -> Iterator[Difference]:
    old, new = before["triggers"], after["triggers"]
    pairs = _same_triggers(old, new)
    for index, rule in enumerate(old):
        if index not in pairs and _on(rule):
            told = telling.trigger(rule, before["currency"])
            says = say("%(rule)s is gone: %(sentences)s", rule=RuleName(rule["name"]), sentences=told)
            yield Difference(f"/triggers/{index}", says, Effect.LOOSER)
    taken = {place: index for index, place in pairs.items()}
    for index, rule in enumerate(new):
        if index in taken:
            yield from _trigger(old[taken[index]], rule, index, before["currency"], after["currency"])
        elif _on(rule):
            told = telling.trigger(rule, after["currency"])
            says = say("%(rule)s is new: %(sentences)s", rule=RuleName(rule["name"]), sentences=told)
            yield Difference(f"/triggers/{index}", says, Effect.STRICTER)
    yield from _order(old, new, pairs)


def _same_triggers(old: list[Rule], new: list[Rule]) -> dict[int, int]:
    """By name; what has a new name and is otherwise the same, was renamed."""
    places = {rule["name"]: index for index, rule in enumerate(new)}
    pairs = {index: places[rule["name"]] for index, rule in enumerate(old) if rule["name"] in places}
    for index, rule in enumerate(old):
        if index not in pairs:
            free = (i for i, one in enumerate(new) if i not in pairs.values() and _nameless(one) == _nameless(rule))
            if (found := next(free, None)) is not None:
                pairs[index] = found
    return pairs


def _nameless(rule: Rule) -> Rule:
    return {key: value for key, value in rule.items() if key != "name"}


def _trigger(before: Rule, after: Rule, index: int, was: str, currency: str) -> Iterator[Difference]:
    path, title = f"/triggers/{index}", RuleName(after["name"])
    if before["name"] != after["name"]:
        says = say("%(rule)s was called %(name)s", rule=title, name=RuleName(before["name"]))
        yield Difference(path, says, Effect.EQUAL)
    if _on(before) != _on(after):
        yield Difference(path, *_switched(after, currency))
        return
    if not _on(after):
        if _nameless(before) != _nameless(after):
            yield Difference(path, say("%(rule)s is changed while it is switched off", rule=title), Effect.EQUAL)
        return
    found = [*_asked(before, after, was, currency), *_asks(before, after)]
    yield from (Difference(path, row(title, told, between=": "), effect) for told, effect in found)


def _switched(rule: Rule, currency: str) -> tuple[Told, Effect]:
    told = {"rule": RuleName(rule["name"]), "sentences": telling.trigger(rule, currency)}
    if _on(rule):
        return say("%(rule)s is switched on: %(sentences)s", **told), Effect.STRICTER
    return say("%(rule)s is switched off: %(sentences)s", **told), Effect.LOOSER


def _asked(before: Rule, after: Rule, was: str, currency: str) -> Iterator[Step]:
    """Where it applies and on what it fires."""
    here, there = before.get("match") or {}, after.get("match") or {}
    if here != there:
        effect = either(stricter=covers(there, here), looser=covers(here, there))
        yield say("applies to %(new)s instead of %(old)s", new=telling.scope(there), old=telling.scope(here)), effect
    for says, effect in changed_conditions.changes(before.get("when"), after.get("when"), currency):
        held = row(telling.OUTCOMES[after["outcome"]], says, between=": ")
        # Of amounts in another currency nothing can be said.
        yield held, effect if was == currency else Effect.UNCLEAR


def _asks(before: Rule, after: Rule) -> Iterator[Step]:
    """What it asks for once it fires."""
    if before["outcome"] != after["outcome"]:
        told = [telling.OUTCOMES[each["outcome"]] for each in (before, after)]
        yield instead(told[1], told[0]), ranked(OUTCOMES, before["outcome"], after["outcome"])
    old, new = before.get("eyes", 1), after.get("eyes", 1)
    if old != new:
        two, one = say("two people decide instead of one"), say("one person decides instead of two")
        yield (two, Effect.STRICTER) if new > old else (one, Effect.LOOSER)
    old, new = before.get("veto_seconds", 0), after.get("veto_seconds", 0)
    if old != new and after["outcome"] == before["outcome"]:
        says = say("can be stopped for %(new)s s instead of %(old)s s", new=new, old=old)
        yield says, Effect.STRICTER if new > old else Effect.LOOSER
    yield from _routes(before, after)


def _routes(before: Rule, after: Rule) -> Iterator[Step]:
    """Other people decide: nobody can prove that they look as closely."""
    if before.get("queue") != after.get("queue"):
        yield other_queue(before, after), Effect.UNCLEAR
    old, new = set(before.get("skills") or ()), set(after.get("skills") or ())
    if old != new:
        yield _skills(sorted(old - new), sorted(new - old)), Effect.LOOSER if old - new else Effect.STRICTER
    if before.get("priority") != after.get("priority"):
        yield other_priority(before, after), Effect.EQUAL
    if before.get("category") != after.get("category"):
        yield say("another category"), Effect.EQUAL
    if before.get("description") != after.get("description"):
        yield say("another description"), Effect.EQUAL
    lists = [each.get("skills") or [] for each in (before, after)]
    if lists[0] != lists[1] and old == new:
        yield say("the skills in another order"), Effect.EQUAL


def _skills(gone: list[str], more: list[str]) -> Told:
    lost = say("no longer needs %(skills)s", skills=", ".join(gone)) if gone else None
    return row(lost, say("needs %(skills)s", skills=", ".join(more)) if more else None, between=", ")


def _order(old: list[Rule], new: list[Rule], pairs: dict[int, int]) -> Iterator[Difference]:
    """Among equals the first trigger names the queue."""
    places = [place for index, place in sorted(pairs.items()) if _on(old[index]) and _on(new[place])]
    if places != sorted(places):
        routed = len({new[place].get("queue") for place in places} - {None}) > 1
        says = say("The triggers stand in another order; of those that fire, the first strictest one names the queue")
        yield Difference("/triggers", says, Effect.UNCLEAR if routed else Effect.EQUAL)


def _on(rule: Rule) -> bool:
    return rule.get("enabled", True) is not False
