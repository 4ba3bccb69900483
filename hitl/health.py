"""Is the process alive, and can it do its work? For load balancers and supervisors."""

from __future__ import annotations

import asyncio
import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from reviewqueue.domain import policies
from reviewqueue.live import with_fresh_connection
from reviewqueue.queries import clock

if TYPE_CHECKING:
    from hitl.asgi_types import Send

ALIVE: Final = "/livez"
READY: Final = "/readyz"
ANSWER_SECONDS: Final = 5.0


async def answer(path: str, send: Send) -> None:
    """``/livez``: the event loop turns. ``/readyz``: 200 with every part's state, or 503 with the one that is not."""
    if path == ALIVE:
        await _send(send, 200, {"status": "alive"})
        return
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            report = await asyncio.to_thread(with_fresh_connection, state)
    except TimeoutError:
        report = {"status": "not ready", "database": f"no answer within {ANSWER_SECONDS:.0f} s"}
    await _send(send, 200 if report["status"] == "ready" else 503, report)


def state() -> dict[str, Any]:
    """The parts that the desk needs, each ``ok`` or what is wrong; Redis is reported and not needed."""
    report: dict[str, Any] = {"status": "not ready", "database": "ok", "migrations": "ok", "redis": redis_state()}
    try:
        _require_migrations()
        report["policy"], _compiled = policies.current(at=clock.now())
    except UnmigratedError:
        report["migrations"] = "missing: run manage.py migrate"
    except Exception as error:  # noqa: BLE001 - whatever is wrong, the answer is that we are not ready
        report["database"] = type(error).__name__
    else:
        report["status"] = "ready"
    return report


def migrated() -> bool:
    """Has the database every table of this version?"""
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def redis_state() -> str:
    """``ok``, ``away`` (pages poll instead) or ``not used``."""
    if not settings.REDIS_URL:
        return "not used"
    from hitl import redis_bell  # noqa: PLC0415 - the embedded desk does without

    return "ok" if redis_bell.answers(settings.REDIS_URL) else "away"


def forget() -> None:
    """Look at the migrations again."""
    _require_migrations.cache_clear()


class UnmigratedError(Exception):
    """Tables are missing."""


@lru_cache(maxsize=1)
def _require_migrations() -> None:
    """Looked at until it is so; migrations are not taken back under a running desk."""
    if not migrated():
        raise UnmigratedError


async def _send(send: Send, status: int, body: dict[str, Any]) -> None:
    content = json.dumps(body).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(content)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
