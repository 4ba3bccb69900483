"""What is due for many rows: done together where that goes, else for each alone; one that fails holds nobody up."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar

from django.db import OperationalError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from django.db.models import Model, QuerySet

    from reviewqueue.models import Case

_log = logging.getLogger(__name__)
Row = TypeVar("Row", bound="Model")
TOGETHER: Final = 500
# What cannot be done is tried again, but not each second.
LATER: Final = timedelta(minutes=1)


class Apart:
    """Rows that could not be done: they are tried alone from now on, once a minute, and spoil nothing for the others.

    No more than this process remembers: another one, or this one after a restart, finds them out by itself.
    """

    def __init__(self) -> None:
        self._again: dict[Any, datetime] = {}

    def all(self) -> list[Any]:
        """The keys of all that stand apart."""
        return list(self._again)

    def ready(self, at: datetime) -> list[Any]:
        """Those whose minute is over; one that nobody has found due for a minute since is forgotten."""
        for key, moment in list(self._again.items()):
            if not moment - LATER <= at < moment + LATER:
                self.forget(key)
        return [key for key, moment in self._again.items() if moment <= at]

    def put(self, key: Any, at: datetime) -> None:
        """Let it stand apart for a minute."""
        self._again[key] = at + LATER

    def forget(self, key: Any) -> None:
        """It is done."""
        self._again.pop(key, None)


def together(
    due: QuerySet[Row],
    *,
    many: Callable[[QuerySet[Row]], int],
    one: Callable[[Row], bool],
    apart: Apart,
    at: datetime,
    limit: int = TOGETHER,
) -> int:
    """Do what is due by ``many``, or each by ``one`` where one of them spoils it for all; returns how many were done.

    ``many`` gets ``limit`` of the rows at most, and does them all or none.
    """
    ready = apart.ready(at)
    done = _tried(lambda: many(due.exclude(pk__in=apart.all())[:limit]))
    waiting = set(apart.all()).difference(ready)
    alone = list(due.filter(pk__in=ready) if done is not None else due.exclude(pk__in=waiting)[:limit])
    return (done or 0) + each(alone, one, apart=apart, at=at)


def sweep(cases: Iterable[Case], verb: Callable[[Case], Case]) -> int:
    """Do what is due for each case, and count those that moved."""
    return each(cases, lambda case: moved(case, verb))


def moved(case: Case, verb: Callable[[Case], Case]) -> bool:
    """Whether the verb moved the case."""
    return verb(case).version != case.version


def each(
    due: Iterable[Row], verb: Callable[[Row], bool], *, apart: Apart | None = None, at: datetime | None = None
) -> int:
    """Do what is due for each row, and count where something was done; one that fails is logged and holds nobody up."""
    done = 0
    for row in list(due):
        try:
            done += verb(row)
        except OperationalError:
            raise  # the database is away: nothing else would succeed now
        except Exception:  # noqa: BLE001 - whatever is wrong with this one is not wrong with the next
            _log.exception("What is due for %s could not be done", row.pk)
            if apart is not None and at is not None:
                apart.put(row.pk, at)
        else:
            if apart is not None:
                apart.forget(row.pk)
    return done


def _tried(verb: Callable[[], int]) -> int | None:
    try:
        return verb()
    except OperationalError:
        raise  # the database is away: nothing else would succeed now
    except Exception:  # noqa: BLE001 - the one that is wrong is found, and logged, alone
        _log.exception("What is due could not be done together")
        return None
