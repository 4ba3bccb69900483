"""What can be proved about two rules: where one fires, does the other fire as well?

Every answer True is a proof by the shape of the rules, whatever the facts are; False only says that there is none.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from reviewqueue.engine.amounts import exact
from reviewqueue.engine.catalogue import Kind, fact_named
from reviewqueue.engine.patterns import PatternError, united
from reviewqueue.engine.readings import calendar_day
from reviewqueue.engine.telling import words
from reviewqueue.engine.wording import folded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_RISING = ("over", "at_least")
_FALLING = ("under", "at_most")
_STRICT = ("over", "under")
_UNKNOWN = "if_unknown"


def covers(wide: Mapping[str, Any], narrow: Mapping[str, Any]) -> bool:
    """Does the scope `wide` apply wherever the scope `narrow` does?"""
    return all(globs_cover(words(globs), words(narrow.get(key, "*"))) for key, globs in wide.items())


def apart(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Can no action be in both scopes? Proved by a key on which both name plain words, none of them shared."""
    return any(_share_nothing(words(one[key]), words(other[key])) for key in one.keys() & other.keys())


def implies(first: Any, second: Any) -> bool:
    """Does a rule with the condition `second` fire whenever one with `first` does? `None` is a rule without one."""
    if second is None or first == second:
        return True
    return isinstance(first, dict) and isinstance(second, dict) and _implies(first, second)


def _implies(first: dict[str, Any], second: dict[str, Any]) -> bool:
    if "any" in first:
        return all(implies(part, second) for part in first["any"])
    if "all" in second:
        return all(implies(first, part) for part in second["all"])
    if "any" in second and any(implies(first, part) for part in second["any"]):
        return True
    if "all" in first:
        return any(implies(part, second) for part in first["all"])
    return _leaf_implies(first, second)


def contains(wide: Mapping[str, Any], narrow: Mapping[str, Any]) -> bool:
    """Does the rule `wide` (its scope and its condition) apply wherever `narrow` does?"""
    return covers(wide.get("match") or {}, narrow.get("match") or {}) and implies(narrow.get("when"), wide.get("when"))


def never(when: Any, dead: Callable[[Mapping[str, Any]], bool] | None = None) -> bool:
    """Can this condition not hold for any value that can come, nor fire on an unknown one?

    ``dead`` says of one comparison that it never holds here.
    """
    if not isinstance(when, dict):
        return False
    if isinstance(when.get("any"), list):
        return all(never(part, dead) for part in when["any"])
    if isinstance(when.get("all"), list):
        return any(never(part, dead) for part in when["all"]) or _clashing(when["all"])
    if "fact" not in when or _fires_unknown(when):
        return False
    return _out_of_range(when) or (dead is not None and dead(when))


def _out_of_range(leaf: Mapping[str, Any]) -> bool:
    """A limit that no value of its fact can reach."""
    fact = fact_named(str(leaf.get("fact")))
    low, high = fact.range if fact else (None, None)
    rising, falling = _order(leaf, _RISING), _order(leaf, _FALLING)
    if rising and high is not None:
        name, limit = rising
        return bool(limit > high or (limit == high and name in _STRICT))
    if falling and low is not None:
        name, limit = falling
        return bool(limit < low or (limit == low and name in _STRICT))
    return False


def _clashing(parts: list[Any]) -> bool:
    """Two limits on one fact with nothing between them, or two words of one fact that cannot both be its value."""
    leaves = [part for part in parts if isinstance(part, dict) and "fact" in part and not _fires_unknown(part)]
    return any(
        one["fact"] == other["fact"] and (_nothing_between(one, other) or _other_words(one, other))
        for one in leaves
        for other in leaves
    )


def _nothing_between(low: Mapping[str, Any], high: Mapping[str, Any]) -> bool:
    rising, falling = _order(low, _RISING), _order(high, _FALLING)
    if rising is None or falling is None:
        return False
    (name, floor), (other, ceiling) = rising, falling
    return bool(floor > ceiling or (floor == ceiling and (name in _STRICT or other in _STRICT)))


def _other_words(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    first, second = _among(one), _among(other)
    fact = fact_named(str(one.get("fact")))
    single = fact is not None and fact.kind in {Kind.WORD, Kind.FLAG}
    return single and bool(first) and bool(second) and not first & second


def _leaf_implies(first: Mapping[str, Any], second: Mapping[str, Any]) -> bool:
    if "fact" not in first or first.get("fact") != second.get("fact"):
        return False
    if _fires_unknown(first) and not _fires_unknown(second):
        return False
    if not _as_many(first, second):
        return False
    return (
        _limit_implies(first, second)
        or any(
            _words_of(first, name) <= _words_of(second, name) and name in first and name in second
            for name in ("has_any", "matches_any")
        )
        or (bool(_among(first)) and _among(first) <= _among(second))
    )


def _as_many(first: Mapping[str, Any], second: Mapping[str, Any]) -> bool:
    """A rule that asks fewer of the last values fires earlier, but also knows more series than one that asks many."""
    asked, wanted = first.get("for_last", 1), second.get("for_last", 1)
    return bool(asked == wanted or (wanted < asked and not _fires_unknown(first)))


def _limit_implies(first: Mapping[str, Any], second: Mapping[str, Any]) -> bool:
    for orders, sign in ((_RISING, 1), (_FALLING, -1)):
        here, there = _order(first, orders), _order(second, orders)
        if here is not None and there is not None:
            (name, limit), (other, wanted) = here, there
            if limit == wanted:
                return name in _STRICT or other not in _STRICT
            return bool((limit > wanted) == (sign > 0))
    return False


def _order(leaf: Mapping[str, Any], orders: tuple[str, ...]) -> tuple[str, Any] | None:
    name = next((one for one in orders if one in leaf), None)
    if name is None:
        return None
    fact = fact_named(str(leaf.get("fact")))
    value: Any = calendar_day(leaf[name]) if fact and fact.kind is Kind.DATE else exact(leaf[name])
    return None if value is None else (name, value)


def _words_of(leaf: Mapping[str, Any], name: str) -> frozenset[str]:
    plain = words(leaf.get(name))
    return frozenset(plain if name == "matches_any" else map(folded, plain))


def _among(leaf: Mapping[str, Any]) -> frozenset[Any]:
    """What `is` or `in` accepts, compared as the engine compares it."""
    value = leaf["in"] if isinstance(leaf.get("in"), list) else [leaf["is"]] if "is" in leaf else []
    return frozenset(_compared(one) for one in value)


def _compared(word: Any) -> Decimal | str | tuple[str, bool]:
    if isinstance(word, bool):
        return ("flag", word)
    number = exact(word)
    return folded(str(word)) if number is None else number


def _fires_unknown(leaf: Mapping[str, Any]) -> bool:
    fact = fact_named(str(leaf.get("fact")))
    return bool(leaf.get(_UNKNOWN, "fire" if fact is None or fact.fires else "pass") == "fire")


def globs_cover(wide: list[str], narrow: list[str]) -> bool:
    """Does one of the wide names with `*` and `?` match whatever each of the narrow ones matches?"""
    return all(any(_glob_covers(folded(each), folded(one)) for each in wide) for one in narrow)


def _share_nothing(one: list[str], other: list[str]) -> bool:
    plain = [{folded(word) for word in each} for each in (one, other)]
    return not any(set("*?") & set(word) for each in plain for word in each) and plain[0].isdisjoint(plain[1])


@lru_cache(maxsize=4096)
def _glob_covers(wide: str, narrow: str) -> bool:
    """A `*` of the narrow one counts as a letter that only a `*` of the wide one takes."""
    if "*" in {wide, narrow}:  # alone it stands for an absent value as well
        return wide == "*"
    pattern = "".join(".*" if char == "*" else "[^*]" if char == "?" else re.escape(char) for char in wide)
    try:
        return united(f"(?s:{pattern})").cover(narrow)
    except PatternError:
        return False
