"""The times at which a customer can be called: whole hours in which somebody works and a call is still free."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from django.utils import timezone

from reviewqueue.engine import business_time
from reviewqueue.engine.surroundings import CALLBACKS
from reviewqueue.models import Queue, Request
from reviewqueue.queries import promises, team

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet

DAYS: Final = 5
HOUR: Final = timedelta(hours=1)
# Where the queue of calls has no calendar.
_HOURS: Final = range(9, 17)
_SATURDAY: Final = 5
_NOTICE: Final = timedelta(minutes=30)
_LOOKED_AT: Final = 14


@dataclass(frozen=True, slots=True)
class Day:
    """One day and its hours."""

    day: datetime
    hours: tuple[datetime, ...]


def offered(*, at: datetime) -> list[Day]:
    """The next five days on which somebody works, each with the hours that are still to come and not full."""
    is_open, zone = _opening()
    today = at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    full = _full(at, zone)

    def fits(hour: datetime) -> bool:
        at_utc = hour.astimezone(UTC)
        exists = at_utc.astimezone(zone).hour == hour.hour  # one hour in spring does not
        return hour > at + _NOTICE and exists and is_open(hour) and at_utc not in full

    days = (today + timedelta(days=n) for n in range(_LOOKED_AT))
    found = (Day(day, tuple(hour for n in range(24) if fits(hour := day.replace(hour=n)))) for day in days)
    return [day for day in found if day.hours][:DAYS]


def made_at(wanted_at: datetime) -> bool:
    """Is this a full hour in which calls are made?"""
    is_open, zone = _opening()
    return wanted_at == _hour(wanted_at, zone) and is_open(wanted_at.astimezone(zone))


def free(wanted_at: datetime) -> bool:
    """Is there room for one more call in this hour?"""
    most = team.work_rules().calls_per_hour
    start = _hour(wanted_at, _opening()[1])
    return not most or _booked().filter(wanted_at__gte=start, wanted_at__lt=start + HOUR).count() < most


def read(given: str) -> datetime | None:
    """A time as the form sends it; nothing is as soon as possible. ValueError for what is no time."""
    if not given:
        return None
    wanted_at = datetime.fromisoformat(given)
    if wanted_at.tzinfo is None:
        raise ValueError("a time needs its zone")
    return wanted_at


def _opening() -> tuple[Callable[[datetime], bool], ZoneInfo]:
    """When calls are made: by the calendar of their queue, else from nine to five from Monday to Friday."""
    queue = Queue.objects.select_related("calendar").filter(pk=CALLBACKS, calendar__isnull=False).first()
    if queue is None:
        zone = timezone.get_current_timezone()
        return lambda hour: hour.weekday() < _SATURDAY and hour.hour in _HOURS, ZoneInfo(str(zone))
    hours = promises.hours(queue)
    return lambda hour: business_time.is_open(hour, hours), ZoneInfo(hours.zone)


def _full(at: datetime, zone: ZoneInfo) -> frozenset[datetime]:
    most = team.work_rules().calls_per_hour
    wanted = _booked().filter(wanted_at__gt=at - HOUR).values_list("wanted_at", flat=True)
    counts = Counter(_hour(wanted_at, zone) for wanted_at in wanted if wanted_at)
    return frozenset(hour for hour, count in counts.items() if most and count >= most)


def _booked() -> QuerySet[Request]:
    """Calls that were asked for and not made yet."""
    return Request.objects.filter(kind=Request.Kind.CALLBACK, made__outcome="", wanted_at__isnull=False)


def _hour(moment: datetime, zone: ZoneInfo) -> datetime:
    """The full hour where calls are made; elsewhere it may begin at half past."""
    return moment.astimezone(zone).replace(minute=0, second=0, microsecond=0).astimezone(UTC)
