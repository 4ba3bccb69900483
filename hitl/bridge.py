"""Plain requests on the ASGI port: a whole request goes to a thread, a whole response comes back.

A thread works only between the two. Neither a client that sends slowly nor one that reads slowly holds one, and one
that something else holds, such as a database that hangs, is waited for so long and no longer.
"""

from __future__ import annotations

import asyncio
import io
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hitl.asgi_types import Receive, Scope, Send

    Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

BODY_SECONDS: Final = 30.0
BUSY: Final = "The desk cannot work right now. Send the same request again in a moment."
_BARE = {"content-length": "CONTENT_LENGTH", "content-type": "CONTENT_TYPE"}


class Bridge:
    """A WSGI application as an ASGI one.

    A body of more than ``longest`` bytes is not kept: the application gets its length and nothing of it, and refuses
    it in its own words. With more than ``waiting`` requests in line for a thread the next is told to come again.
    So is who has no answer after ``patience`` seconds: a request in line is dropped, and of one that is being worked on
    ``late`` hears in which thread. Each thread calls ``begin`` first.
    """

    def __init__(
        self,
        application: Application,
        *,
        threads: int,
        longest: int,
        waiting: int = 500,
        patience: float = 60.0,
        begin: Callable[[], None] | None = None,
        late: Callable[[int], None] = lambda _thread: None,
    ) -> None:
        self._application, self._longest = application, longest
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="web", initializer=begin)
        self._room = threads + waiting
        self._patience, self._late = patience, late

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._room <= 0:
            await _answer(send, 503, BUSY)
            return
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body, length = await self._body(scope, receive)
        except TimeoutError:
            await _answer(send, 408, "Request Timeout")
            return
        except ConnectionResetError:
            return
        response = await self._worked_on(_environ(scope, body, length))
        if response:
            await response.send(send)
        else:
            await _answer(send, 503, BUSY)

    def close(self) -> None:
        """Take no more; what runs is finished."""
        self._threads.shutdown(wait=False)

    async def _body(self, scope: Scope, receive: Receive) -> tuple[bytes, int | None]:
        """The body and its length, ``None`` when there is none; of a body that is too long only the length so far."""
        declared = _header(scope, b"content-length")
        if declared is None and _header(scope, b"transfer-encoding") is None:
            return b"", None
        if declared is not None and (length := _whole_number(declared)) > self._longest:
            return b"", length
        parts, length, more = [], 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ConnectionResetError
            part, more = message.get("body", b""), message.get("more_body", False)
            length += len(part)
            if length > self._longest:
                return b"", length
            parts.append(part)
        return b"".join(parts), length

    async def _worked_on(self, environ: dict[str, Any]) -> Response | None:
        """The response, ``None`` when it took too long."""
        turn, loop = Turn(), asyncio.get_running_loop()
        work = loop.run_in_executor(self._threads, self._run, environ, turn)
        limit = loop.call_later(self._patience, self._give_up, work, turn)
        self._room -= 1
        try:
            return await work
        except asyncio.CancelledError:
            if turn.given_up:
                return None
            raise
        finally:
            limit.cancel()
            self._room += 1

    def _give_up(self, work: asyncio.Future[Response], turn: Turn) -> None:
        """Who is still in line never gets to work: the client will have sent it again by then."""
        turn.given_up = True
        work.cancel()
        if turn.thread:
            self._late(turn.thread)

    def _run(self, environ: dict[str, Any], turn: Turn) -> Response:
        turn.thread = threading.get_ident()
        response = Response()
        answer = self._application(environ, response.start)
        try:
            response.parts = [part for part in answer if part]
        finally:
            if hasattr(answer, "close"):
                answer.close()
            turn.thread = 0
        return response


@dataclass(slots=True)
class Turn:
    """One request on its way: in which thread it is being worked on, and whether it is still waited for."""

    thread: int = 0
    given_up: bool = False


class Response:
    """What the application answered."""

    def __init__(self) -> None:
        self.status = 500
        self.headers: list[tuple[bytes, bytes]] = []
        self.parts: list[bytes] = []

    def start(self, status: str, headers: list[tuple[str, str]], _exc_info: Any = None) -> None:
        """WSGI's ``start_response``; the old ``write`` is not offered, Django does not use it."""
        self.status = int(status.split(" ", 1)[0])
        self.headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]

    async def send(self, send: Send) -> None:
        """Give it to the client, who may be gone by now."""
        with suppress(OSError):
            await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
            await send({"type": "http.response.body", "body": b"".join(self.parts)})


def _environ(scope: Scope, body: bytes, length: int | None) -> dict[str, Any]:
    server, client = scope.get("server") or ("localhost", 80), scope.get("client")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode().decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1] or 0),
        "REMOTE_ADDR": client[0] if client else "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    _add_headers(environ, scope)
    if length is not None:
        environ["CONTENT_LENGTH"] = str(length)
    return environ


def _add_headers(environ: dict[str, Any], scope: Scope) -> None:
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        # In an environ "X_Forwarded_Proto" would pass for the "X-Forwarded-Proto" that only the proxy may set.
        if "_" in name or name == "transfer-encoding":
            continue
        key = _BARE.get(name) or "HTTP_" + name.upper().replace("-", "_")
        joint = "; " if key == "HTTP_COOKIE" else ","
        environ[key] = f"{environ[key]}{joint}{value}" if key in environ else value


def _header(scope: Scope, wanted: bytes) -> bytes | None:
    return next((value for name, value in scope["headers"] if name == wanted), None)


def _whole_number(text: bytes) -> int:
    return int(text) if text.isdigit() else 0


async def _answer(send: Send, status: int, text: str) -> None:
    headers = [(b"content-type", b"text/plain"), (b"retry-after", b"1"), (b"connection", b"close")]
    with suppress(OSError):
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": f"{text}\n".encode()})
