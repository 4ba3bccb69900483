"""Numbers as the reader writes them."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.utils import formats

_LONGEST_AMOUNT: Final = 30
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_COUNTED: Final = re.compile(r"([+-]?\d{1,40}(?:\.\d{1,40})?)( [A-Z]{3}|)")


def decimal(value: Any) -> Decimal | None:
    """A finite number, or ``None``."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def money(amount: Any, currency: str) -> str:
    """An amount with the reader's separators, a true minus, and not one digit more or fewer; unreadable: as it is."""
    number = decimal(amount)
    if number is None or len(str(amount)) > _LONGEST_AMOUNT or "e" in str(amount).lower():
        return f"{'' if amount is None else amount} {currency}".strip()
    places = len(str(amount).strip().partition(".")[2])
    digits = formats.number_format(abs(number), decimal_pos=places, use_l10n=True, force_grouping=True)
    return f"{'−' if number < 0 else ''}{digits} {currency}".strip()  # noqa: RUF001 - the sign for a negative number


def sums(text: str) -> str:
    """Every number in a value with the reader's separators; days stay as they are."""
    if _DAY.fullmatch(text):
        return text
    return _COUNTED.sub(lambda found: money(found[1], found[2].strip()), text)
