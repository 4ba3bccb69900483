"""The door in front of every websocket: where it comes from, who stands there, and what they may hear."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, TypeVar

from django.conf import settings
from django.db import connections
from django.http.request import split_domain_port, validate_host
from django.utils import timezone

from hitl.accounts import admission
from hitl.accounts.admission import Admission
from hitl.customers.socket import PREFIX, WaitConsumer
from reviewqueue.consumers import FORBIDDEN, UNAUTHENTICATED, LiveConsumer, Sight
from reviewqueue.live import with_fresh_connection

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hitl.asgi_types import Receive, Scope, Send

Result = TypeVar("Result")

PATH: Final = "/ws/live"
TOO_MANY: Final = 4429
SOCKETS_PER_SESSION: Final = 5
# A token is a program: a wall of monitors or a load test may open many.
SOCKETS_PER_TOKEN: Final = 1000
# Sockets look once a second; together with this, a revoked person is out within two.
MEMORY_SECONDS: Final = 0.5


class Doorkeeper:
    """Knows everybody inside and looks all of them up at once, however many ask."""

    def __init__(self) -> None:
        self._inside: Counter[Admission] = Counter()
        self._seen: frozenset[Admission] = frozenset()
        self._allowed: Mapping[Admission, frozenset[str] | None] = {}
        self._seen_at = float("-inf")
        self._looking = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="door")

    async def admit(self, headers: Mapping[str, str]) -> Admission | int:
        """Who this is, now counted as inside, or the close code."""
        found = await self._in_thread(lambda: _identified(headers))
        if found is None:
            return UNAUTHENTICATED
        sockets = sum(count for other, count in self._inside.items() if other.credential == found.credential)
        if sockets >= (SOCKETS_PER_SESSION if found.session else SOCKETS_PER_TOKEN):
            return TOO_MANY
        self._inside[found] += 1
        return found

    def leave(self, who: Admission) -> None:
        """One socket less."""
        self._inside[who] -= 1
        if self._inside[who] <= 0:
            del self._inside[who]

    async def sight(self, who: Admission) -> Sight | None:
        """What they may see now, ``None`` when they may not stay."""
        if not self._knows(who):
            async with self._looking:
                if not self._knows(who):
                    await self._look([*self._inside, who])
        return Sight(self._allowed[who]) if who in self._allowed else None

    async def close(self) -> None:
        """Give the database connection back."""
        await self._in_thread(connections.close_all)
        self._thread.shutdown(wait=False)

    def _knows(self, who: Admission) -> bool:
        return who in self._seen and time.monotonic() - self._seen_at < MEMORY_SECONDS

    async def _look(self, everybody: list[Admission]) -> None:
        started = time.monotonic()
        self._allowed = await self._in_thread(lambda: admission.still(at=timezone.now(), admissions=everybody))
        self._seen, self._seen_at = frozenset(everybody), started

    async def _in_thread(self, call: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, with_fresh_connection, call)


class Door:
    """One socket's side of the doorkeeper."""

    def __init__(self, keeper: Doorkeeper, headers: Mapping[str, str]) -> None:
        self._keeper, self._headers = keeper, headers
        self._who: Admission | None = None

    async def enter(self) -> int | None:
        """Let them in (``None``) or name the close code."""
        found = await self._keeper.admit(self._headers)
        if isinstance(found, int):
            return found
        self._who = found
        return None

    async def sight(self) -> Sight | None:
        """What they may see now; ``None`` when they have to leave."""
        return await self._keeper.sight(self._who) if self._who else None

    def leave(self) -> None:
        """The socket is gone."""
        if self._who:
            self._keeper.leave(self._who)
            self._who = None


class Sockets:
    """The ASGI application for websockets."""

    def __init__(self) -> None:
        self._keeper: Doorkeeper | None = None
        self._live = LiveConsumer.as_asgi()
        self._wait = WaitConsumer.as_asgi()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = _readable(scope)
        for_customer = scope["path"].startswith(PREFIX) and "origin" in headers
        if not (for_customer or scope["path"] == PATH) or not _comes_from_us(headers):
            await receive()
            await send({"type": "websocket.close", "code": FORBIDDEN})
            return
        if for_customer:
            await self._wait(scope, receive, send)
            return
        self._keeper = self._keeper or Doorkeeper()
        door = Door(self._keeper, headers)
        try:
            await self._live({**scope, "door": door}, receive, send)
        finally:
            # Here alone: the consumer is told of no end when they went away while it was looked who they are.
            door.leave()

    async def close(self) -> None:
        """The server stops."""
        if self._keeper:
            await self._keeper.close()
            self._keeper = None


def _readable(scope: Scope) -> dict[str, str]:
    """The headers; one that comes twice is joined, and then fits nothing."""
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        text = value.decode("latin-1")
        key = name.decode("latin-1").lower()
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


def _comes_from_us(headers: Mapping[str, str]) -> bool:
    """The host is ours, and a page that opens a socket was served by it (or by an address that the operator trusts)."""
    host = headers.get("host", "")
    if not validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS):
        return False
    origin = headers.get("origin")
    if origin is None:  # no browser; a cookie alone is not enough then
        return "authorization" in headers
    return origin in settings.CSRF_TRUSTED_ORIGINS or origin in {f"http://{host}", f"https://{host}"}


def _identified(headers: Mapping[str, str]) -> Admission | None:
    scheme, _space, secret = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return admission.by_token(secret.strip(), timezone.now())
    return admission.by_cookie(headers.get("cookie", ""), timezone.now())
