"""Rings between processes over a real Redis that restarts, hangs and goes away."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial

import pytest
from redis import Redis

from hitl import redis_bell
from tests import services

pytestmark = pytest.mark.covers("R72")


class Ear:
    """Counts rings."""

    def __init__(self) -> None:
        self.count = 0
        self._rung = asyncio.Event()

    def ring(self) -> None:
        self.count += 1
        self._rung.set()

    async def hears(self, more_than: int) -> int:
        async with asyncio.timeout(60):
            while self.count <= more_than:
                self._rung.clear()
                await self._rung.wait()
        return self.count


@asynccontextmanager
async def following(url: str) -> AsyncIterator[Ear]:
    ear = Ear()
    task = asyncio.create_task(redis_bell.follow(url, ear.ring))
    try:
        yield ear
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(redis_bell, "REST_SECONDS", 0.05)


async def test_a_ring_in_one_process_is_heard_in_another(redis_url):
    async with following(redis_url) as ear:
        before = await ear.hears(0)
        publisher = redis_bell.Publisher(redis_url)
        publisher.ring()
        await ear.hears(before)


async def test_many_rings_in_a_row_are_few_messages(redis_url):
    async with following(redis_url) as ear:
        before = await ear.hears(0)
        publisher = redis_bell.Publisher(redis_url)
        for _each in range(5000):
            publisher.ring()
        await ear.hears(before)
        await asyncio.sleep(0.3)  # for messages that should not come
        assert ear.count - before < 5000


async def test_after_a_restart_of_redis_rings_are_heard_again(caplog):
    port = services.free_port()
    with services.redis(port) as server:
        publisher = redis_bell.Publisher(server.url)
        async with following(server.url) as ear:
            first = await ear.hears(0)
            os.kill(server.process.pid, signal.SIGKILL)
            server.process.wait()
            publisher.ring()
            services.until(lambda: bool(said(caplog)), what="the ring is not taken")
            with services.redis(port):
                back = await ear.hears(first)  # the reconnection itself rings: something may have been missed
                async with asyncio.timeout(60):
                    while ear.count == back:
                        publisher.ring()
                        await asyncio.sleep(0.05)
    assert said(caplog) == {"Redis does not ring", "Redis does not take rings"}


def said(caplog: pytest.LogCaptureFixture) -> set[str]:
    return {record.getMessage().split(" (")[0] for record in caplog.records}


async def test_following_begins_when_redis_comes_later():
    port = services.free_port()
    async with following(f"redis://127.0.0.1:{port}/0") as ear:
        await asyncio.sleep(0.1)
        assert ear.count == 0
        with services.redis(port):
            assert await ear.hears(0) == 1


async def test_who_changes_something_never_waits_for_a_redis_that_hangs(monkeypatch):
    monkeypatch.setattr(redis_bell, "ANSWER_SECONDS", 60)
    with services.redis() as server:
        publisher = redis_bell.Publisher(server.url)
        publisher.ring()
        os.kill(server.process.pid, signal.SIGSTOP)
        try:
            began = time.perf_counter()
            for _each in range(1000):
                publisher.ring()
            assert time.perf_counter() - began < 30
        finally:
            os.kill(server.process.pid, signal.SIGCONT)


async def test_a_connection_that_stays_silent_is_given_up(monkeypatch, caplog):
    monkeypatch.setattr(redis_bell, "SILENCE_SECONDS", 0.1)
    with services.redis() as server:
        async with following(server.url) as ear:
            await ear.hears(0)
            os.kill(server.process.pid, signal.SIGSTOP)
            try:
                silent = "Redis does not ring (no answer to a ping); looking every second"
                noticed = partial(services.until, lambda: silent in caplog.messages, what="the silence is noticed")
                await asyncio.to_thread(noticed)
            finally:
                os.kill(server.process.pid, signal.SIGCONT)
            await ear.hears(ear.count)


def test_a_redis_that_answers_and_one_that_does_not(redis_url, monkeypatch):
    monkeypatch.setattr(redis_bell, "ANSWER_SECONDS", 30)
    nobody = f"redis://127.0.0.1:{services.free_port()}/0"
    assert (redis_bell.answers(redis_url), redis_bell.answers(nobody)) == (True, False)


def test_a_redis_that_wants_another_password_does_not_answer(monkeypatch):
    monkeypatch.setattr(redis_bell, "ANSWER_SECONDS", 30)
    with services.redis() as server:
        with Redis.from_url(server.url) as client:
            client.config_set("requirepass", "right")
        with_password = [server.url.replace("redis://", f"redis://:{word}@") for word in ("right", "wrong")]
        assert [redis_bell.answers(url) for url in (*with_password, server.url)] == [True, False, False]
