"""The one ASGI application, embedded and in production: ``uvicorn hitl.asgi:application``.

Websockets go to Channels, waiting agents to Django's asynchronous handler, everything else to its quicker plain one.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hitl.settings")
django.setup()

from django.conf import settings  # noqa: E402 - apps must be ready
from django.core.checks import ERROR, run_checks  # noqa: E402 - apps must be ready
from django.core.handlers.asgi import ASGIHandler  # noqa: E402 - apps must be ready
from django.core.handlers.exception import convert_exception_to_response  # noqa: E402 - apps must be ready

from hitl import health, ticker  # noqa: E402 - apps must be ready
from hitl.bridge import Bridge  # noqa: E402 - apps must be ready
from hitl.sockets import Sockets  # noqa: E402 - apps must be ready
from hitl.wsgi import application as plain_application  # noqa: E402 - apps must be ready
from reviewqueue import checks, live  # noqa: E402 - apps must be ready

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from hitl.asgi_types import Receive, Scope, Send

log = logging.getLogger(__name__)

_EVENTS: Final = "/api/v1/events"
_CASE: Final = re.compile(r"/api/v1/cases/[^/]+")
_WAIT: Final = re.compile(rb"(?i)(^|[,;\s])wait\s*=")


class Waiting(ASGIHandler):
    """Django for those who wait. Middleware written for threads would hold one for each of them, so none runs here."""

    def load_middleware(self, is_async: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - Django's signature
        """Only what turns exceptions into responses."""
        for kind in ("view", "template_response", "exception"):
            setattr(self, f"_{kind}_middleware", [])
        self._middleware_chain = convert_exception_to_response(self._get_response_async)  # type: ignore[attr-defined] # the stubs leave it out

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As Django's, without a thread of its own for each request."""
        await self.handle(scope, receive, send)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        """With the addresses at which one can wait."""
        request.urlconf = "hitl.api.waiting_urls"
        return await super().get_response_async(request)


class Desk:
    """What runs in a web process."""

    def __init__(self) -> None:
        self._plain = Bridge(plain_application, threads=settings.WEB_THREADS, longest=settings.MAX_BODY_BYTES)
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
        elif _waits(scope):
            await self._waiting(scope, receive, send)
        else:
            await self._plain(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        if faults := [str(found) for found in run_checks(tags=[checks.TAG]) if found.level >= ERROR]:
            await send({"type": "lifespan.startup.failed", "message": "\n".join(faults)})
            return
        self._start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._stop()
        await send({"type": "lifespan.shutdown.complete"})

    def _start(self) -> None:
        tail = live.tail()
        self._ticker.start()
        if settings.REDIS_URL:
            from hitl import redis_bell  # noqa: PLC0415 - the embedded desk does without

            self._following = asyncio.create_task(redis_bell.follow(settings.REDIS_URL, tail.ring))

    async def _stop(self) -> None:
        self._ticker.stop()
        if self._following:
            self._following.cancel()
            with suppress(asyncio.CancelledError):
                await self._following
        await self._sockets.close()
        await live.stop()
        self._plain.close()


def _waits(scope: Scope) -> bool:
    """Only who really waits: the same addresses answer at once on the plain path."""
    if scope["method"] != "GET":
        return False
    headers = dict(scope["headers"])
    if b"content-length" in headers or b"transfer-encoding" in headers:
        return False
    if scope["path"] == _EVENTS:
        return True
    return bool(_CASE.fullmatch(scope["path"]) and _WAIT.search(headers.get(b"prefer", b"")))


application = Desk()
