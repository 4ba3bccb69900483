"""``/ws/wait/<token>``: whispers to the customer's page that something changed, and nothing else."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, TypeVar

from asgiref.sync import sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from reviewqueue import live
from reviewqueue.consumers import FORBIDDEN, SEND_SECONDS, TOO_BIG, TRY_LATER
from reviewqueue.models import Request
from reviewqueue.queries import clock, links

if TYPE_CHECKING:
    from collections.abc import Callable

    from reviewqueue.queries.events import Change

Result = TypeVar("Result")
log = logging.getLogger(__name__)
PREFIX: Final = "/ws/wait/"
CHANGED: Final = '{"changed":true}'
PER_CASE: Final = 10
ALL: Final = 2000
# A page that stays open has its link looked at again this often.
LOOK_SECONDS: Final = 60.0
_open: Counter[str] = Counter()


class WaitConsumer(AsyncWebsocketConsumer):  # type: ignore[misc] # channels ships no types
    """One customer's page."""

    pump: asyncio.Task[None] | None = None
    case_id: str = ""

    async def connect(self) -> None:
        """Only who has a valid link, and not too many of them."""
        found = await _in_database(lambda: _case_id(self.scope["path"].removeprefix(PREFIX)))
        await self.accept()
        if found is None:
            await self.close(FORBIDDEN)
        elif _open[found] >= PER_CASE or _open.total() >= ALL:
            await self.close(TRY_LATER)
        else:
            self.case_id = found
            _open[found] += 1
            self.pump = asyncio.create_task(self._pump())

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:  # noqa: ARG002 - Channels' signature
        """The page has nothing to say here."""
        await self.close(TOO_BIG)

    async def disconnect(self, _code: int) -> None:
        """The place becomes free."""
        if self.case_id:
            _open[self.case_id] -= 1
            if _open[self.case_id] <= 0:
                del _open[self.case_id]
        if self.pump:
            self.pump.cancel()
            with suppress(asyncio.CancelledError):
                await self.pump

    async def _pump(self) -> None:
        try:
            await self._whisper()
        except Exception:
            log.exception("A customer's socket is closed; the page goes on by itself")
        with suppress(OSError):
            async with asyncio.timeout(1):
                await self.close(TRY_LATER)

    async def _whisper(self) -> None:
        watched = {self.case_id, *await _in_database(lambda: _made_for(self.case_id))}

        def concerns(change: Change) -> bool:
            return change.case in watched and not change.kind.startswith("presence.")

        with live.tail().listen(concerns) as listening:
            # What happened between the page and the socket is fetched by this first whisper.
            await self._say()
            while True:
                change = await listening.next(LOOK_SECONDS)
                if change is None and await _in_database(lambda: _case_id(self._token)) is None:
                    return
                if change:
                    watched |= await _in_database(lambda: _made_for(self.case_id))
                    await self._say()

    @property
    def _token(self) -> str:
        return str(self.scope["path"].removeprefix(PREFIX))

    async def _say(self) -> None:
        async with asyncio.timeout(SEND_SECONDS):
            await self.send(text_data=CHANGED)


def _case_id(token: str) -> str | None:
    case = links.find(token, at=clock.now())
    return case.pk if case else None


def _made_for(case_id: str) -> set[str]:
    return set(Request.objects.filter(case_id=case_id).values_list("made_id", flat=True))


async def _in_database(work: Callable[[], Result]) -> Result:
    run: Any = sync_to_async(live.with_fresh_connection, thread_sensitive=False)
    result: Result = await run(work)
    return result
