"""Working time: when somebody is open, and which moment lies so many working hours ahead.

Exact to the microsecond, and counted in UTC, because adding to a local time moves the hand of a clock instead. Opening
times are wall-clock times of one time zone; between them real time passes, so the night in which clocks change is an
hour shorter or longer for those who are open then.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

DAY: Final = 24 * 60
# Who is closed for so many days in a row is taken for open: a deadline may come too early, but it comes.
_LOOKED_AHEAD: Final = 400
_NOTHING: Final = timedelta(0)

# From and to in minutes after midnight; 1440 is the midnight at the end of the day.
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening times: for each day of the week from Monday, and for single dates, which go before.

    ``country`` and ``region`` name public holidays, on which nobody is there; a date of one's own may say otherwise.
    """

    zone: str = "UTC"
    week: tuple[tuple[Span, ...], ...] = (((0, DAY),),) * 7
    days: Mapping[date, tuple[Span, ...]] = field(default_factory=dict)
    country: str = ""
    region: str = ""

    @property
    def always(self) -> bool:
        """Open day and night."""
        return not self.days and not self.country and all(spans == ((0, DAY),) for spans in self.week)

    def spans(self, day: date) -> tuple[Span, ...]:
        """When it is open on a date."""
        if day in self.days:
            return self.days[day]
        if self.country and day in public_holidays(self.country, self.region, day.year):
            return ()
        return self.week[day.weekday()]


ALWAYS: Final = Hours()


def is_open(at: datetime, hours: Hours) -> bool:
    """Is anybody there at this moment?"""
    return hours.always or any(opens <= at for opens, _closes in _near(at, hours))


def opens_at(at: datetime, hours: Hours) -> datetime:
    """The moment from which on it is open: ``at`` itself when it is."""
    return at if hours.always else next((max(opens, at) for opens, _closes in _open(at, hours)), at)


def closes_at(at: datetime, hours: Hours) -> datetime | None:
    """The end of the opening time that runs now or comes next; ``None`` when it never closes."""
    if hours.always:
        return None
    end: datetime | None = None
    for opens, closes in _open(at, hours):
        if end is not None and opens > end:
            return end
        end = closes
    return None


def add(start: datetime, working: timedelta, hours: Hours) -> datetime:
    """The moment that lies so much working time after ``start``; nothing added is the next open moment."""
    return add_each(start, [working], hours)[0]


def add_each(start: datetime, durations: Sequence[timedelta], hours: Hours) -> list[datetime]:
    """``add`` for several durations at once, in their order; the calendar is walked once."""
    start = start.astimezone(UTC)
    if hours.always:
        return [start + working for working in durations]
    reached: dict[timedelta, datetime] = {}
    waiting = sorted(set(durations), reverse=True)
    passed = _NOTHING
    for opens, closes in _open(start, hours):
        begins = max(opens, start)
        while waiting and waiting[-1] - passed <= closes - begins:
            working = waiting.pop()
            reached[working] = begins + (working - passed)
        if not waiting:
            break
        passed += closes - begins
    for working in waiting:
        reached[working] = start + working
    return [reached[working] for working in durations]


def between(start: datetime, end: datetime, hours: Hours) -> timedelta:
    """The working time that passes from one moment to a later one."""
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    if end <= start:
        return _NOTHING
    if hours.always:
        return end - start
    passed = _NOTHING
    for opens, closes in _open(start, hours):
        if opens >= end:
            break
        passed += min(closes, end) - max(opens, start)
    return passed


def openings(start: datetime, end: datetime, hours: Hours) -> Iterator[tuple[datetime, datetime]]:
    """The opening times between two moments, each within one day of its time zone."""
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    for opens, closes in _open(start, hours):
        if opens >= end:
            return
        yield max(opens, start), min(closes, end)


def _near(at: datetime, hours: Hours) -> Iterator[tuple[datetime, datetime]]:
    """The opening times that end after ``at`` and could have begun before it."""
    here = at.astimezone(ZoneInfo(hours.zone)).date()
    for day in (here - timedelta(days=1), here):
        yield from ((opens, closes) for opens, closes in _of_day(day, hours) if closes > at)


def _open(start: datetime, hours: Hours) -> Iterator[tuple[datetime, datetime]]:
    """Opening times that end after ``start``, in order; none overlaps the one before."""
    day, end, closed_days = start.astimezone(ZoneInfo(hours.zone)).date() - timedelta(days=1), start, 0
    while closed_days < _LOOKED_AHEAD:
        closed_days += 1
        for opens, closes in _of_day(day, hours):
            if closes > end:
                yield max(opens, end), closes
                end, closed_days = closes, 0
        day += timedelta(days=1)


def _of_day(day: date, hours: Hours) -> Iterator[tuple[datetime, datetime]]:
    for opens, closes in hours.spans(day):
        begin, end = _moment(day, opens, hours.zone, 0), _moment(day, closes, hours.zone, 1)
        if begin < end:
            yield begin, end


@lru_cache(maxsize=4096)
def _moment(day: date, minute: int, zone: str, fold: int) -> datetime:
    """Where the clock shows a time twice, opening means the first and closing the second one."""
    days, minute = divmod(minute, DAY)
    wall, here = datetime.combine(day + timedelta(days=days), time(minute // 60, minute % 60)), ZoneInfo(zone)
    first, second = (wall.replace(tzinfo=here, fold=each).astimezone(UTC) for each in (0, 1))
    if first > second:
        return _jump(second, first, here)
    return second if fold else first


def _jump(before: datetime, after: datetime, here: ZoneInfo) -> datetime:
    """The moment at which the clock leaves a time out; it lies on a minute."""
    offset = before.astimezone(here).utcoffset()
    while after - before > timedelta(minutes=1):
        middle = before + timedelta(minutes=(after - before) // timedelta(minutes=2))
        if middle.astimezone(here).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after


@lru_cache(maxsize=256)
def public_holidays(country: str, region: str, year: int) -> frozenset[date]:
    """The public holidays of a country (ISO 3166: ``DE``) or of one of its regions (``BY``) in a year."""
    import holidays  # noqa: PLC0415 - only for calendars that keep them

    return frozenset(holidays.country_holidays(country, subdiv=region or None, years=year))


def has_holidays(country: str, region: str) -> bool:
    """Are the public holidays of this country, and of its region where one is named, known?"""
    import holidays  # noqa: PLC0415 - the same

    known = holidays.list_supported_countries()
    return country in known and (not region or region in known[country])
