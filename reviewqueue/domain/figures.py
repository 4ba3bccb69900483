"""Counts the days, so that no page has to: today and yesterday whenever something happened, the rest by night."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Min

from reviewqueue.models import Case, Figure
from reviewqueue.queries import events, stories

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

    from reviewqueue.engine.counting import Counts

# These days are counted again as soon as something happens; those before it once a night, for what came late.
_WARM: Final = timedelta(days=1)
_LATE: Final = timedelta(days=35)
# A busy day is not counted again within this time for each so many cases, so that counting stays a small part of all
# work; a day that is over moves little and rests longer.
_REST: Final = timedelta(minutes=1)
BUSY: Final = 2_000
_OVER: Final = 10
# Of one day so many names are kept apart; the rest is counted together.
MOST_NAMES: Final = 200
OTHERS: Final = "…"
_LONGEST: Final = 200

# What is counted differs between versions of the desk: days that an older one counted are counted again.
_VERSION: Final = 2

Key = tuple[str, str]


def today(at: datetime) -> date:
    """The desk's own day, in its time zone."""
    return at.astimezone(ZoneInfo(settings.TIME_ZONE)).date()


def begins(day: date) -> datetime:
    """The first moment of a day of the desk."""
    return datetime.combine(day, time(), ZoneInfo(settings.TIME_ZONE))


def first_day() -> date | None:
    """The day of the oldest case; None while there is none."""
    found = Case.objects.aggregate(first=Min("created_at"))["first"]
    return today(found) if found else None


def keep_up(
    *,
    at: datetime,
    first: date | None = None,
    last: date | None = None,
    enough: Callable[[], bool] | None = None,
    light: bool = False,
) -> int:
    """Count the days from ``first`` to ``last`` (all) that are not counted yet or have moved, the newest first.

    Stops when ``enough`` says so; ``light``: leaves busy days to others. Returns how many days are still to be counted.
    """
    due, left = _due(at, first, last), 0
    while due and not (enough and enough()):
        day = due.pop(0)
        if light and _is_busy(day):
            left += 1
        else:
            count_day(day, at=at)
    return left + len(due)


def _is_busy(day: date) -> bool:
    some = Case.objects.filter(created_at__gte=begins(day), created_at__lt=begins(day + timedelta(days=1)))
    return some[: BUSY + 1].count() > BUSY


def forget(moments: Iterable[datetime]) -> None:
    """History came in on the days of these moments: they are counted anew."""
    Figure.objects.filter(day__in={today(moment) for moment in moments}).delete()


def count_day(day: date, *, at: datetime) -> None:
    """Count one day anew from its cases, rulings and conversations."""
    seen = events.newest()
    found = _counted(begins(day), begins(day + timedelta(days=1)), at)
    rows = [
        Figure(day=day, by=by, name=name, counts=dict(+counts), seen=seen, made_at=at)
        for (by, name), counts in found.items()
    ]
    try:
        with transaction.atomic():
            Figure.objects.filter(day=day).delete()
            Figure.objects.bulk_create(rows)
    except IntegrityError:  # somebody else counted it at the same time
        return


def _due(at: datetime, first: date | None, last: date | None) -> list[date]:
    oldest, now = first_day(), today(at)
    if oldest is None:
        return []
    start, end = max(first or oldest, oldest), min(last or now, now)
    rows = Figure.objects.filter(by="all", day__range=(start, end)).values_list("day", "counts", "seen", "made_at")
    made = {day: (counts, seen, made_at) for day, counts, seen, made_at in rows}
    newest, midnight = events.newest(), begins(now)
    days = (end - timedelta(days=n) for n in range((end - start).days + 1))
    return [day for day in days if _is_due(day, made.get(day), at=at, newest=newest, midnight=midnight)]


def _is_due(
    day: date, made: tuple[dict[str, float], int, datetime] | None, *, at: datetime, newest: int, midnight: datetime
) -> bool:
    if made is None or made[0].get("version") != _VERSION:
        return True
    counts, seen, made_at = made
    if day >= today(at) - _WARM:
        rest = _REST * (counts.get("cases", 0) // BUSY) * (1 if day == today(at) else _OVER)
        return seen != newest and made_at + rest <= at
    return made_at < midnight and day >= today(at) - _LATE


def _counted(start: datetime, end: datetime, at: datetime) -> dict[Key, Counts]:
    found: dict[Key, Counts] = defaultdict(Counter)
    found["all", ""]["version"] = _VERSION
    for case in stories.of_cases(start, end):
        _add(found, list(case.place.parts()), case.counts())
        if not case.imported:
            _add(found, [("trigger", name) for name in case.triggers], case.of_trigger())
    _count_rulings(found, start, end)
    for talk in stories.of_talks(start, end, at=at):
        _add(found, list(talk.place.parts()), talk.counts())
    return _narrowed(found)


def _count_rulings(found: dict[Key, Counts], start: datetime, end: datetime) -> None:
    people: dict[Key, set[str]] = defaultdict(set)
    for ruling, first in stories.of_rulings(start, end):
        keys = [*ruling.place.parts(), ("role", ruling.role), ("person", ruling.person)]
        _add(found, keys, ruling.counts())
        for key in keys:
            people[key].add(ruling.person)
        if first:
            _add(found, keys, ruling.times())
    for key, there in people.items():
        found[key]["person_days"] += len(there)


def _add(found: dict[Key, Counts], keys: list[Key], counts: Counts) -> None:
    each = list(counts.items())
    for by, name in keys:
        into = found[by, name[:_LONGEST].replace("\x00", "")]
        for what, count in each:  # a good deal faster than Counter.update, and there are millions of these
            into[what] += count


def _narrowed(found: dict[Key, Counts]) -> dict[Key, Counts]:
    """The names of each kind with the most in them; agents invent intents as they like."""
    sizes: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for (by, name), counts in found.items():
        sizes[by].append((-sum(counts.values()), name))
    kept = {(by, name) for by, names in sizes.items() for _size, name in sorted(names)[:MOST_NAMES]}
    narrow: dict[Key, Counts] = defaultdict(Counter)
    for (by, name), counts in found.items():
        narrow[by, name if (by, name) in kept else OTHERS].update(counts)
    return narrow
