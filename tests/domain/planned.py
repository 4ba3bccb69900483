"""Calendars, service levels and rosters for tests, made by the product's own verbs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from audit.actions import SYSTEM
from hitl.accounts.models import User
from reviewqueue.domain import configuring
from reviewqueue.models import Calendar, Mark, Queue, ServiceLevel, Shift
from reviewqueue.models.hours import WEEK
from tests import factories

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def calendar(name: str = "office", *, every_day: str | None = None, **fields: Any) -> Calendar:
    """Nine to six from Monday to Friday, or the same on every day of the week."""
    week = dict.fromkeys(WEEK, every_day) if every_day is not None else {}
    made = Calendar(**({"name": name, "zone": "Europe/Berlin"} | week | fields))
    made.full_clean()
    configuring.save_plan(made, actor=SYSTEM, at=factories.now())
    return made


def service(*levels: tuple[str, int] | tuple[str, int, dict[str, Any]], **fields: Any) -> ServiceLevel:
    """Decide within an hour unless told otherwise; each level is (of, share, what it does)."""
    made = ServiceLevel(**({"name": "gold", "decide_within": HOUR} | fields))
    configuring.save_plan(made, actor=SYSTEM, at=factories.now())
    marks = [Mark(service=made, of=of, share=share, **(does[0] if does else {})) for of, share, *does in levels]
    configuring.save_marks(made, kept=marks, gone=(), actor=SYSTEM, at=factories.now())
    return made


def queue(name: str = "routine", **fields: Any) -> Queue:
    """A queue with changes, saved by the verb."""
    made = Queue.objects.filter(pk=name).first() or Queue(name=name)
    for field, value in fields.items():
        setattr(made, field, value)
    configuring.save_queue(made, actor=SYSTEM, at=factories.now())
    return made


def shift(person: User, hours: Calendar, **fields: Any) -> Shift:
    """A person works when this calendar is open."""
    made = Shift(user=person, calendar=hours, **fields)
    configuring.save_plan(made, actor=SYSTEM, at=factories.now())
    return made


def berlin(text: str) -> datetime:
    """A moment by the clock in Berlin."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)
