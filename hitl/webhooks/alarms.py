"""Alarms as deliveries, to endpoints of the desk: that one began, was acknowledged or ended, each once."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db.models import Q
from django.urls import reverse

from hitl.api import replies
from hitl.webhooks.models import Delivery, Endpoint
from reviewqueue.models import Alarm
from reviewqueue.queries import alarms

# As long as tries go on: what an endpoint missed while it was switched off for longer is old news.
FARTHEST: Final = timedelta(days=3)
_MOST: Final = 500
# What became of an alarm, and when; their order is that in which a receiver hears of them.
CHANGES: Final = (("alarm.raised", "raised_at"), ("alarm.acknowledged", "acknowledged_at"), ("alarm.ended", "ended_at"))


def gather(endpoint: Endpoint, *, at: datetime) -> int:
    """Make the deliveries that are not there yet; whoever else does so at once makes none of them a second time."""
    since = max(endpoint.created_at, at - FARTHEST)
    lately = Q()
    for _kind, column in CHANGES:
        lately |= Q(**{f"{column}__gte": since})
    found = Alarm.objects.filter(lately).select_related("rule").order_by("-raised_at")[:_MOST]
    told = [(moment, kind, alarm) for alarm in found for kind, moment in happened(alarm) if moment and moment >= since]
    wanted = {message_id(endpoint, kind, alarm): (moment, kind, alarm) for moment, kind, alarm in told}
    known = set(Delivery.objects.filter(message_id__in=list(wanted)).values_list("message_id", flat=True))
    made = [
        _delivery(endpoint, name, kind, alarm, at)
        for name, (_moment, kind, alarm) in sorted(wanted.items(), key=lambda one: one[1][0])
        if name not in known
    ]
    return len(Delivery.objects.bulk_create(made, ignore_conflicts=True))


def happened(alarm: Alarm) -> list[tuple[str, datetime | None]]:
    """What became of it, in order."""
    return [(kind, getattr(alarm, column)) for kind, column in CHANGES]


def _name(endpoint: Endpoint, kind: str, alarm: Alarm) -> bytes:
    """The same each time: whom it is for, of which alarm, and what became of it."""
    return hashlib.sha256(f"{endpoint.pk} {alarm.pk} {kind}".encode()).digest()


def message_id(endpoint: Endpoint, kind: str, alarm: Alarm) -> str:
    """How the receiver knows what it has seen."""
    return f"msg_{_name(endpoint, kind, alarm).hex()[:32]}"


def _delivery(endpoint: Endpoint, name: str, kind: str, alarm: Alarm, at: datetime) -> Delivery:
    moment = dict(happened(alarm))[kind]
    body = {"type": kind, "timestamp": moment and replies.instant(moment), "data": _data(alarm)}
    return Delivery(
        endpoint=endpoint,
        message_id=name,
        # It is no event of an agent; those have numbers above 0.
        event_id=-int.from_bytes(_name(endpoint, kind, alarm)[:7]),
        kind=kind,
        case_id=alarm.pk,
        body=json.dumps(body, ensure_ascii=False, separators=(",", ":")),
        created_at=at,
        begun_at=at,
        due_at=at,
    )


def _data(alarm: Alarm) -> dict[str, Any]:
    """What was measured, and nothing of the cases behind it."""
    return {
        "alarm": alarm.pk,
        "measure": alarm.rule.measure,
        "of": alarm.of,
        "says": alarms.sentence(alarm),
        "value": alarm.data["value"],
        "limit": alarm.data["limit"],
        "url": f"{settings.PUBLIC_URL}{reverse('alarm', args=[alarm.pk])}",
    }
