"""Between processes Redis carries the ring, and only that: lost rings, a restart or a hang of Redis cost a second.

Whoever changes something never waits for Redis: a thread of its own publishes, one message for any number of rings.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from redis import Redis
from redis import asyncio as redis_asyncio
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.retry import Retry

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

CHANNEL: Final = "hitl:changed"
ANSWER_SECONDS: Final = 0.25
# Rings that follow closely are one message; the first of them goes out at once.
BETWEEN_SECONDS: Final = 0.025
# How long a Redis that failed is left alone; those who follow poll meanwhile.
REST_SECONDS: Final = 0.5
LONGEST_REST_SECONDS: Final = 2.0
SILENCE_SECONDS: Final = 5.0


def answers(url: str) -> bool:
    """Does Redis answer within a quarter of a second?"""
    with _client(url) as client:
        try:
            client.ping()
        except (RedisError, OSError):
            return False
    return True


class Publisher:
    """Rings the other processes. The thread starts with the first ring, also after a fork."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._rung = threading.Event()
        self._starting = threading.Lock()
        self._process = 0

    def ring(self) -> None:
        """Returns at once."""
        self._rung.set()
        if self._process != os.getpid():
            with self._starting:
                if self._process != os.getpid():
                    self._process = os.getpid()
                    threading.Thread(target=self._publish, name="redis-bell", daemon=True).start()

    def _publish(self) -> None:
        client = _client(self._url)
        away = False
        resting = threading.Event()
        while self._rung.wait():
            self._rung.clear()
            try:
                client.publish(CHANNEL, b"")
                away = False
                resting.wait(BETWEEN_SECONDS)
            except (RedisError, OSError) as error:
                if not away:
                    log.warning("Redis does not take rings (%s); pages and agents poll", error)
                away = True
                resting.wait(REST_SECONDS)


async def follow(url: str, ring: Callable[[], None]) -> None:
    """Call ``ring`` for every message, for ever; also after each (re)connection, for what came meanwhile."""
    rest = REST_SECONDS
    while True:
        client = redis_asyncio.Redis.from_url(url, socket_connect_timeout=2, retry=AsyncRetry(NoBackoff(), 0))
        try:
            async with client.pubsub() as channel:
                await channel.subscribe(CHANNEL)
                while True:
                    await _message(channel)  # the first one confirms the subscription
                    rest = REST_SECONDS
                    ring()
        except (RedisError, OSError) as error:
            if rest == REST_SECONDS:
                log.warning("Redis does not ring (%s); looking every second", error)
            await asyncio.sleep(rest)
            rest = min(rest * 2, LONGEST_REST_SECONDS)
        finally:
            with suppress(RedisError, OSError):
                await client.aclose()


async def _message(channel: redis_asyncio.client.PubSub) -> None:
    """Wait for a message; a connection that stays silent is asked whether it lives, and the answer is a message too."""
    for _asked in (False, True):
        if await channel.get_message(timeout=SILENCE_SECONDS):
            return
        await channel.ping()
    raise RedisConnectionError("no answer to a ping")


def _client(url: str) -> Redis:
    """Never waits longer than a quarter of a second, and never tries twice."""
    client: Redis = Redis.from_url(
        url, socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS, retry=Retry(NoBackoff(), 0)
    )
    return client
