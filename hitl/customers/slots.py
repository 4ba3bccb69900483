"""The times at which a customer can be called: whole hours of the next working days, in the desk's own time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone

DAYS: Final = 5
_HOURS: Final = range(9, 17)
_SATURDAY: Final = 5
_NOTICE: Final = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Day:
    """One day and its hours."""

    day: datetime
    hours: tuple[datetime, ...]


def offered(now: datetime) -> list[Day]:
    """The next five days on which somebody works, each with the hours that are still to come."""
    today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    days = (today + timedelta(days=n) for n in range(2 * DAYS))
    working = [Day(day, _hours(day, now)) for day in days if day.weekday() < _SATURDAY]
    return [day for day in working if day.hours][:DAYS]


def read(given: str) -> datetime | None:
    """A slot as the form sends it; nothing, or what is none, is as soon as possible."""
    try:
        at = datetime.fromisoformat(given)
    except ValueError:
        return None
    return at if at.tzinfo else None


def _hours(day: datetime, now: datetime) -> tuple[datetime, ...]:
    return tuple(at for hour in _HOURS if (at := day.replace(hour=hour)) > now + _NOTICE)
