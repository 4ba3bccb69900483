"""What looks wrong in the budgets and wait contracts of a policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reviewqueue.engine.amounts import exact
from reviewqueue.engine.saying import say
from reviewqueue.engine.telling_limits import span
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
                say(
                    "The budget %(name)s lets nothing of what it covers run; a trigger says so plainly",
                    name=rule["name"],
                ),
            )
        for place, other in enumerate(rules):
            tighter = _bounds(other, rule) and not (place > index and _bounds(rule, other))
            if place != index and tighter:
                names = {"name": rule["name"], "other": other["name"]}
                yield "hint", path, say("The budget %(name)s adds nothing: %(other)s allows as little", **names)
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
            yield (
                "warning",
                path,
                say(
                    "Wait contract %(number)s never counts: contract %(other)s is for the same",
                    number=index + 1,
                    other=before + 1,
                ),
            )
        if rule["seconds"] >= expiry:
            told = {"number": index + 1, "span": span(rule["seconds"]), "expiry": span(expiry)}
            yield (
                "warning",
                f"{path}/seconds",
                say("The longest wait of contract %(number)s is %(span)s, but cases expire after %(expiry)s", **told),
            )
        yield from _languages(rule, index)
    if rules and not any(covers(rule.get("match") or {}, {}) for rule in rules):
        says = say("No wait contract is for all other cases; their customers may wait until they expire")
        yield "hint", "/wait", says


def _languages(rule: Rule, index: int) -> Iterator[Finding]:
    spoken, then = set(rule.get("message") or ()), set(rule.get("say") or ())
    if spoken and then and (lost := sorted(spoken ^ then)):
        yield (
            "hint",
            f"/wait/{index}",
            say(
                "Some customers read half: only one of the texts of contract %(number)s is written in %(languages)s",
                number=index + 1,
                languages=", ".join(lost),
            ),
        )
