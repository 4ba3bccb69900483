"""What looks wrong in the budgets and wait contracts of a policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reviewqueue.engine import telling
from reviewqueue.engine.amounts import exact
from reviewqueue.engine.tightness import covers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reviewqueue.engine.surroundings import Finding

    Rule = Mapping[str, Any]


def limits(document: Rule) -> Iterator[Finding]:
    """Findings as (severity, path, sentence)."""
    yield from _budgets(document.get("budgets") or [])
    yield from _waits(document.get("wait") or [], document["expiry"]["seconds"])


def _budgets(rules: Sequence[Rule]) -> Iterator[Finding]:
    for index, rule in enumerate(rules):
        path, limit = f"/budgets/{index}", exact(rule.get("sum", rule.get("count")))
        if limit == 0 and not rule.get("pause"):
            yield (
                "hint",
                path,
                f"The budget {rule['name']} lets nothing of what it covers run; a trigger says so plainly",
            )
        for place, other in enumerate(rules):
            tighter = _bounds(other, rule) and not (place > index and _bounds(rule, other))
            if place != index and tighter:
                yield "hint", path, f"The budget {rule['name']} adds nothing: {other['name']} allows as little"
                break


def _bounds(one: Rule, other: Rule) -> bool:
    """Does `one` overrun whenever `other` does, with as much coming of it?"""
    alike = all(one.get(key) == other.get(key) for key in ("within", "per", "queue"))
    counted = one.get("counts", "granted") == other.get("counts", "granted")
    kind = "sum" if "sum" in one else "count"
    if not (alike and counted and kind in other and covers(one.get("match") or {}, other.get("match") or {})):
        return False
    asks = one.get("outcome") == "handoff" or other.get("outcome", "review") == "review"
    pauses = other.get("pause") in {None, one.get("pause")}
    low, high = exact(one[kind]), exact(other[kind])
    return asks and pauses and low is not None and high is not None and low <= high


def _waits(rules: Sequence[Rule], expiry: int) -> Iterator[Finding]:
    for index, rule in enumerate(rules):
        path, match = f"/wait/{index}", rule.get("match") or {}
        before = next((n for n, one in enumerate(rules[:index]) if covers(one.get("match") or {}, match)), None)
        if before is not None:
            yield "warning", path, f"Wait contract {index + 1} never counts: contract {before + 1} is for the same"
        if rule["seconds"] >= expiry:
            told = f"{telling.span(rule['seconds'])}, but cases expire after {telling.span(expiry)}"
            yield "warning", f"{path}/seconds", f"The longest wait of contract {index + 1} is {told}"
        yield from _languages(rule, index)
    if rules and not any(covers(rule.get("match") or {}, {}) for rule in rules):
        yield "hint", "/wait", "No wait contract is for all other cases; their customers may wait until they expire"


def _languages(rule: Rule, index: int) -> Iterator[Finding]:
    spoken, then = set(rule.get("message") or ()), set(rule.get("say") or ())
    if spoken and then and (lost := sorted(spoken ^ then)):
        told = f"only one of the two texts of contract {index + 1} is written in {', '.join(lost)}"
        yield "hint", f"/wait/{index}", f"Some customers read half of it: {told}"
