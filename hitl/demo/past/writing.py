"""Writes the past in the background while the shop is open, slowly enough that nobody at the desk notices."""

from __future__ import annotations

import json
import logging
import threading
import time
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.db import close_old_connections

from hitl.accounts.models import User
from hitl.demo.past import looking, telling, weeks
from reviewqueue.domain import apart, figures, gaps, sampling
from reviewqueue.queries import reviewing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hitl.demo.past.weeks import Happened

log = logging.getLogger(__name__)
FILE: Final = "demo-past.json"
# The latest cases are told by the living shop itself.
_LEAVES: Final = timedelta(hours=1)
# For each second of work it leaves the desk so many.
_LEISURE: Final = 1.5
_COLLEAGUES: Final = ("mara", "jonas", "tilda")
# Of the last week's sample the visitor finds some to judge.
_JUDGED: Final = 0.6


def first_monday(folder: Path, *, at: datetime) -> date:
    """Where the past begins: once chosen it stays, so that a second start goes on where the first was stopped."""
    if known := _read(folder):
        return date.fromisoformat(str(known["first"]))
    today = figures.today(at)
    return today - timedelta(days=today.weekday(), weeks=weeks.WEEKS)


def is_written(folder: Path) -> bool:
    """Is nothing left to tell?"""
    return bool(_read(folder).get("done"))


class Past(threading.Thread):
    """The weeks before, told in a thread; ``stop`` ends it within one case."""

    def __init__(
        self,
        folder: Path,
        *,
        clock: Callable[[], datetime],
        grouped: gaps.Grouping = apart.groups,
        leisure: float = _LEISURE,
    ) -> None:
        super().__init__(name="demo-past", daemon=True)
        self._folder, self._clock, self._grouped, self._leisure = folder, clock, grouped, leisure
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Go no further; twice is harmless."""
        self._stopped.set()

    def run(self) -> None:
        """Tell it all, unless it is told."""
        close_old_connections()
        try:
            self.write()
        except Exception:
            log.exception("The past of the demo stays unfinished")
        finally:
            close_old_connections()

    def write(self) -> None:
        """Week after week, the oldest first."""
        if is_written(self._folder):
            return
        first = first_monday(self._folder, at=self._clock())
        self._keep(first, done=False)
        # Begun before the weeks that are told: afterwards it would begin where the last of those told so far ends.
        sampling.plan_of_week(self._clock(), at=self._clock())
        for number in range(weeks.WEEKS + 1):
            if not self._week(figures.begins(first + timedelta(weeks=number)), number):
                return
        gaps.find(at=self._clock(), grouped=self._grouped)
        self._keep(first, done=True)

    def _week(self, monday: datetime, number: int) -> bool:
        """Everything about one week; False when there is to be no more."""
        if number == weeks.CHANGED:
            looking.mended(grouped=self._grouped, at=monday + timedelta(hours=7))
        people = [User.objects.get(username=name) for name in _COLLEAGUES]
        told: dict[str, Happened] = {}
        for happened in weeks.of(monday, number):
            if happened.at > self._clock() - _LEAVES:
                break
            began = time.monotonic()
            told[telling.tell(happened, people).pk] = happened
            if self._stopped.wait(self._leisure * (time.monotonic() - began)):
                return False
        days = {figures.today(happened.at) for happened in told.values()}
        for day in sorted(days):
            figures.count_day(day, at=self._clock())
        if number < weeks.WEEKS:
            self._look_back(monday, told, last=number == weeks.WEEKS - 1)
        return not self._stopped.is_set()

    def _look_back(self, monday: datetime, told: dict[str, Happened], *, last: bool) -> None:
        plan = looking.drawn(monday, at=self._clock())
        looking.judged(plan, told, share=_JUDGED if last else 1.0, at=self._clock())
        if last:
            return
        looking.signed("week", plan.week, at=min(monday + timedelta(days=9, hours=10), self._clock()))
        looking.audited(reviewing.month_of(plan), at=min(monday + timedelta(days=16, hours=14), self._clock()))

    def _keep(self, first: date, *, done: bool) -> None:
        (self._folder / FILE).write_text(json.dumps({"first": first.isoformat(), "done": done}))


def _read(folder: Path) -> dict[str, str | bool]:
    try:
        kept: dict[str, str | bool] = json.loads((folder / FILE).read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return kept
