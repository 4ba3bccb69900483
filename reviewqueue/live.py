"""Follows the events table for everybody in this process who waits: sockets, long-polls, event streams.

One ``Tail`` a loop reads each event once and hands it to its listeners in commit order, without a gap and without a
double. It reads when it is rung and once a second anyway, so a lost ring costs a moment and nothing else. While nobody
listens it reads nothing and only remembers where to go on.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final, TypeVar
from weakref import WeakKeyDictionary

from django.db import close_old_connections, connections

from reviewqueue import wake
from reviewqueue.queries import events

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reviewqueue.queries.events import Change

Result = TypeVar("Result")
log = logging.getLogger(__name__)
_tails: WeakKeyDictionary[asyncio.AbstractEventLoop, Tail] = WeakKeyDictionary()

POLL_SECONDS: Final = 1.0
# A ring may come before an older transaction has ended, and then shows nothing yet: look again soon, then less often.
SOON_SECONDS: Final = 0.02
# Many changes in a row are read together, so that following costs little when the desk is busy.
LEAST_SECONDS: Final = 0.01
# And following never takes more than a quarter of the time.
_RESTS: Final = 3
BUFFER: Final = 1000


def tail() -> Tail:
    """The running loop's tail; the first call starts it."""
    loop = asyncio.get_running_loop()
    if loop not in _tails:
        _tails[loop] = Tail()
        _tails[loop].start()
    return _tails[loop]


async def stop() -> None:
    """End the running loop's tail, if it has one."""
    if running := _tails.pop(asyncio.get_running_loop(), None):
        await running.stop()


class Tail:
    """``read(seq)`` gives the next events after ``seq``, ``newest()`` the place from which to follow."""

    def __init__(
        self, *, read: Callable[[int], list[Change]] = events.after, newest: Callable[[], int] = events.newest
    ) -> None:
        self.seq: int | None = None
        self._read, self._newest = read, newest
        self._listeners: set[Listening] = set()
        self._loop = asyncio.get_running_loop()
        self._rung, self._came = asyncio.Event(), asyncio.Event()
        self._ringing = False
        # One thread, hence one database connection for all who catch up.
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="tail")
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Follow from now on; changes made in this process ring by themselves."""
        self._task = self._loop.create_task(self._follow(), name="tail")
        wake.connect(self.ring)

    async def stop(self) -> None:
        """Follow no longer and give the database connection back."""
        wake.disconnect(self.ring)
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await self._loop.run_in_executor(self._reader, connections.close_all)
        self._reader.shutdown(wait=False)

    def ring(self) -> None:
        """Look now. From any thread; returns at once; many rings in a row become one."""
        if self._ringing or not self._listeners:
            return
        self._ringing = True
        try:
            self._loop.call_soon_threadsafe(self._be_rung)
        except RuntimeError:  # the loop is closed; nobody listens any more
            wake.disconnect(self.ring)

    @contextmanager
    def listen(self, wants: Callable[[Change], bool], *, after: int | None = None) -> Iterator[Listening]:
        """Hear of every wanted change from now on, or of every one after the event ``after``.

        ``wants`` is asked in the event loop: it must be quick and must not touch the database.
        """
        listening = Listening(self, wants, after)
        self._listeners.add(listening)
        self._came.set()
        try:
            yield listening
        finally:
            self._listeners.discard(listening)

    async def read(self, seq: int) -> list[Change]:
        """The next events after ``seq``, read in the tail's thread."""
        return await self._in_thread(lambda: self._read(seq))

    def _be_rung(self) -> None:
        self._ringing = False
        self._rung.set()

    async def _follow(self) -> None:
        pause = SOON_SECONDS
        while True:
            rung = self._rung.is_set()
            self._rung.clear()
            self._came.clear()
            began = self._loop.time()
            found = await self._look()
            rest = max(LEAST_SECONDS, _RESTS * (self._loop.time() - began))
            pause = SOON_SECONDS if rung or found else min(pause * 3, POLL_SECONDS)
            if not self._listeners:
                await _within(POLL_SECONDS, self._came)
                continue
            if not found:
                await _within(pause, self._rung)
            await asyncio.sleep(began + rest - self._loop.time())

    async def _look(self) -> bool:
        """Hand on what is new; a database that does not answer is asked again later."""
        try:
            if self.seq is None:
                self._begin(await self._in_thread(self._newest))
                return False
            if not self._listeners:
                return await self._pass_over()
            changes = await self.read(self.seq)
        except Exception:
            log.exception("The events cannot be read; looking again")
            await asyncio.sleep(POLL_SECONDS)
            return False
        for change in changes:
            self._hand_on(change)
        return bool(changes)

    async def _pass_over(self) -> bool:
        """Go on behind what nobody listened to; who comes meanwhile hears from where they came."""
        newest = await self._in_thread(self._newest)
        if not self._listeners:
            self.seq = newest
        return False

    def _begin(self, seq: int) -> None:
        self.seq = seq
        for listening in self._listeners:
            listening.begin(seq)

    def _hand_on(self, change: Change) -> None:
        self.seq = change.seq
        for listening in tuple(self._listeners):
            listening.hear(change)

    async def _in_thread(self, read: Callable[[], Result]) -> Result:
        return await self._loop.run_in_executor(self._reader, with_fresh_connection, read)


class Listening:
    """One who waits. Live while it keeps up; apart, reading the database by itself, until it has caught up."""

    def __init__(self, tail: Tail, wants: Callable[[Change], bool], after: int | None) -> None:
        self._tail, self._wants = tail, wants
        self._seq = tail.seq if after is None else after
        self._apart = after is not None
        self._ready: deque[Change | None] = deque()
        self._rung = asyncio.Event()

    async def next(self, timeout: float) -> Change | None:  # noqa: ASYNC109 - the promise is "within", for every caller
        """The next wanted change, or ``None`` when none came within ``timeout`` seconds.

        ``None`` may come early when following had to begin anew: whoever gets it looks at the database themselves.
        """
        try:
            async with asyncio.timeout(timeout):
                while not self._ready:
                    await self._more()
        except TimeoutError:
            return None
        return self._ready.popleft()

    def begin(self, seq: int) -> None:
        """The tail knows only now where it starts; what happened since ``listen`` may be missed."""
        if self._seq is None:
            self._seq = seq
            self._ready.append(None)
        self._rung.set()

    def hear(self, change: Change) -> None:
        """Called by the tail for each event in order; never waits."""
        if self._apart:
            self._apart = change.seq != self._seq
        elif self._seq is None or len(self._ready) >= BUFFER:
            self._apart = True
        else:
            self._seq = change.seq
            if self._wanted(change):
                self._ready.append(change)
        self._rung.set()

    async def _more(self) -> None:
        self._rung.clear()
        if not self._apart or self._seq is None:
            await self._rung.wait()
            return
        try:
            changes = await self._tail.read(self._seq)
        except Exception:
            log.exception("The events cannot be read; looking again")
            await asyncio.sleep(POLL_SECONDS)
            return
        if changes:
            self._ready.extend(change for change in changes if self._wanted(change))
            self._seq = changes[-1].seq
            return
        # Nothing lies between: from here on the tail hands on every change.
        self._apart = self._seq != self._tail.seq
        if self._apart:
            await self._rung.wait()

    def _wanted(self, change: Change) -> bool:
        try:
            return self._wants(change)
        except Exception:
            log.exception("A listener could not say whether it wants %s", change.kind)
            return False


async def _within(seconds: float, event: asyncio.Event) -> None:
    """Until it is set, but not longer."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


def with_fresh_connection(call: Callable[[], Result]) -> Result:
    """What a thread of one's own does around its use of the database, as Django does around a request."""
    close_old_connections()
    try:
        return call()
    finally:
        close_old_connections()
