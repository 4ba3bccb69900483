"""The one ASGI application, embedded and in production: ``uvicorn hitl.asgi:application``.

Websockets go to Channels, waiting agents to Django's asynchronous handler, everything else to its quicker plain one.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import re
import signal
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hitl.settings")
django.setup()

from django.conf import settings  # noqa: E402 - apps must be ready
from django.core.checks import ERROR, run_checks  # noqa: E402 - apps must be ready

from hitl import health, kept_connections, ticker  # noqa: E402 - apps must be ready
from hitl.bridge import Bridge  # noqa: E402 - apps must be ready
from hitl.sockets import Sockets  # noqa: E402 - apps must be ready
from hitl.waiting import Waiting  # noqa: E402 - apps must be ready
from hitl.wsgi import application as plain_application  # noqa: E402 - apps must be ready
from reviewqueue import checks, live  # noqa: E402 - apps must be ready

if TYPE_CHECKING:
    from types import FrameType

    from hitl.asgi_types import Receive, Scope, Send

log = logging.getLogger(__name__)

_REVIEW: Final = "/api/v1/review/"
_EVENTS: Final = "/api/v1/events"
_CHANGES: Final = re.compile(r"/api/v1/(?:cases/[^/]+|conversations/.+)")
_WAIT: Final = re.compile(rb"(?i)(^|[,;\s])wait\s*=")


class Desk:
    """What runs in a web process."""

    def __init__(self) -> None:
        self._people = _bridge(settings.WEB_THREADS)
        self._agents = _bridge(settings.AGENT_THREADS)
        self._waiting = Waiting()
        self._sockets = Sockets()
        self._ticker = ticker.Ticker()
        self._following: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send each connection where it belongs."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "websocket":
            await self._sockets(scope, receive, send)
        elif scope["path"] in {health.ALIVE, health.READY}:
            await health.answer(scope["path"], send)
        elif waits(scope):
            await self._waiting(scope, receive, send)
        elif from_an_agent(scope["path"]):
            await self._agents(scope, receive, send)
        else:
            await self._people(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        if faults := [str(found) for found in run_checks(tags=[checks.TAG]) if found.level >= ERROR]:
            await send({"type": "lifespan.startup.failed", "message": "\n".join(faults)})
            return
        self._start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self._waiting.end()
        await self._stop()
        await send({"type": "lifespan.shutdown.complete"})

    def _start(self) -> None:
        # What was imported stays for good: the collector need not walk through it again and again.
        gc.collect()
        gc.freeze()
        self.hear_the_end()
        tail = live.tail()
        self._ticker.start()
        if settings.REDIS_URL:
            from hitl import redis_bell  # noqa: PLC0415 - the embedded desk does without

            self._following = asyncio.create_task(redis_bell.follow(settings.REDIS_URL, tail.ring))

    def hear_the_end(self) -> None:
        """The server waits for open requests before it tells the application that it stops: too late for who waits."""
        if threading.current_thread() is not threading.main_thread():
            return
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            before = signal.getsignal(number)

            def heard(number: int, frame: FrameType | None, before: Any = before) -> None:
                loop.call_soon_threadsafe(self._waiting.end)
                if callable(before):
                    before(number, frame)

            signal.signal(number, heard)

    async def _stop(self) -> None:
        self._ticker.stop()
        if self._following:
            self._following.cancel()
            with suppress(asyncio.CancelledError):
                await self._following
        await self._sockets.close()
        await live.stop()
        self._people.close()
        self._agents.close()


def _bridge(threads: int) -> Bridge:
    """People and agents have each their own: however many proposals wait, no page stands behind them."""
    return Bridge(
        plain_application,
        threads=threads,
        longest=settings.MAX_BODY_BYTES,
        patience=settings.ANSWER_SECONDS,
        begin=kept_connections.keep,
        late=kept_connections.cut,
    )


def from_an_agent(path: str) -> bool:
    """Agents call the API outside of what is for reviewers; a report for people must not hold up a proposal."""
    return path.startswith("/api/") and not path.startswith(_REVIEW)


def waits(scope: Scope) -> bool:
    """Only who really waits: the same addresses answer at once on the plain path."""
    if scope["method"] != "GET":
        return False
    headers = dict(scope["headers"])
    if b"content-length" in headers or b"transfer-encoding" in headers:
        return False
    if scope["path"] == _EVENTS:
        return True
    return bool(_CHANGES.fullmatch(scope["path"]) and _WAIT.search(headers.get(b"prefer", b"")))


application = Desk()
