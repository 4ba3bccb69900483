"""The socket whispers: which case changed, in which order, and nothing of what is in it."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import parse_qs

from channels.generic.websocket import AsyncWebsocketConsumer

from reviewqueue import live

if TYPE_CHECKING:
    from reviewqueue.live import Listening
    from reviewqueue.queries.events import Change

log = logging.getLogger(__name__)

# Close codes: the page signs in again after the first two, and comes back later after the third.
UNAUTHENTICATED: Final = 4401
FORBIDDEN: Final = 4403
TRY_LATER: Final = 1013
TOO_BIG: Final = 1009
TOO_MANY: Final = 1008

LONGEST_MESSAGE: Final = 64 * 1024
MESSAGES_A_SECOND: Final = 20
# Rights are looked at this often even when nothing happens; the door's own memory is shorter still.
RIGHTS_SECONDS: Final = 1.0
SEND_SECONDS: Final = 5.0
# What concerns no case: a brake, an alarm. That something of the kind happened is all that is said.
_OF_THE_DESK: Final = frozenset({"paused", "resumed", "raised", "acknowledged", "ended"})


@dataclass(frozen=True, slots=True)
class Sight:
    """What somebody may hear about: the named queues, or all of them (``None``)."""

    queues: frozenset[str] | None

    def covers(self, change: Change) -> bool:
        """Is this change in a queue of theirs, or one of the desk as a whole?"""
        if change.case is None:
            return change.kind.partition(".")[2] in _OF_THE_DESK
        return change.queue is not None and (self.queues is None or change.queue in self.queues)


class Door(Protocol):
    """Who stands behind the socket; the project puts it into the scope as ``door``."""

    async def enter(self) -> int | None:
        """Let them in (``None``) or name the close code."""

    async def sight(self) -> Sight | None:
        """What they may see now, at most a second old; ``None`` when they have to leave."""


class LiveConsumer(AsyncWebsocketConsumer):  # type: ignore[misc] # channels ships no types
    """``/ws/live?after=<seq>``: one line for each change in a queue that the person may see, in order, none twice."""

    pump: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Accept first: a browser reads the close code of an accepted socket only."""
        self.door: Door = self.scope["door"]
        self.received: deque[float] = deque(maxlen=MESSAGES_A_SECOND + 1)
        try:
            after = place(self.scope["query_string"])
        except ValueError:
            await self.close()
            return
        refused = await self.door.enter()
        await self.accept()
        if refused:
            await self.close(refused)
            return
        self.pump = asyncio.create_task(self._pump(after))

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """The page has nothing to say here; whoever talks too much or too fast is sent away."""
        now = time.monotonic()
        self.received.append(now)
        if len(text_data or bytes_data or "") > LONGEST_MESSAGE:
            await self.close(TOO_BIG)
        elif len(self.received) > MESSAGES_A_SECOND and now - self.received[0] < 1:
            await self.close(TOO_MANY)

    async def disconnect(self, _code: int) -> None:
        """Whoever opened the door closes it."""
        if self.pump:
            self.pump.cancel()
            with suppress(asyncio.CancelledError):
                await self.pump

    async def _pump(self, after: int | None) -> None:
        try:
            with live.tail().listen(_is_news, after=after) as listening:
                code = await self._whisper(listening)
        except Exception:
            # Rights that cannot be read are no rights; the page comes back by itself and catches up.
            log.exception("A listener's socket is closed")
            code = TRY_LATER
        with suppress(OSError):  # gone already, or a reader that takes nothing and not the close either
            async with asyncio.timeout(1):
                await self.close(code)

    async def _whisper(self, listening: Listening) -> int:
        """Send until there is a reason to stop; returns the close code."""
        while True:
            change = await listening.next(RIGHTS_SECONDS)
            sight = await self.door.sight()
            if sight is None:
                return FORBIDDEN
            if change and sight.covers(change) and not await self._taken(_line(change)):
                return TRY_LATER

    async def _taken(self, line: str) -> bool:
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self.send(text_data=line)
        except OSError:  # the time is over, or nobody is there
            return False
        return True


def place(query_string: bytes) -> int | None:
    """The number behind ``after``, all that a page may ask for; raises ValueError for what is none."""
    values = parse_qs(query_string.decode("ascii", "replace")).get("after")
    if not values:
        return None
    number = int(values[-1])
    if not 0 <= number < 2**63:
        raise ValueError(number)
    return number


def _is_news(change: Change) -> bool:
    return change.case is not None or change.kind.partition(".")[2] in _OF_THE_DESK


@lru_cache(maxsize=2048)
def _line(change: Change) -> str:
    """Moves of a case concern its queue; what else happens to it concerns only who looks at it."""
    stream = f"queue:{change.queue}" if change.kind.startswith("case.") else f"case:{change.case}"
    if change.case is None:
        stream = "desk"
    message: dict[str, Any] = {
        "stream": stream,
        "seq": change.seq,
        "case": change.case,
        "version": change.version,
    }
    return json.dumps(message, separators=(",", ":"))
