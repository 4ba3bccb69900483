"""Small rules that tell what people change from what they approve: one condition or two over recorded facts.

Found on the older two thirds of the cases and measured on the newest third, which had no part in finding them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final

from reviewqueue.engine.estimates import Share

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WORDS: Final = ("agent", "intent", "channel", "language", "tier", "action")
# Limits that a person would choose, of amounts in the policy's currency and of confidence.
AMOUNTS: Final = (50, 100, 200, 500, 1000)
CONFIDENCES: Final = (0.5, 0.6, 0.7, 0.8, 0.9)
# So many cases must have matched where a rule was found, and so much more often than usual must people change them.
FEWEST: Final = 10
LIFT: Final = 1.5
MOST: Final = 10
_NEWEST: Final = 3


@dataclass(frozen=True, slots=True)
class Known:
    """One case whose end is known: what was recorded of it, and whether people changed it."""

    words: dict[str, str]
    value: float | None
    confidence: float | None
    wrong: bool


@dataclass(frozen=True, slots=True, order=True)
class Condition:
    """``is`` a word, ``over`` an amount, or ``under`` a confidence."""

    fact: str
    how: str
    limit: str

    def holds(self, case: Known) -> bool:
        """Does the case match? What is unknown does not."""
        if self.how == "is":
            return case.words.get(self.fact) == self.limit
        seen = case.value if self.how == "over" else case.confidence
        if seen is None:
            return False
        return seen > float(self.limit) if self.how == "over" else seen < float(self.limit)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A rule with how often people changed what it matches: where it was found, and where it was measured."""

    conditions: tuple[Condition, ...]
    found: Share
    measured: Share

    @property
    def key(self) -> str:
        """Names the rule: the same conditions, the same key."""
        return "+".join(f"{each.fact}-{each.how}-{each.limit}" for each in self.conditions)


def suggest(cases: Sequence[Known]) -> list[Suggestion]:
    """The best rules, cases given from the oldest to the newest; a wider rule goes before one that says no more."""
    split = len(cases) - len(cases) // _NEWEST
    older, newest = cases[:split], cases[split:]
    usual = sum(case.wrong for case in older) / len(older) if older else 0.0
    matched = {each: frozenset(n for n, case in enumerate(older) if each.holds(case)) for each in _conditions(older)}
    useful = {each: rows for each, rows in matched.items() if len(rows) >= FEWEST}
    found: list[tuple[float, tuple[Condition, ...], Share]] = []
    alike: set[frozenset[int]] = set()
    for conditions, rows in _rules(useful):
        if rows in alike:
            continue
        alike.add(rows)
        share = Share(sum(older[n].wrong for n in rows), len(rows))
        low = share.interval[0] if share.interval else 0.0
        if low > min(LIFT * usual, (1 + usual) / 2) and not _says_no_more(conditions, low, found):
            found.append((low, conditions, share))
    best = sorted(found, key=lambda each: ((usual - each[0]) * each[2].n, each[1]))[:MOST]
    return [Suggestion(conditions, share, _measured(conditions, newest)) for _low, conditions, share in best]


def as_trigger(suggestion: Suggestion) -> dict[str, Any]:
    """The rule as a trigger of a policy: a person reviews what it matches."""
    match = {each.fact: [each.limit] for each in suggestion.conditions if each.how == "is"}
    facts = {"over": "action.value", "under": "signals.confidence"}
    when = [{"fact": facts[each.how], each.how: each.limit} for each in suggestion.conditions if each.how != "is"]
    name = "".join(char if char.isalnum() else "-" for char in suggestion.key.casefold())
    trigger: dict[str, Any] = {"name": f"from-overrides-{name}"[:50].strip("-"), "category": "quality"}
    trigger |= {"match": match} if match else {}
    if when:
        trigger["when"] = when[0] if len(when) == 1 else {"all": when}
    return trigger | {"outcome": "review"}


def _conditions(cases: Sequence[Known]) -> list[Condition]:
    words = {(fact, case.words[fact]) for case in cases for fact in WORDS if case.words.get(fact)}
    found = [Condition(fact, "is", word) for fact, word in words]
    found += [Condition("value", "over", str(amount)) for amount in AMOUNTS]
    found += [Condition("confidence", "under", str(share)) for share in CONFIDENCES]
    return sorted(found)


def _rules(useful: dict[Condition, frozenset[int]]) -> Iterator[tuple[tuple[Condition, ...], frozenset[int]]]:
    """One condition each, then two of different facts."""
    for each, rows in useful.items():
        yield (each,), rows
    for first, second in combinations(useful, 2):
        rows = useful[first] & useful[second]
        if first.fact != second.fact and len(rows) >= FEWEST:
            yield (first, second), rows


def _says_no_more(conditions: tuple[Condition, ...], low: float, found: list[Any]) -> bool:
    """Is there a rule with one of these conditions that is as sure?"""
    return any(set(wider) < set(conditions) and known >= low for known, wider, _share in found)


def _measured(conditions: tuple[Condition, ...], newest: Sequence[Known]) -> Share:
    rows = [case for case in newest if all(each.holds(case) for each in conditions)]
    return Share(sum(case.wrong for case in rows), len(rows))
