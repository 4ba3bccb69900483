"""The events in commit order, never skipping one that a slower transaction commits later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connection

from audit import rows
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
    agent: int | None
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
    where, given = _beyond(seq)
    for column, wanted in (
        ("agent_id", agent if agent is None else [agent]),
        ("queue_id", queues),
        ("kind", kinds or None),
    ):
        if wanted is not None:
            where += f" AND {column} IN ({', '.join(['%s'] * len(wanted)) or 'NULL'})"
            given += wanted
    rest = f"WHERE {where} AND {_settled()} ORDER BY xid, id LIMIT %s"
    return [Change(*row) for row in rows.values(Event, _COLUMNS, rest, [*given, limit])]


def newest() -> int:
    """The ``seq`` of the last settled event; 0 when there is none."""
    found = rows.values(Event, ("id",), f"WHERE {_settled()} ORDER BY xid DESC, id DESC LIMIT 1", [])
    return int(found[0][0]) if found else 0


def _beyond(seq: int) -> tuple[str, list[Any]]:
    """Behind the event ``seq`` in commit order; events are read by (transaction, id), which is not the order of ids."""
    known = rows.values(Event, ("xid",), "WHERE id = %s", [seq]) if connection.vendor == "postgresql" else []
    # Where the event is no longer kept, its number is all there is to go by.
    return ("(xid, id) > (%s, %s)", [known[0][0], seq]) if known else ("id > %s", [seq])


def _settled() -> str:
    """Without events of transactions that are still running, or that began after one that is."""
    return (
        "xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint" if connection.vendor == "postgresql" else "1 = 1"
    )
