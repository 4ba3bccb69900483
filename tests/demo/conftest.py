"""The demo's shop beside a desk in this process."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.db import connections
from django.test import Client

from hitl.api import throttle
from hitl.demo import people
from hitl.demo.agents import Agents
from hitl.demo.colleagues import Colleague
from hitl.demo.encounters import Encounter
from hitl.demo.notebook import Notebook
from hitl.demo.pace import Patience, Tempo
from hitl.demo.policy import demo_policy
from hitl.demo.scenarios import SCENARIOS
from hitl.demo.shop import Shop
from hitl_client import AsyncDesk
from reviewqueue.queries import outlook
from tests import factories

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
PATIENT = Patience(acting=(0, 0), answering=(0, 0), second_thoughts=(0, 0), customer=200)
BRISK = Tempo(pausing=(0, 0), reading=(0, 0), talking=(0, 0), leave=0)


def encounter(name: str, number: int = 1) -> Encounter:
    return Encounter(SCENARIOS[name], number, NOON)


class InProcess(httpx.AsyncBaseTransport):
    """Calls Django instead of a server, one call at a time, in a thread of its own."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, _called, request)

    def finish(self) -> None:
        self._thread.submit(connections.close_all).result()
        self._thread.shutdown()


def _called(request: httpx.Request) -> httpx.Response:
    headers = {name.title(): value for name, value in request.headers.items() if name != "content-length"}
    answer = Client().generic(
        request.method,
        request.url.raw_path.decode(),
        request.content,
        content_type="application/json",
        headers=headers,
    )
    return httpx.Response(answer.status_code, headers=dict(answer.items()), content=answer.content)


class House:
    """The shop with its agents and colleagues; `approving` and the like say how colleagues rule."""

    def __init__(self, desk: people.DemoDesk, folder: Path, transport: InProcess) -> None:
        self.shop = Shop(random.Random(1), fails_percent=0, unknown_percent=0)
        self.folder = folder
        self.notebook = Notebook(folder)
        self._desk = desk
        self._transport = transport
        self._stack = AsyncExitStack()

    async def agents(self, patience: Patience = PATIENT) -> Agents:
        desks = {
            name: await self._stack.enter_async_context(AsyncDesk("http://localhost", key, http=self._http()))
            for name, key in self._desk.keys.items()
        }
        return Agents(desks, self.shop, self.notebook, random.Random(2), patience)

    async def colleagues(self) -> list[Colleague]:
        """Mara, Jonas and Tilda, in this order."""
        return [
            Colleague(reference, await self._stack.enter_async_context(self._http(token)), self.notebook.met, self.dice)
            for reference, token in self._desk.tokens.items()
        ]

    @property
    def dice(self) -> random.Random:
        return random.Random(3)

    def begin(self, name: str, way: str = "") -> Encounter:
        """A new encounter, in which colleagues can rule in one way only."""
        begun = self.notebook.begin(name, factories.now())
        if not way:
            return begun
        rulings = tuple(ruling for ruling in begun.scenario.rulings if ruling.way == way)
        assert rulings, f"{name} is never ruled with {way}"
        told = replace(begun, scenario=replace(begun.scenario, rulings=rulings))
        self.notebook._open[told.number] = told  # noqa: SLF001 - chance is taken out of the story
        return told

    async def asked(self, case: str, of: str) -> None:
        """Tilda or Mara asks what no script foresees."""
        for token in self._desk.tokens.values():
            async with self._http(token) as http:
                base = f"/api/v1/review/cases/{case}"
                if (await http.post(f"{base}/claim", json={})).is_success:
                    assert (await http.post(f"{base}/ask", json={"of": of, "text": "Is that so?"})).is_success
                    return

    async def close(self) -> None:
        await self._stack.aclose()

    def _http(self, token: str = "") -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.AsyncClient(transport=self._transport, base_url="http://localhost", headers=headers)


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    """A data folder that no desk has used, for people whose passwords are no secret."""
    settings.DATA_DIR = tmp_path
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return tmp_path


@pytest.fixture
def _no_undo(monkeypatch: pytest.MonkeyPatch) -> None:
    """What colleagues decide takes effect at once."""
    monkeypatch.setattr(people, "demo_policy", lambda: demo_policy() | {"undo_seconds": 0})


@pytest.fixture
def transport(transactional_db: Any) -> Iterator[InProcess]:  # noqa: ARG001 - calls come from another thread
    throttle.buckets.cache_clear()
    outlook.forget()
    carrier = InProcess()
    yield carrier
    carrier.finish()


@pytest.fixture
async def house(folder: Path, transport: InProcess, _no_undo: None) -> AsyncIterator[House]:
    """The desk is prepared, the shop is open, nobody has come yet."""
    desk = await asyncio.to_thread(_prepared)
    found = House(desk, folder, transport)
    yield found
    await found.close()


def _prepared() -> people.DemoDesk:
    try:
        return people.prepare(at=factories.now())
    finally:
        connections.close_all()
