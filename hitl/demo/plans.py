"""The demo's working hours, owners and promises, so that a visitor sees warnings and an escalation within minutes."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from audit.actions import SYSTEM
from hitl.accounts.models import User
from reviewqueue.domain import configuring
from reviewqueue.models import Calendar, Mark, Priority, Queue, SamplingRules, ServiceLevel, Shift, Target
from reviewqueue.models.hours import WEEK

if TYPE_CHECKING:
    from datetime import datetime

_ZONE: Final = "Europe/Berlin"
# Who answers for which queue.
_OWNERS: Final = {"security": "sofia", "angry": "sofia", "vip": "sofia", "legal": "sofia", "billing": "rosa"}
_SUPERVISORS: Final = {"tell_role": "supervisor"}
_SAMPLE: Final = 40
_MINUTE: Final = timedelta(minutes=1)


def make(*, at: datetime) -> None:
    """Once: what a visitor changes later stays."""
    if ServiceLevel.objects.exists():
        return
    # A small shop judges fewer cases than the desk would draw.
    configuring.save_plan(SamplingRules(size=_SAMPLE, floor=3, live_share=Decimal("0.1")), actor=SYSTEM, at=at)
    office = _calendar("Office", dict.fromkeys(WEEK[:5], "09:00-18:00") | dict.fromkeys(WEEK[5:], ""), at, country="DE")
    shop = _calendar("Day and night", dict.fromkeys(WEEK, "00:00-24:00"), at)
    early = _calendar("Early shift", dict.fromkeys(WEEK, "06:00-14:30"), at)
    late = _calendar("Late shift", dict.fromkeys(WEEK, "14:00-22:30"), at)
    for name, owner in _OWNERS.items():
        _queue(name, at, owner=User.objects.get(username=owner))
    _queue("cancellations", at, overflow_to=Queue.objects.get(pk="routine"), overflow_after=20 * _MINUTE)
    for name, hours in (("rosa", early), ("ravi", late), ("sofia", office)):
        _shift(name, hours, at)
    for name in ("mara", "jonas", "tilda"):
        _shift(name, shop, at)
    _promise("Upset customers are called soon", at, queue_id="angry", decide=8, escalate_at=50, position=10)
    _promise("Legal, in office hours", at, queue_id="legal", decide=240, escalate_at=80, position=20, calendar=office)
    _promise("Everybody else", at, decide=15, escalate_at=80, position=90)


def _calendar(name: str, week: dict[str, str], at: datetime, **more: str) -> Calendar:
    made = Calendar(name=name, zone=_ZONE, **week, **more)
    configuring.save_plan(made, actor=SYSTEM, at=at)
    return made


def _queue(name: str, at: datetime, **fields: Any) -> None:
    queue = Queue.objects.get_or_create(pk=name)[0]
    for field, value in fields.items():
        setattr(queue, field, value)
    configuring.save_queue(queue, actor=SYSTEM, at=at)


def _shift(name: str, hours: Calendar, at: datetime) -> None:
    configuring.save_plan(Shift(user=User.objects.get(username=name), calendar=hours), actor=SYSTEM, at=at)


def _promise(name: str, at: datetime, *, decide: int, escalate_at: int, **fields: Any) -> None:
    level = ServiceLevel(name=name, claim_within=decide * _MINUTE / 2, decide_within=decide * _MINUTE, **fields)
    configuring.save_plan(level, actor=SYSTEM, at=at)
    marks = [
        Mark(service=level, of=Target.CLAIM, share=100),
        Mark(service=level, of=Target.DECIDE, share=escalate_at, raise_to=Priority.HIGH, **_SUPERVISORS),
        Mark(service=level, of=Target.DECIDE, share=100, **_SUPERVISORS),
    ]
    configuring.save_marks(level, kept=marks, gone=(), actor=SYSTEM, at=at)
