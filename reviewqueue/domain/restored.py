"""After a dump was restored: PostgreSQL's transaction numbers began anew, and those of the old events mean nothing."""

from __future__ import annotations

import logging
from typing import Final

from django.db import connection

log = logging.getLogger(__name__)

# A number that this database has not given out yet can only come from another one.
_FROM_ELSEWHERE: Final = (
    "SELECT EXISTS (SELECT 1 FROM reviewqueue_event WHERE xid >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint)"
)


def settle_events() -> int:
    """Put the events of another database in front of all that come, in the order of their ids; returns how many.

    Without this they would count as unfinished, and readers would wait for them. Does nothing in the normal case, which
    costs one look into an index; harmless twice or in several processes at once.
    """
    if connection.vendor != "postgresql":
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_FROM_ELSEWHERE)
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute("UPDATE reviewqueue_event SET xid = 0 WHERE xid <> 0")
        log.warning("The database was restored from a dump: %s events are put in order", cursor.rowcount)
        return int(cursor.rowcount)
