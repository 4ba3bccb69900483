"""The keys that agents come with."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from django.db import connection

from audit import rows
from reviewqueue.models import Agent, AgentKey
from reviewqueue.queries import clock

if TYPE_CHECKING:
    from datetime import datetime


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
