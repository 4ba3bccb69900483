"""Exact numbers: read from whatever an agent sends, compared without rounding, written the way people read them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_NUMBER = re.compile(r"[+-]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][+-]?\d{1,2})?", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
# Nothing a shop counts is this large; what is, counts as unknown rather than as a number to reckon with.
_LARGEST_EXPONENT = 30
_LARGEST_BITS = 100
# Wide enough for any accepted amount times any accepted rate, so that no product is ever rounded.
_WIDE = Context(prec=200)
_CENTS = 2


def exact(value: Any) -> Decimal | None:
    """The number that `value` states, or None when it states none: true, NaN, infinity, "1_000" and "ten" do not."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        return _bounded(Decimal(value)) if _NUMBER.fullmatch(value) else None
    if isinstance(value, int):
        return Decimal(value) if value.bit_length() < _LARGEST_BITS else None
    if isinstance(value, float):
        # The shortest decimal that reads back as this double is what the sender wrote: 0.7 is exactly 0.7.
        return _bounded(Decimal(repr(value))) if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return _bounded(value) if value.is_finite() else None
    return None


def _bounded(number: Decimal) -> Decimal | None:
    return number if -_LARGEST_EXPONENT <= number.adjusted() <= _LARGEST_EXPONENT or not number else None


def readings(digits: str) -> set[Decimal]:
    """The numbers that a notation may mean: ``1.234`` is 1234 in German and 1.234 in English."""
    bare = re.sub(r"[\s'’]", "", digits.strip())
    if not re.fullmatch(r"[+-]?[\d.,]{1,40}", bare, re.ASCII) or not any(char.isdigit() for char in bare):
        return set()
    english, german = bare.replace(",", ""), bare.replace(".", "").replace(",", ".")
    grouped = {english: r"[+-]?\d+(?:,\d{3})*(?:\.\d+)?", german: r"[+-]?\d+(?:\.\d{3})*(?:,\d+)?"}
    return {Decimal(plain) for plain, shape in grouped.items() if re.fullmatch(shape, bare)}


def plain(number: Decimal) -> str:
    """Without exponent and trailing zeros: `0.62`, `350`."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") or "0" if "." in text else text


def with_cents(number: Decimal) -> str:
    """At least two decimals, more where the amount has more: `350.00`, `0.125`."""
    whole, _, cents = plain(number).partition(".")
    return f"{whole}.{cents:0<{_CENTS}}"


def percent(share: Decimal) -> str:
    """`0.62` as `62 %`."""
    return f"{plain(_WIDE.multiply(share, Decimal(100)))} %"


@dataclass(frozen=True, slots=True)
class Money:
    """An amount as it was sent, and what it is worth in the policy's currency; `worth` is None when unknown."""

    worth: Decimal | None
    sent: str


@dataclass(frozen=True, slots=True)
class Rates:
    """The policy's currency and what one unit of each other currency is worth in it."""

    currency: str
    rates: Mapping[str, Decimal]

    def money(self, value: Any) -> Money:
        """Read `{"amount", "currency"}`. Anything missing, unreadable or without a rate is worth an unknown sum."""
        if not isinstance(value, dict):
            return Money(None, "unknown")
        amount, currency = exact(value.get("amount")), value.get("currency")
        if amount is None or not isinstance(currency, str) or not _CURRENCY.fullmatch(currency):
            return Money(None, "unknown")
        return self._converted(amount, currency)

    def _converted(self, amount: Decimal, currency: str) -> Money:
        sent = f"{with_cents(amount)} {currency}"
        if currency == self.currency:
            return Money(amount, sent)
        if currency not in self.rates:
            return Money(None, f"{sent}, for which the policy has no rate")
        worth = _WIDE.multiply(amount, self.rates[currency])
        return Money(worth, f"{sent} ({with_cents(worth)} {self.currency})")


def is_currency(code: Any) -> bool:
    """Whether `code` is written like an ISO 4217 code."""
    return isinstance(code, str) and bool(_CURRENCY.fullmatch(code))


def size_of(money: Money) -> Money:
    """What is at stake, whatever its direction: a refund sent as -350 weighs as much as one sent as 350."""
    return money if money.worth is None else Money(money.worth.copy_abs(), money.sent)
