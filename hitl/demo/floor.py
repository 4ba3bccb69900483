"""The shop floor: agents and colleagues on one event loop in a thread of its own, until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from contextlib import AsyncExitStack
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from random import Random
from typing import Any, Final

import httpx

from hitl.demo.agents import Agents
from hitl.demo.colleagues import Colleague
from hitl.demo.encounters import Encounter
from hitl.demo.notebook import Notebook
from hitl.demo.pace import Pace
from hitl.demo.past.writing import Past
from hitl.demo.people import DemoDesk
from hitl.demo.scenarios import SCENARIOS
from hitl.demo.scenarios.script import Scenario
from hitl.demo.shop import Shop
from hitl_client import AsyncDesk

log = logging.getLogger(__name__)
_STOP_SECONDS: Final = 4.0
_EXECUTOR: Final = "wrenfold-till"
# What was dealt with before the visitor came.
_HISTORY: Final = (
    "refund-lost-parcel",
    "return-on-day-45",
    "refund-late-delivery",
    "third-missed-delivery",
    "cancel-the-repair-plan",
    "thirty-five-percent",
    "pre-approved-by-legal",
    "umtausch-helm",
    "wrong-warranty-promise",
)
# Every visitor should meet these; the rest of the opening is drawn.
_FEATURED: Final = (
    "refund-late-delivery",
    "third-missed-delivery",
    "delete-my-account",
    "pre-approved-by-legal",
    "wrong-warranty-promise",
    "thirty-five-percent",
    "fleet-invoice",
    "cancel-the-repair-plan",
    "lost-my-phone",
    "moving-house",
    "mothers-account",
    "please-a-human",
    "writes-to-a-lawyer-next",
    "vater-verstorben",
    "three-wishes-at-once",
    "refund-in-krona",
    "where-is-my-order",
    "wo-bleibt-die-bestellung",
    "open-on-saturday",
)


class Floor:
    """Everything that happens in the shop."""

    def __init__(
        self,
        url: str,
        desk: DemoDesk,
        *,
        folder: Path,
        clock: Callable[[], datetime],
        seed: str,
        pace: Pace,
        past: Past | None = None,
    ) -> None:
        self._url = url
        self._desk = desk
        self._clock = clock
        self._chance = Random(seed)  # noqa: S311 - it invents people, it guards nothing
        self._pace = pace
        self._past = past
        self._notebook = Notebook(folder)
        self._shop = Shop(self._chance)
        self._told = {harmless: _half(harmless=harmless) for harmless in (True, False)}
        self._tasks: set[asyncio.Task[object]] = set()

    async def run(self) -> None:
        """Open the shop and keep it open until cancelled."""
        async with AsyncExitStack() as stack:
            await self._desk_answers()
            agents = await self._agents(stack)
            colleagues = await self._colleagues(stack)
            try:
                await self._open(agents, colleagues)
                await self._day(agents)
            finally:
                await self._close()

    async def _desk_answers(self) -> None:
        async with httpx.AsyncClient(base_url=self._url) as http:
            while True:
                try:
                    if (await http.get("/readyz")).status_code == HTTPStatus.OK:
                        return
                except httpx.HTTPError as error:
                    log.debug("The desk does not answer yet: %r", error)
                await asyncio.sleep(0.2)

    async def _agents(self, stack: AsyncExitStack) -> Agents:
        desks = {
            name: await stack.enter_async_context(AsyncDesk(self._url, key, executor=_EXECUTOR))
            for name, key in self._desk.keys.items()
        }
        return Agents(desks, self._shop, self._notebook, self._chance, self._pace.patience)

    async def _colleagues(self, stack: AsyncExitStack) -> list[Colleague]:
        found = []
        for reference, token in self._desk.tokens.items():
            client = httpx.AsyncClient(base_url=self._url, headers={"Authorization": f"Bearer {token}"}, timeout=30)
            http = await stack.enter_async_context(client)
            found.append(Colleague(reference, http, self._notebook.met, self._chance))
        return found

    async def _open(self, agents: Agents, colleagues: list[Colleague]) -> None:
        resumed = self._notebook.open()
        for encounter in resumed:
            self._attend(agents, encounter)
        first_day = self._notebook.empty
        if first_day:
            await self._greet(agents, _HISTORY[: self._pace.history])
            await asyncio.gather(*(self._catch_up(colleague) for colleague in colleagues))
        for colleague in colleagues:
            self._start(colleague.shift(self._pace.tempo))
        await self._greet(agents, self.opening(len(resumed)))
        if self._past:
            self._past.start()

    async def _greet(self, agents: Agents, names: Iterable[str]) -> None:
        for name in names:
            self._attend(agents, self._notebook.begin(name, self._clock()))
            await asyncio.sleep(self._pace.opening_gap)

    async def _catch_up(self, colleague: Colleague) -> None:
        """A visitor finds decided cases, and cases like the one that they look at."""
        for _ in _HISTORY:
            try:
                if not await colleague.work(self._pace.rush):
                    return
            except httpx.HTTPError as error:
                log.debug("A colleague could not work: %r", error)

    async def _day(self, agents: Agents) -> None:
        while True:
            full = len(self._notebook.open()) >= self._pace.most_open
            await asyncio.sleep(self._chance.uniform(*(self._pace.idle_gap if full else self._pace.gap)))
            full = len(self._notebook.open()) >= self._pace.most_open
            self._attend(agents, self._notebook.begin(self.next(harmless=full).name, self._clock()))

    def opening(self, still_open: int) -> list[str]:
        """The stories that are new when the doors open: fewer the more are still open from before."""
        wanted = max(0, self._pace.opening - still_open)
        names = list(_FEATURED[:wanted])
        self._told[False].extend(names)
        names += [self.next(harmless=False).name for _ in range(wanted - len(names))]
        self._chance.shuffle(names)
        return names

    def next(self, *, harmless: bool) -> Scenario:
        """The next story; a kind that was told lately waits its turn."""
        harmless = harmless or self._chance.random() < self._pace.harmless_share
        told = self._told[harmless]
        kind = [scenario for scenario in SCENARIOS.values() if scenario.harmless is harmless]
        pool = [scenario for scenario in kind if scenario.name not in told]
        chosen = self._chance.choices(pool, [scenario.weight for scenario in pool])[0]
        told.append(chosen.name)
        return chosen

    def _attend(self, agents: Agents, encounter: Encounter) -> None:
        self._start(agents.attend(encounter))

    def _start(self, work: Coroutine[Any, Any, object]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _close(self) -> None:
        """Whoever lets one cancellation pass (a connection that closes just then) is told again."""
        if self._past:
            self._past.stop()
        loop = asyncio.get_running_loop()
        latest = loop.time() + _STOP_SECONDS
        while self._tasks and loop.time() < latest:
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(self._tasks, timeout=0.25)


def _half(*, harmless: bool) -> deque[str]:
    """Room for half of the stories of a kind."""
    return deque(maxlen=sum(scenario.harmless is harmless for scenario in SCENARIOS.values()) // 2)


class Running:
    """The shop in its thread.

    ``stop`` ends it at once, on a machine that is busy within seconds; a process that ends does not wait for it.
    """

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._keep, name="demo", daemon=True)
        self._main: asyncio.Task[None] | None = None
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Is the shop open, or still closing?"""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Close the shop; twice is harmless."""
        if self.alive:
            self._loop.call_soon_threadsafe(self._cancel)
            self._thread.join(_STOP_SECONDS + 0.5)

    def _cancel(self) -> None:
        if self._main is not None:
            self._main.cancel()

    def _keep(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._main = self._loop.create_task(self._floor.run())
            self._loop.run_until_complete(self._main)
        except asyncio.CancelledError:
            log.debug("The demo shop closed")
        except Exception:
            log.exception("The demo shop closed by itself")
        finally:
            self._loop.close()
