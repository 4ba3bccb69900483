"""The events in commit order, never skipping one that a slower transaction commits later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import connection
from django.db.models import Q, QuerySet

from reviewqueue.models import Event

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

_COLUMNS = ("id", "kind", "case_id", "version", "agent_id", "queue_id", "at", "conversation_id")


@dataclass(frozen=True, slots=True)
class Change:
    """One event; ``seq`` is the place from which to read on."""

    seq: int
    kind: str
    case: str | None
    version: int
    agent: int
    queue: str | None
    at: datetime
    conversation: int | None = None


def after(
    seq: int,
    *,
    limit: int = 500,
    agent: int | None = None,
    queues: Collection[str] | None = None,
    kinds: Collection[str] = (),
) -> list[Change]:
    """Up to ``limit`` settled events after ``seq``, optionally only an agent's, some queues' or some kinds'."""
    events = _settled(Event.objects.all()).filter(_beyond(seq))
    if agent is not None:
        events = events.filter(agent_id=agent)
    if queues is not None:
        events = events.filter(queue_id__in=queues)
    if kinds:
        events = events.filter(kind__in=kinds)
    return [Change(*row) for row in events.order_by("xid", "id").values_list(*_COLUMNS)[:limit]]


def newest() -> int:
    """The ``seq`` of the last settled event; 0 when there is none."""
    return _settled(Event.objects.all()).order_by("-xid", "-id").values_list("id", flat=True).first() or 0


def _beyond(seq: int) -> Q:
    """Behind the event ``seq`` in commit order; events are read by (transaction, id), which is not the order of ids."""
    if connection.vendor != "postgresql" or seq <= 0:
        return Q(id__gt=seq)
    xid = Event.objects.filter(pk=seq).values_list("xid", flat=True).first()
    if xid is None:  # the event is no longer kept
        return Q(id__gt=seq)
    return Q(xid__gt=xid) | Q(xid=xid, id__gt=seq)


def _settled(events: QuerySet[Event]) -> QuerySet[Event]:
    """Without events of transactions that are still running, or that began after one that is."""
    if connection.vendor != "postgresql":
        return events
    return events.extra(where=["xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint"])
