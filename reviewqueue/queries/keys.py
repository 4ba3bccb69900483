"""The keys that agents come with."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from django.db import connection

from audit import rows
from reviewqueue.models import Agent, AgentKey
from reviewqueue.queries import clock

if TYPE_CHECKING:
    from datetime import datetime


# For so long a process may go without asking; a key that is revoked must open nothing within two seconds.
_KEPT_SECONDS: Final = 1.0
_MOST_KEPT: Final = 1000


class _Asked(NamedTuple):
    key: AgentKey
    at: datetime
    seconds: float


_kept: Final[dict[str, _Asked]] = {}


def lately(digest: str) -> tuple[AgentKey, datetime] | None:
    """As ``presented``, but asked once a second: for calls that let nothing run."""
    if (asked := _kept.get(digest)) and (age := time.monotonic() - asked.seconds) < _KEPT_SECONDS:
        return asked.key, clock.later(asked.at, age)
    began = time.monotonic()
    known = presented(digest)
    if len(_kept) >= _MOST_KEPT or known is None:
        _kept.pop(digest if known is None else next(iter(_kept)), None)
    if known:
        _kept[digest] = _Asked(*known, began)
    return known


def forget() -> None:
    """Ask anew at the next call: in the process that changed something it acts at once."""
    _kept.clear()


def presented(digest: str) -> tuple[AgentKey, datetime] | None:
    """The key with its agent, and the time by the database's clock: one question, since every call asks it."""
    with connection.cursor() as cursor:
        cursor.execute(_sql(connection.vendor), [digest])
        found = cursor.fetchone()
    if found is None:
        return None
    width = len(AgentKey._meta.concrete_fields)  # noqa: SLF001 - the model's own list of its columns
    key = rows.read(AgentKey, found[:width])
    key.agent = rows.read(Agent, found[width:-1])
    return key, clock.read(found[-1])


@lru_cache(maxsize=2)
def _sql(_vendor: str) -> str:
    return f"""
    SELECT {rows.columns(AgentKey)}, {rows.columns(Agent)}, {clock.expression()}
    FROM reviewqueue_agentkey JOIN reviewqueue_agent ON reviewqueue_agent.id = reviewqueue_agentkey.agent_id
    WHERE reviewqueue_agentkey.hash = %s
    """  # noqa: S608 - names of our own columns
