"""Differences of lists of which the first rule that matches counts: where actions start, and how risky they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reviewqueue.engine.effects import Difference, Effect, either, ranked
from reviewqueue.engine.saying import Told, say
from reviewqueue.engine.tightness import apart, contains

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    Rule = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ladder:
    """What such a list decides: `key` of a rule, in `order` from loose to strict; one of `otherwise` without a rule."""

    path: str
    key: str
    order: tuple[str, ...]
    otherwise: tuple[str, ...]
    tell: Callable[[Rule], Told]


def changes(before: Sequence[Rule], after: Sequence[Rule], ladder: Ladder) -> Iterator[Difference]:
    """Each step on the way from one list to the other, with its effect where it is taken.

    First goes what is gone, then each rule is changed where it stands, then the order; what is new comes last. When
    every step is stricter or equal, so is the way.
    """
    pairs = _pairs(before, after)
    now = list(before)
    for index in reversed(range(len(before))):
        if index not in pairs:
            says = say("No longer: %(sentences)s", sentences=ladder.tell(before[index]))
            yield Difference(f"/{ladder.path}/{index}", says, _out(now, index, ladder))
            del now[index]
    kept = [index for index in range(len(before)) if index in pairs]
    for place, index in enumerate(kept):
        yield from _changed(now, place, after[pairs[index]], pairs[index], ladder)
        now[place] = after[pairs[index]]
    yield from _moved(now, [pairs[index] for index in kept], ladder)
    for index, rule in enumerate(after):
        if index not in pairs.values():
            says = say("New: %(sentences)s", sentences=ladder.tell(rule))
            yield Difference(f"/{ladder.path}/{index}", says, _in(after, index, ladder))


def _pairs(before: Sequence[Rule], after: Sequence[Rule]) -> dict[int, int]:
    """Which rule became which: the same one, else one with the same name, else one for the same actions."""
    pairs: dict[int, int] = {}
    sames: tuple[Callable[[Rule], Any], ...] = (
        lambda rule: rule,
        lambda rule: rule.get("name"),
        lambda rule: (rule.get("match"), rule.get("when")),
    )
    for same in sames:
        for index, rule in enumerate(before):
            if index in pairs or not same(rule):
                continue
            free = (i for i, one in enumerate(after) if i not in pairs.values() and same(one) == same(rule))
            if (found := next(free, None)) is not None:
                pairs[index] = found
    return pairs


def _changed(now: list[Rule], place: int, rule: Rule, index: int, ladder: Ladder) -> Iterator[Difference]:
    old, path = now[place], f"/{ladder.path}/{index}"
    said = say("%(now)s Before: %(before)s", now=ladder.tell(rule), before=ladder.tell(old))
    if any(old.get(key) != rule.get(key) for key in ("match", "when")):
        yield Difference(path, said, _reshaped(now, place, rule, ladder))
    elif old.get(ladder.key) != rule.get(ladder.key):
        yield Difference(path, said, ranked(ladder.order, old.get(ladder.key), rule.get(ladder.key)))
    elif old.get("veto_seconds", 0) != rule.get("veto_seconds", 0):
        longer = rule.get("veto_seconds", 0) > old.get("veto_seconds", 0)
        yield Difference(path, said, Effect.STRICTER if longer else Effect.LOOSER)
    if old.get("queue") != rule.get("queue"):
        was = old.get("queue") or say("that of the triggers")
        says = say("%(sentences)s The queue was %(queue)s.", sentences=ladder.tell(rule), queue=was)
        yield Difference(path, says, Effect.UNCLEAR)
    if any(old.get(key) != rule.get(key) for key in ("name", "author", "reason")):
        says = say("Another name or reason for: %(sentences)s", sentences=ladder.tell(rule))
        yield Difference(path, says, Effect.EQUAL)


def _reshaped(now: list[Rule], place: int, rule: Rule, ladder: Ladder) -> Effect:
    """Another scope: what it no longer covers falls through to the rules below, what it covers now no longer does."""
    old = now[place]
    strength = _rank(ladder, rule)
    if strength < _rank(ladder, old) or rule.get("veto_seconds", 0) < old.get("veto_seconds", 0):
        return Effect.UNCLEAR
    low, high = _below(now, place, old, rule, ladder)
    loses_nothing = contains(rule, old) or _falls_safely(old, low, ladder)
    gains_safely = contains(old, rule) or strength >= high
    looser = contains(rule, old) and strength <= low and strength == _rank(ladder, old)
    return either(stricter=loses_nothing and gains_safely, looser=looser)


def _moved(now: list[Rule], places: list[int], ladder: Ladder) -> Iterator[Difference]:
    """Two rules changed places: nothing follows from it when no action is in both, or when they say the same."""
    for index, rule in enumerate(now):
        passed = [now[other] for other in range(index) if places[other] > places[index]]
        if not passed:
            continue
        harmless = all(_no_matter(rule, one, ladder) for one in passed)
        stricter = all(_no_matter(rule, one, ladder) or _rank(ladder, rule) > _rank(ladder, one) for one in passed)
        effect = Effect.EQUAL if harmless else Effect.STRICTER if stricter else Effect.UNCLEAR
        says = say("Asked earlier: %(sentences)s", sentences=ladder.tell(rule))
        yield Difference(f"/{ladder.path}/{places[index]}", says, effect)


def _no_matter(rule: Rule, other: Rule, ladder: Ladder) -> bool:
    same = all(rule.get(key) == other.get(key) for key in (ladder.key, "veto_seconds", "queue"))
    return same or apart(rule.get("match") or {}, other.get("match") or {})


def _out(now: Sequence[Rule], place: int, ladder: Ladder) -> Effect:
    rule = now[place]
    low, high = _below(now, place, rule, rule, ladder)
    return either(stricter=_falls_safely(rule, low, ladder), looser=_rank(ladder, rule) >= high)


def _falls_safely(rule: Rule, low: int, ladder: Ladder) -> bool:
    """Does whatever this rule lets go meet something as strict below? A veto window counts for a little."""
    rank = _rank(ladder, rule)
    return rank < low or (rank == low and not rule.get("veto_seconds"))


def _in(after: Sequence[Rule], place: int, ladder: Ladder) -> Effect:
    rule = after[place]
    low, high = _below(after, place, rule, rule, ladder)
    return either(stricter=_rank(ladder, rule) >= high, looser=_rank(ladder, rule) <= low)


def _below(rules: Sequence[Rule], place: int, one: Rule, other: Rule, ladder: Ladder) -> tuple[int, int]:
    """The loosest and the strictest that an action of either scope may meet below this place.

    A watched release with a veto window is a little stricter than one without: it counts as both.
    """
    matches = [one.get("match") or {}, other.get("match") or {}]
    later = [rule for rule in rules[place + 1 :] if not all(apart(match, rule.get("match") or {}) for match in matches)]
    ranks = [_rank(ladder, rule) for rule in later] + [ladder.order.index(word) for word in ladder.otherwise]
    window = [_rank(ladder, rule) + 1 for rule in later if rule.get("veto_seconds")]
    return min(ranks), max([*ranks, *window])


def _rank(ladder: Ladder, rule: Rule) -> int:
    word = rule.get(ladder.key)
    return ladder.order.index(word) if word in ladder.order else -1
