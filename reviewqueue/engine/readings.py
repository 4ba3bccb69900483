"""Known values of facts, each to compare, to read in a sentence, and to record."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from reviewqueue.engine.amounts import Money, exact, percent, plain, with_cents
from reviewqueue.engine.catalogue import Fact, Kind
from reviewqueue.engine.operators import Seen
from reviewqueue.engine.wording import quoted

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from reviewqueue.engine.view import View

    # An empty list says that the value is unknown; more than one, that all of them are asked.
    Reading = Callable[[View], list[Seen]]


@lru_cache(maxsize=1024)
def reading(fact: Fact, *, compares: bool, last: int = 1) -> Reading:
    """How to read a fact; `compares` when it is to be held against a limit, `last` values of a series.

    Rules that read a fact in the same way get the same function, so that a view can remember what it gave.
    """
    by_kind: dict[Kind, Reading] = {
        Kind.SERIES: lambda view: _last(view.series(fact), last),
        Kind.MONEY: lambda view: _money(view.money(fact)),
        Kind.SHARE: lambda view: _number(view.number(fact), share=True),
        Kind.NUMBER: lambda view: _number(view.number(fact)),
    }
    against_a_limit: dict[Kind, Reading] = {
        Kind.FREE: lambda view: _free_number(view.raw(fact), view),
        Kind.DATE: lambda view: _date(view.raw(fact)),
        Kind.WORDS: lambda view: _number(view.number(fact)),
    }
    readings = by_kind | against_a_limit if compares else by_kind
    return readings.get(fact.kind, lambda view: _value(view.raw(fact)))


def calendar_day(value: Any) -> date | None:
    """The day of an ISO 8601 date or time."""
    if not isinstance(value, str):
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        return None


def _last(series: list[Decimal], count: int) -> list[Seen]:
    return [seen for number in series[-count:] for seen in _number(number)] if len(series) >= count else []


def _number(number: Decimal | None, *, share: bool = False) -> list[Seen]:
    if number is None:
        return []
    observed = plain(number)
    return [Seen(number, percent(number) if share else observed, observed)]


def _money(money: Money) -> list[Seen]:
    return [] if money.worth is None else [Seen(money.worth, money.sent, with_cents(money.worth))]


def _free_number(value: Any, view: View) -> list[Seen]:
    return _money(view.rates.money(value)) if isinstance(value, dict) else _number(exact(value))


def _date(value: Any) -> list[Seen]:
    day = calendar_day(value)
    return [] if day is None else [Seen(day, day.isoformat(), day.isoformat())]


def _value(value: Any) -> list[Seen]:
    if value is None:
        return []
    if isinstance(value, bool):
        return [Seen(value, str(value).lower(), str(value).lower())]
    if isinstance(value, list):
        shown = ", ".join(str(one)[:80] for one in value[:10])
        return [Seen(value, shown, shown)]
    return [Seen(value, quoted(str(value)), str(value)[:200])]
