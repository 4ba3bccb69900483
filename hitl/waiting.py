"""Django for those who wait: long-polls and event streams, which hold no thread and end at once when the desk stops."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.exception import convert_exception_to_response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from hitl.asgi_types import Receive, Scope, Send


class Waiting(ASGIHandler):
    """Middleware written for threads would hold one for each who waits, so none runs here."""

    def __init__(self) -> None:
        super().__init__()
        self._ending = asyncio.Event()

    def end(self) -> None:
        """Send everybody home: they ask again, and another process answers."""
        self._ending.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As Django's, without a thread of its own for each request."""
        answer = Answer(send)
        await self.handle(scope, lambda: self._receive_or_end(receive), answer.send)
        if self._ending.is_set():
            await answer.finish()

    def load_middleware(self, is_async: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - Django's signature
        """Only what turns exceptions into responses."""
        for kind in ("view", "template_response", "exception"):
            setattr(self, f"_{kind}_middleware", [])
        inner: Any = self._get_response_async  # type: ignore[attr-defined] # the stubs leave it out
        self._middleware_chain = convert_exception_to_response(inner)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        """With the addresses at which one can wait."""
        request.urlconf = "hitl.api.waiting_urls"
        return await super().get_response_async(request)

    async def _receive_or_end(self, receive: Receive) -> Mapping[str, Any]:
        """To Django the end of the desk looks like a client that has left."""
        received, ended = asyncio.ensure_future(receive()), asyncio.ensure_future(self._ending.wait())
        try:
            await asyncio.wait((received, ended), return_when=asyncio.FIRST_COMPLETED)
            return received.result() if received.done() else {"type": "http.disconnect"}
        finally:
            received.cancel()
            ended.cancel()


class Answer:
    """What has gone out so far, so that it can be brought to an end."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._started = self._complete = False

    async def send(self, message: Mapping[str, Any]) -> None:
        """Pass a message on."""
        await self._send(message)
        self._started = True
        self._complete = message["type"] == "http.response.body" and not message.get("more_body", False)

    async def finish(self) -> None:
        """Close what was begun; to whom nothing was said yet, say when to come again."""
        with suppress(OSError):
            if not self._started:
                headers = [(b"retry-after", b"1"), (b"content-length", b"0"), (b"connection", b"close")]
                await self.send({"type": "http.response.start", "status": 503, "headers": headers})
            if not self._complete:
                await self.send({"type": "http.response.body", "body": b""})
