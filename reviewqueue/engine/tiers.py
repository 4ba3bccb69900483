"""Costs of failure: one trigger whose limit differs by customer, a line for each tier.

Each line comes to a trigger of its own, so whatever is known of triggers is known of lines as well.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from reviewqueue.engine.conditions import AllOf
from reviewqueue.engine.contents import measures
from reviewqueue.engine.faults import Place
from reviewqueue.engine.grammar import condition
from reviewqueue.engine.rulebook import OUTCOMES, PRIORITIES, Trigger, optional, slug, trigger
from reviewqueue.engine.saying import say
from reviewqueue.engine.scope import Scope, scope

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reviewqueue.engine.conditions import Condition

    Rule = Mapping[str, Any]

MOST: Final = 50
_ASKED: Final = ("over", "if_unknown")
_OWN: Final = ("outcome", "queue", "priority", "eyes")
_KEYS: Final = ("name", "match", *_ASKED, *_OWN)
_WATCH: Final = OUTCOMES[0]


def triggers(place: Place, currency: str) -> Iterator[tuple[Place, Trigger]]:
    """What the trigger at this place comes to: itself, or one for each of its lines; faults are noted there."""
    rule = trigger(place, currency)
    if rule is None or not isinstance(place.value, dict) or "tiers" not in place.value:
        return iter([(place, rule)] if rule else [])
    found = list(place.below("tiers", place.value["tiers"]).items(most=MOST))
    if place.value["tiers"] == []:
        place.below("tiers", None).fault(say("must have at least one entry"))
    return ((line, _line(rule, place.value, line, currency)) for line in found)


def _line(rule: Trigger, whole: Rule, place: Place, currency: str) -> Trigger:
    entries = place.mapping(_KEYS, required=("match", "over"))
    outcome = (entries["outcome"].choice(OUTCOMES) if "outcome" in entries else None) or rule.outcome
    where = _where(rule, whole, entries)
    when = _when(rule, place, entries, currency)
    optional(entries, "name", lambda one: one.word(longest=100))
    priority = entries["priority"].choice(PRIORITIES) if "priority" in entries else rule.priority
    return replace(
        rule,
        name=_name(whole, place.value) if isinstance(place.value, dict) else rule.name,
        scope=where,
        when=when,
        outcome=outcome,
        queue=optional(entries, "queue", slug) if "queue" in entries else rule.queue,
        priority=priority,
        eyes=(entries["eyes"].whole(1, 2) if "eyes" in entries else rule.eyes) or 1,
        veto_seconds=rule.veto_seconds if outcome == _WATCH else 0,
        of_action=True,
        measured=measures(when),
    )


def _where(rule: Trigger, whole: Rule, entries: dict[str, Place]) -> Scope:
    """Both where the trigger applies and for whom the line is."""
    if "match" not in entries:
        return rule.scope
    there, here = whole.get("match") or {}, entries["match"]
    if isinstance(here.value, dict) and isinstance(there, dict):
        if not here.value:
            here.fault(say("must say for whom this line is"))
        for key in sorted(here.value.keys() & there.keys()):
            here.below(key, None).fault(say("the trigger itself says %(key)s already", key=key))
    return Scope((*rule.scope.globs, *scope(here).globs))


def _when(rule: Trigger, place: Place, entries: dict[str, Place], currency: str) -> Condition | None:
    asked = {key: entries[key].value for key in _ASKED if key in entries}
    limit = condition(Place({"fact": "action.value", **asked}, place.path, place.faults), currency) if asked else None
    return AllOf((rule.when, limit)) if rule.when and limit else limit


def lines(rule: Rule) -> list[dict[str, Any]]:
    """A trigger of a document without faults as plain triggers without lines; itself where it has none."""
    if not rule.get("tiers"):
        return [dict(rule)]
    return [_plain(rule, line) for line in rule["tiers"]]


def _plain(rule: Rule, line: Rule) -> dict[str, Any]:
    limit = {"fact": "action.value"} | {key: line[key] for key in _ASKED if key in line}
    kept = {key: value for key, value in rule.items() if key != "tiers"}
    plain = kept | {key: line[key] for key in _OWN if key in line} | {"name": _name(rule, line)}
    if plain["outcome"] != _WATCH:
        plain.pop("veto_seconds", None)
    when = {"all": [rule["when"], limit]} if rule.get("when") else limit
    return plain | {"match": {**(rule.get("match") or {}), **line["match"]}, "when": when}


def flat(document: Rule) -> dict[str, Any]:
    """A document without faults whose triggers have no lines."""
    return {**document, "triggers": [line for rule in document["triggers"] for line in lines(rule)]}


def path(document: Rule, flattened: str) -> str:
    """Where in a document that stands which has this path in its `flat` form."""
    head, _slash, rest = flattened.removeprefix("/triggers/").partition("/")
    if not flattened.startswith("/triggers/") or not head.isdigit():
        return flattened
    places = [place for index, rule in enumerate(document["triggers"]) for place in _places(index, rule)]
    return f"{places[int(head)]}/{rest}".rstrip("/") if int(head) < len(places) else flattened


def _places(index: int, rule: Rule) -> list[str]:
    if not rule.get("tiers"):
        return [f"/triggers/{index}"]
    return [f"/triggers/{index}/tiers/{number}" for number in range(len(rule["tiers"]))]


def _name(rule: Rule, line: Rule) -> str:
    """`cost-of-failure: gold, platinum`: the names of the lines of one trigger tell them apart."""
    if line.get("name"):
        return f"{rule.get('name')}: {line['name']}"
    match = line.get("match")
    words = [str(word) for globs in match.values() for word in _listed(globs)] if isinstance(match, dict) else []
    told = ", ".join(words)
    return f"{rule.get('name')}: {told if len(told) <= MOST else f'{told[:MOST]}…'}"


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
