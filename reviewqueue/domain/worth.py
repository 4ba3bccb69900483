"""What a proposal is about in money, as the columns of its case hold it."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reviewqueue.engine.policy import Policy


def largest_value(actions: list[dict[str, Any]]) -> tuple[Decimal | None, str]:
    """The largest value that actions state, and its currency."""
    worth = [(_decimal(value["amount"]), value["currency"]) for action in actions if (value := action.get("value"))]
    known = [(amount, currency) for amount, currency in worth if amount is not None]
    return max(known) if known else (None, "")


def largest_worth(actions: list[dict[str, Any]], policy: Policy) -> Decimal | None:
    """In the policy's currency; one value whose worth nobody knows may be the largest."""
    worths = [policy.rates.money(value).worth for action in actions if (value := action.get("value"))]
    known = [abs(worth) for worth in worths if worth is not None]
    return _storable(max(known)) if known and len(known) == len(worths) else None


def _decimal(text: str) -> Decimal | None:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return None
    return _storable(amount)


def _storable(amount: Decimal) -> Decimal | None:
    """Beyond these bounds the column cannot hold it; the facts keep the exact text for the policy."""
    return amount if amount.is_finite() and abs(amount) < Decimal(10) ** 20 else None
