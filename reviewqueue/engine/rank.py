"""Whose turn it is: time to breach against cost of delay, as one moment that keeps its place for ever.

What a delay costs is given to a case as a head start on its deadline. Sorting by ``deadline - head start`` never has
to be done again while time goes by, so an index can hold the order, and nothing starves: everything comes up some day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

# From low to urgent. A case that may wait stands back.
BY_PRIORITY: Final = (timedelta(hours=-1), timedelta(0), timedelta(minutes=20), timedelta(hours=1))
BY_RISK: Final = {"high": timedelta(minutes=5), "critical": timedelta(minutes=15)}
# From this worth on, in the policy's currency; the first that fits.
BY_WORTH: Final = (
    (Decimal(10_000), timedelta(minutes=30)),
    (Decimal(1_000), timedelta(minutes=15)),
    (Decimal(100), timedelta(minutes=5)),
)
_NONE: Final = timedelta(0)


@dataclass(frozen=True, slots=True)
class HeadStart:
    """By how much a case counts as due earlier than it is, and what for."""

    priority: timedelta
    risk: timedelta
    worth: timedelta

    @property
    def whole(self) -> timedelta:
        """All of it."""
        return self.priority + self.risk + self.worth


def head_start(*, priority: int, risk: str, has_value: bool, worth: Decimal | None) -> HeadStart:
    """``worth`` is the value in the policy's currency; a value whose worth is unknown counts as large."""
    return HeadStart(BY_PRIORITY[priority], BY_RISK.get(risk, _NONE), _by_worth(worth) if has_value else _NONE)


def rank_at(due_at: datetime, head: HeadStart) -> datetime:
    """The moment that cases are sorted by, earliest first."""
    return due_at - head.whole


def _by_worth(worth: Decimal | None) -> timedelta:
    if worth is None:
        return BY_WORTH[0][1]
    return next((head for least, head in BY_WORTH if abs(worth) >= least), _NONE)
