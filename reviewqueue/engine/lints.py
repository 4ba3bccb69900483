"""What looks wrong in a policy without faults: rules that never count, that contradict, and what no rule names."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from reviewqueue.engine import telling, tiers
from reviewqueue.engine.limit_lints import limits
from reviewqueue.engine.rulebook import MODES, OUTCOMES, PRIORITIES
from reviewqueue.engine.saying import RuleName, Told, listed, say
from reviewqueue.engine.surroundings import Surroundings, unnamed, unprepared
from reviewqueue.engine.tightness import contains, covers, never
from reviewqueue.engine.unmet import unmet

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Lint", "Severity", "Surroundings", "lints"]

Rule = dict[str, Any]


class Severity(StrEnum):
    """How much it matters: something is left open, something does not do what it seems to, something to know."""

    SERIOUS = "serious"
    WARNING = "warning"
    HINT = "hint"


@dataclass(frozen=True, slots=True)
class Lint:
    """One finding: a place in the document (RFC 6901) and a sentence."""

    severity: Severity
    path: str
    words: Told

    @property
    def says(self) -> str:
        """The sentence in English."""
        return str(self.words)


_ORDER: Final = list(Severity)


def lints(document: Mapping[str, Any], desk: Surroundings | None = None) -> list[Lint]:
    """Findings about a document in its normal form, the gravest first; `desk`: also what only a desk can know."""
    whole = tiers.flat(document)
    found = [*_start(whole), *_risks(whole), *_triggers(whole), *_rivals(whole), *_contradictions(whole)]
    found += _scopes(whole)
    found += [Lint(Severity(grade), path, says) for grade, path, says in limits(whole)]
    if desk is not None:
        found += [Lint(Severity(grade), path, says) for grade, path, says in unprepared(whole, desk)]
        found += [Lint(Severity(grade), path, says) for grade, path, says in unnamed(whole, desk)]
        found += [Lint(Severity(grade), path, says) for grade, path, says in unmet(whole, desk)]
        found += _overdue(whole, desk.today)
    found = [replace(one, path=tiers.path(document, one.path)) for one in found]
    return sorted(found, key=lambda one: (_ORDER.index(one.severity), one.path))


def _start(document: Rule) -> Iterator[Lint]:
    rules = document["oversight"]
    for index, rule in enumerate(rules):
        cover = _first(rules[:index], lambda one, rule=rule: covers(_match(one), _match(rule)))
        if cover is not None:
            clash = rules[cover]["mode"] != rule["mode"]
            severity = Severity.WARNING if clash else Severity.HINT
            yield Lint(severity, f"/oversight/{index}", _hidden(index + 1, cover + 1, clash=clash))
    if not rules or _match(rules[-1]):
        says = say("No oversight rule applies to everything else; such actions wait for a person")
        yield Lint(Severity.HINT, "/oversight", says)


def _hidden(number: int, other: int, *, clash: bool) -> Told:
    values = {"number": number, "other": other}
    if clash:
        return say(
            "Oversight rule %(number)s never counts: rule %(other)s before it applies to the same, but says otherwise",
            **values,
        )
    return say("Oversight rule %(number)s never counts: rule %(other)s before it applies to the same", **values)


def _risks(document: Rule) -> Iterator[Lint]:
    rules = document["risk_levels"]
    for index, rule in enumerate(rules):
        cover = _first(rules[:index], lambda one, rule=rule: contains(one, rule))
        if cover is not None:
            says = say(
                "Risk level %(number)s never counts: level %(other)s before it applies to the same",
                number=index + 1,
                other=cover + 1,
            )
            yield Lint(Severity.WARNING, f"/risk_levels/{index}", says)
        if never(rule.get("when")):
            says = say("Risk level %(number)s can never hold", number=index + 1)
            yield Lint(Severity.WARNING, f"/risk_levels/{index}/when", says)


def _triggers(document: Rule) -> Iterator[Lint]:
    rules = document["triggers"]
    for index, rule in enumerate(rules):
        path, title = f"/triggers/{index}", RuleName(rule["name"])
        if not _on(rule):
            yield Lint(Severity.HINT, path, say("%(rule)s is switched off", rule=title))
            continue
        if never(rule.get("when")):
            says = say("%(rule)s can never fire: no value can be what it asks for", rule=title)
            yield Lint(Severity.WARNING, f"{path}/when", says)
            continue
        others = ((place, one) for place, one in enumerate(rules) if place != index and _on(one))
        for place, other in others:
            if contains(other, rule) and _asks_as_much(other, rule) and not (place > index and _same(other, rule)):
                says = say("%(rule)s adds nothing: %(other)s asks as much", rule=title, other=RuleName(other["name"]))
                yield Lint(Severity.HINT, path, says)
                break


def _rivals(document: Rule) -> Iterator[Lint]:
    """Two triggers that fire on the same and send it to different queues: the first one wins."""
    rules = [(place, rule) for place, rule in enumerate(document["triggers"]) if _on(rule) and rule.get("queue")]
    for index, rule in rules:
        for place, other in rules:
            alike = place < index and rule["outcome"] == other["outcome"] and rule["queue"] != other["queue"]
            if alike and contains(other, rule):
                told = {"rule": RuleName(rule["name"]), "other": RuleName(other["name"]), "queue": other["queue"]}
                says = say(
                    "The queue of %(rule)s never counts: %(other)s before it sends the same to %(queue)s", **told
                )
                yield Lint(Severity.WARNING, f"/triggers/{index}/queue", says)
                break


def _contradictions(document: Rule) -> Iterator[Lint]:
    """What starts free and is always held by a trigger that asks nothing."""
    for index, rule in enumerate(document["oversight"]):
        if MODES.index(rule["mode"]) >= MODES.index("in_the_loop"):
            continue
        for trigger in document["triggers"]:
            always = _on(trigger) and trigger.get("when") is None and trigger["outcome"] != OUTCOMES[0]
            if always and covers(_match(trigger), _match(rule)):
                held = {"number": index + 1, "rule": RuleName(trigger["name"])}
                says = say("Oversight rule %(number)s lets pass what %(rule)s always holds", **held)
                yield Lint(Severity.WARNING, f"/oversight/{index}", says)
                break


def _scopes(document: Rule) -> Iterator[Lint]:
    """One agent in two scopes: the stricter one wins, which the other does not say."""
    seen: dict[str, int] = {}
    for index, scope in enumerate(document.get("scopes") or ()):
        for agent in telling.words(scope["agent"]):
            if agent in seen:
                says = say(
                    "%(agent)s has two scopes (also number %(number)s); what one lets pass, the other holds",
                    agent=agent,
                    number=seen[agent] + 1,
                )
                yield Lint(Severity.WARNING, f"/scopes/{index}", says)
            seen.setdefault(agent, index)


def _overdue(document: Rule, today: date) -> Iterator[Lint]:
    for index, scope in enumerate(document.get("scopes") or ()):
        due = date.fromisoformat(str(scope["review_by"])[:10])
        if due < today:
            told = {"agents": listed(telling.words(scope["agent"])), "day": due, "owner": scope["owner"]}
            says = say("The scope of %(agents)s was to be looked at by %(day)s; its owner is %(owner)s", **told)
            yield Lint(Severity.WARNING, f"/scopes/{index}/review_by", says)


def _asks_as_much(one: Rule, other: Rule) -> bool:
    ranks = [
        (OUTCOMES.index(each["outcome"]), each.get("eyes", 1), PRIORITIES.index(each.get("priority", "normal")))
        for each in (one, other)
    ]
    routed = other.get("queue") in {None, one.get("queue")} and set(other.get("skills") or ()) <= set(
        one.get("skills") or ()
    )
    return routed and all(first >= second for first, second in zip(*ranks, strict=True))


def _same(one: Rule, other: Rule) -> bool:
    """Both say the same: only the later one is called superfluous."""
    return contains(other, one) and _asks_as_much(other, one)


def _first(rules: list[Rule], holds: Any) -> int | None:
    return next((index for index, rule in enumerate(rules) if holds(rule)), None)


def _match(rule: Rule) -> Rule:
    return rule.get("match") or {}


def _on(rule: Rule) -> bool:
    return rule.get("enabled", True) is not False
