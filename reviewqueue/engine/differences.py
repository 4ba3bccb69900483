"""What one policy says otherwise than another, in sentences, each with what it does to scrutiny.

The way from one to the other is taken in steps, and each step is judged where it is taken: when every step is
stricter or equal, no proposal gets less scrutiny than before. What cannot be proved so counts as loosening.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from reviewqueue.engine import changed_conditions, first_match, telling
from reviewqueue.engine.budget_changes import budget_changes
from reviewqueue.engine.effects import Difference, Effect, either, loosens, ranked
from reviewqueue.engine.first_match import Ladder
from reviewqueue.engine.rulebook import MODES, OUTCOMES, RISKS
from reviewqueue.engine.scope_changes import scope_changes
from reviewqueue.engine.tightness import covers
from reviewqueue.engine.wait_changes import wait_changes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Difference", "Effect", "differences", "loosens"]

Document = dict[str, Any]
Rule = dict[str, Any]
_LABELS: Final = {"name": "The name", "description": "The description", "category": "the category"}


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Every difference of two documents without faults, in their normal form (`Policy.document`)."""
    one, other = dict(before), dict(after)
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
    if one != other and not found:
        return [Difference("", "The document is written otherwise; what it means is not compared", Effect.UNCLEAR)]
    return found


def _money(before: Document, after: Document) -> Iterator[Difference]:
    if before["currency"] != after["currency"]:
        says = f"Amounts are compared in {after['currency']} instead of {before['currency']}"
        yield Difference("/currency", says, Effect.UNCLEAR)
    old, new = before.get("currency_rates") or {}, after.get("currency_rates") or {}
    for code in sorted(old.keys() | new.keys()):
        if old.get(code) == new.get(code):
            continue
        path, own = f"/currency_rates/{code}", after["currency"]
        if code not in old:
            says = f"1 {code} is worth {new[code]} {own}; until now its worth was unknown"
        elif code not in new:
            says = f"What {code} is worth is no longer known"
        else:
            says = f"1 {code} is worth {new[code]} {own} instead of {old[code]}"
        yield Difference(path, says, Effect.UNCLEAR)


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
        yield Difference(one.path, one.says, Effect.UNCLEAR) if matters else one


def _settings(before: Document, after: Document) -> Iterator[Difference]:
    for key in ("name", "description"):
        if before.get(key) != after.get(key):
            yield Difference(f"/{key}", f"{_LABELS[key]} is now: {after.get(key) or 'empty'}", Effect.EQUAL)
    if before["default_queue"] != after["default_queue"]:
        says = f"Cases without a queue of their own go to {after['default_queue']} instead of {before['default_queue']}"
        yield Difference("/default_queue", says, Effect.UNCLEAR)
    old, new = before["undo_seconds"], after["undo_seconds"]
    if old != new:
        says = f"A decision can be taken back for {new} s instead of {old} s"
        yield Difference("/undo_seconds", says, Effect.STRICTER if new > old else Effect.LOOSER)
    if before["expiry"] != after["expiry"]:
        says = f"An undecided case ends after {after['expiry']['seconds']} s instead of {before['expiry']['seconds']} s"
        yield Difference("/expiry", says, Effect.EQUAL)


def _triggers(before: Document, after: Document) -> Iterator[Difference]:
    old, new = before["triggers"], after["triggers"]
    pairs = _same_triggers(old, new)
    for index, rule in enumerate(old):
        if index not in pairs and _on(rule):
            says = f"{telling.title(rule['name'])} is gone: {telling.trigger(rule, before['currency'])}"
            yield Difference(f"/triggers/{index}", says, Effect.LOOSER)
    taken = {place: index for index, place in pairs.items()}
    for index, rule in enumerate(new):
        if index in taken:
            yield from _trigger(old[taken[index]], rule, index, before["currency"], after["currency"])
        elif _on(rule):
            says = f"{telling.title(rule['name'])} is new: {telling.trigger(rule, after['currency'])}"
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
    path, title = f"/triggers/{index}", telling.title(after["name"])
    if before["name"] != after["name"]:
        yield Difference(path, f"{title} was called {telling.title(before['name'])}", Effect.EQUAL)
    if _on(before) != _on(after):
        switched = "on" if _on(after) else "off"
        effect = Effect.STRICTER if _on(after) else Effect.LOOSER
        says = f"{title} is switched {switched}: {telling.trigger(after, currency)}"
        yield Difference(path, says, effect)
        return
    if not _on(after):
        if _nameless(before) != _nameless(after):
            yield Difference(path, f"{title} is changed while it is switched off", Effect.EQUAL)
        return
    yield from (Difference(path, f"{title}: {says}", effect) for says, effect in _asked(before, after, was, currency))
    yield from (Difference(path, f"{title}: {says}", effect) for says, effect in _asks(before, after))


def _asked(before: Rule, after: Rule, was: str, currency: str) -> Iterator[tuple[str, Effect]]:
    """Where it applies and on what it fires."""
    here, there = before.get("match") or {}, after.get("match") or {}
    if here != there:
        effect = either(stricter=covers(there, here), looser=covers(here, there))
        yield f"applies to {telling.scope(there)} instead of {telling.scope(here)}", effect
    for says, effect in changed_conditions.changes(before.get("when"), after.get("when"), currency):
        held = f"{telling.OUTCOMES[after['outcome']]}: {says}"
        # Of amounts in another currency nothing can be said.
        yield held, effect if was == currency else Effect.UNCLEAR


def _asks(before: Rule, after: Rule) -> Iterator[tuple[str, Effect]]:
    """What it asks for once it fires."""
    if before["outcome"] != after["outcome"]:
        told = telling.OUTCOMES
        yield (
            f"{told[after['outcome']]} instead of {told[before['outcome']]}",
            ranked(OUTCOMES, before["outcome"], after["outcome"]),
        )
    old, new = before.get("eyes", 1), after.get("eyes", 1)
    if old != new:
        yield (
            ("two people decide instead of one" if new > old else "one person decides instead of two"),
            (Effect.STRICTER if new > old else Effect.LOOSER),
        )
    old, new = before.get("veto_seconds", 0), after.get("veto_seconds", 0)
    if old != new and after["outcome"] == before["outcome"]:
        yield f"can be stopped for {new} s instead of {old} s", Effect.STRICTER if new > old else Effect.LOOSER
    yield from _routes(before, after)


def _routes(before: Rule, after: Rule) -> Iterator[tuple[str, Effect]]:
    """Other people decide: nobody can prove that they look as closely."""
    if before.get("queue") != after.get("queue"):
        yield f"queue {after.get('queue') or 'of no name'} instead of {before.get('queue') or 'none'}", Effect.UNCLEAR
    old, new = set(before.get("skills") or ()), set(after.get("skills") or ())
    if old != new:
        gone, more = sorted(old - new), sorted(new - old)
        told = [f"no longer needs {', '.join(gone)}" if gone else "", f"needs {', '.join(more)}" if more else ""]
        yield ", ".join(filter(None, told)), Effect.LOOSER if gone else Effect.STRICTER
    if before.get("priority") != after.get("priority"):
        was = before.get("priority") or "normal"
        yield f"priority {after.get('priority') or 'normal'} instead of {was}", Effect.EQUAL
    for key in ("category", "description"):
        if before.get(key) != after.get(key):
            yield f"another {key}", Effect.EQUAL
    lists = [each.get("skills") or [] for each in (before, after)]
    if lists[0] != lists[1] and old == new:
        yield "the skills in another order", Effect.EQUAL


def _order(old: list[Rule], new: list[Rule], pairs: dict[int, int]) -> Iterator[Difference]:
    """Among equals the first trigger names the queue."""
    places = [place for index, place in sorted(pairs.items()) if _on(old[index]) and _on(new[place])]
    if places != sorted(places):
        routed = len({new[place].get("queue") for place in places} - {None}) > 1
        says = "The triggers stand in another order; of those that fire, the first strictest one names the queue"
        yield Difference("/triggers", says, Effect.UNCLEAR if routed else Effect.EQUAL)


def _on(rule: Rule) -> bool:
    return rule.get("enabled", True) is not False
