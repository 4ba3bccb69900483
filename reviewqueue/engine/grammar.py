"""Reads the `when` of a rule: one fact with one operator, an expression, or several of these joined."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from reviewqueue.engine.amounts import percent, plain, with_cents
from reviewqueue.engine.catalogue import FACTS, Fact, Kind, fact_named
from reviewqueue.engine.conditions import AllOf, AnyOf, Asked, Condition, Expert, Not, Truth, Wrote
from reviewqueue.engine.expressions import ExpressionError, compiled
from reviewqueue.engine.faults import Place, meant
from reviewqueue.engine.operators import ORDERS, Among, Compare, HasAny, Matches, Operator
from reviewqueue.engine.patterns import PatternError, united
from reviewqueue.engine.patterns import compiled as pattern
from reviewqueue.engine.readings import calendar_day, reading
from reviewqueue.engine.saying import either, say

if TYPE_CHECKING:
    from collections.abc import Collection

MAX_DEPTH = 10
MAX_PARTS = 50
MAX_WORDS = 500
MAX_PATTERNS = 200
MAX_LAST = 100
_PATTERN_LENGTH = 1000
_COMPARABLE = {Kind.MONEY, Kind.NUMBER, Kind.SHARE, Kind.SERIES, Kind.WORDS, Kind.DATE, Kind.FREE}
_FITS: dict[str, Collection[Kind]] = {
    **dict.fromkeys(ORDERS, _COMPARABLE),
    "is": {Kind.WORD, Kind.FLAG, Kind.NUMBER, Kind.SHARE, Kind.FREE},
    "in": {Kind.WORD, Kind.NUMBER, Kind.FREE},
    "has_any": {Kind.WORDS, Kind.FREE},
    "matches_any": {Kind.TEXT, Kind.WORD, Kind.WORDS, Kind.FREE},
}
_UNKNOWN = {"fire": Truth.UNKNOWN_FIRES, "pass": Truth.UNKNOWN_PASSES}
_FACT_KEYS = ("fact", *_FITS, "for_last", "if_unknown")
_JOINED = ("all", "any", "not", "cel")


def condition(place: Place, currency: str, depth: int = 1) -> Condition | None:
    """The condition at this place; None when it has faults, which the place has noted."""
    if depth > MAX_DEPTH:
        place.fault(say("conditions nest deeper than %(most)s", most=MAX_DEPTH))
        return None
    keys = set(place.value) if isinstance(place.value, dict) else set()
    heads = [head for head in ("fact", *_JOINED) if head in keys]
    if len(heads) != 1:
        place.fault(say("must have exactly one of %(names)s", names=either(["fact", *_JOINED])))
        return None
    if heads == ["fact"]:
        return _asked(place, currency)
    return _expert(place) if heads == ["cel"] else _joined(place, heads[0], currency, depth)


def _joined(place: Place, head: str, currency: str, depth: int) -> Condition | None:
    inner = place.mapping([head])[head]
    if head == "not":
        part = condition(inner, currency, depth + 1)
        return part and Not(part)
    places = list(inner.items(most=MAX_PARTS))
    parts = [condition(one, currency, depth + 1) for one in places]
    if isinstance(inner.value, list) and not parts:
        inner.fault(say("must have at least one entry"))
    good = tuple(part for part in parts if part is not None)
    if not good or len(good) < len(parts):
        return None
    return AllOf(good) if head == "all" else AnyOf(good)


def _expert(place: Place) -> Condition | None:
    entries = place.mapping(("cel", "if_unknown"))
    source = entries["cel"].word(longest=10_000)
    if source is None:
        return None
    try:
        expression = compiled(source)
    except ExpressionError as error:
        entries["cel"].fault(str(error))
        return None
    return Expert(expression, _chosen(entries))


def _asked(place: Place, currency: str) -> Condition | None:
    entries = place.mapping(_FACT_KEYS)
    fact = _fact(entries["fact"])
    named = [name for name in _FITS if name in entries]
    if len(named) != 1 and len(entries) == len(place.value):  # else a mistyped key is a fault already
        place.fault(say("must have exactly one operator: %(names)s", names=either(_FITS)))
    if fact is None or len(named) != 1:
        return None
    operator = _operator(entries[named[0]], named[0], fact, currency)
    last = _last(entries, fact)
    unknown = _unknown(entries, fires=fact.fires)
    if operator is None:
        return None
    if fact.kind is Kind.TEXT and isinstance(operator, Matches):
        return Wrote(fact, operator.patterns, unknown)
    compares = isinstance(operator, Compare)
    subject = f"number of {fact.label}" if compares and fact.kind is Kind.WORDS else fact.label
    return Asked(fact, operator, reading(fact, compares=compares, last=last), unknown, subject, last)


def _fact(place: Place) -> Fact | None:
    name = place.word()
    fact = fact_named(name) if name else None
    if name and fact is None:
        place.fault(say("there is no fact %(name)s; %(hint)s", name=name, hint=meant(name, FACTS)))
    return fact


def _last(entries: dict[str, Place], fact: Fact) -> int:
    if "for_last" not in entries:
        return 1
    if fact.kind is not Kind.SERIES:
        entries["for_last"].fault(
            say("%(fact)s is %(kind)s; for_last fits a series of numbers only", fact=fact.name, kind=fact.kind.told)
        )
    return entries["for_last"].whole(1, MAX_LAST) or 1


def _unknown(entries: dict[str, Place], *, fires: bool) -> Truth:
    return _chosen(entries) or _UNKNOWN["fire" if fires else "pass"]


def _chosen(entries: dict[str, Place]) -> Truth | None:
    chosen = entries["if_unknown"].choice(_UNKNOWN) if "if_unknown" in entries else None
    return _UNKNOWN[chosen] if chosen else None


def _operator(place: Place, name: str, fact: Fact, currency: str) -> Operator | None:
    if fact.kind not in _FITS[name]:
        place.fault(
            say(
                "%(fact)s is %(kind)s; %(operator)s does not fit it", fact=fact.name, kind=fact.kind.told, operator=name
            )
        )
        return None
    if name in ORDERS:
        return _compare(place, name, fact, currency)
    if name in {"is", "in"}:
        return _among(place, fact, several=name == "in")
    if name == "has_any":
        words = place.words(most=MAX_WORDS)
        return HasAny(tuple(words)) if words else None
    return _matches(place)


def _compare(place: Place, name: str, fact: Fact, currency: str) -> Operator | None:
    if fact.kind is Kind.DATE:
        return _before_or_after(place, name)
    limit = place.number()
    if limit is None:
        return None
    if fact.kind is Kind.SHARE and not 0 <= limit <= 1:
        place.fault(say("%(fact)s is %(kind)s: write 0.7 for 70 %%", fact=fact.name, kind=fact.kind.told))
        return None
    if fact.kind is Kind.MONEY:
        return Compare(name, limit, f"{with_cents(limit)} {currency}", with_cents(limit))
    return Compare(name, limit, percent(limit) if fact.kind is Kind.SHARE else plain(limit), plain(limit))


def _before_or_after(place: Place, name: str) -> Operator | None:
    day = calendar_day(place.value)
    if day is None:
        place.fault(say("must be a date such as 2026-01-31"))
        return None
    return Compare(name, day, day.isoformat(), day.isoformat())


def _among(place: Place, fact: Fact, *, several: bool) -> Operator | None:
    places = list(place.items(most=MAX_WORDS)) if several else [place]
    if several and isinstance(place.value, list) and not places:
        place.fault(say("must have at least one entry"))
    read = [_scalar(one, fact) for one in places]
    words = tuple(word for word in read if word is not None)
    return Among(words) if words and len(words) == len(read) else None


def _scalar(place: Place, fact: Fact) -> str | bool | int | float | None:
    if fact.kind is Kind.FLAG:
        return place.flag()
    if fact.kind is Kind.WORD:
        return place.word()
    if fact.kind is Kind.FREE and isinstance(place.value, bool):
        return place.value
    if fact.kind is Kind.FREE and isinstance(place.value, str):
        return place.word()
    number: Decimal | None = place.number()
    value: Any = place.value
    return None if number is None else value


def _matches(place: Place) -> Operator | None:
    alone = isinstance(place.value, str)
    places = [place] if alone else list(place.items(most=MAX_PATTERNS))
    if isinstance(place.value, list) and not places:
        place.fault(say("must have at least one entry"))
    good = tuple(one.value for one in places if _is_pattern(one))
    if not good or len(good) < len(places):
        return None
    try:
        return Matches(united(*good))
    except PatternError as error:
        place.fault(str(error))
        return None


def _is_pattern(place: Place) -> bool:
    source = place.word(longest=_PATTERN_LENGTH)
    if source is None:
        return False
    try:
        pattern(source)
    except PatternError as error:
        place.fault(str(error))
        return False
    return True
