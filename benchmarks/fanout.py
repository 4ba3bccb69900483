"""From a commit to the event on each of many websockets, beside the bare channel layer on the same Redis."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

import websockets
from channels_redis.pubsub import RedisPubSubChannelLayer

from benchmarks import desk, http, proposals
from benchmarks.figures import Measure, percentile
from tests import services

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

EVENTS = 40
_SHARES = (0.5, 0.95, 0.99)


def commit_to_event(sockets: int, rounds: int) -> list[Measure]:
    """Milliseconds from the reply to a proposal (its commit is just before) to each socket's event."""
    measures = [
        Measure(f"Commit → event on {sockets} websockets, p{round(share * 100)}", "ms", "bare channel layer")
        for share in _SHARES
    ]
    with (
        services.postgresql() as server,
        services.redis() as redis,
        desk.production(server.url, redis.url, processes=1) as processes,
    ):
        running = processes[0]
        key, token = running.agent_key(), running.reviewer_token()
        for _round in range(rounds):
            product = asyncio.run(_product(running.url, key, token, sockets))
            limit = asyncio.run(_layer(redis.url, sockets))
            for measure, share in zip(measures, _SHARES, strict=True):
                measure.product.append(percentile(product, share) * 1000)
                measure.limit.append(percentile(limit, share) * 1000)
    return measures


async def _product(url: str, key: str, token: str, count: int) -> list[float]:
    address = url.replace("http", "ws") + "/ws/live"
    headers = {"Authorization": f"Bearer {token}"}
    sockets = [await websockets.connect(address, additional_headers=headers, max_queue=None) for _each in range(count)]
    agent = await asyncio.to_thread(http.Connection, url, key)
    sent: dict[str, float] = {}
    arrived: list[tuple[str, float]] = []

    async def listen(socket: Any) -> None:
        seen = 0
        async for line in socket:
            arrived.append((json.loads(line)["case"], time.perf_counter()))
            seen += 1
            if seen == EVENTS:
                return

    listeners = [asyncio.create_task(listen(socket)) for socket in sockets]

    async def send() -> None:
        body = proposals.body()
        started = time.perf_counter()
        _status, answer = await asyncio.to_thread(agent.call, "POST", "/api/v1/proposals", body)
        # The commit lies between the start and the reply; the later bound would hide the time of the reply.
        sent[json.loads(answer)["id"]] = (started + time.perf_counter()) / 2

    await _paced(send)
    await asyncio.wait_for(asyncio.gather(*listeners), 60)
    for socket in sockets:
        await socket.close()
    agent.close()
    return [moment - sent[case] for case, moment in arrived]


async def _layer(redis_url: str, count: int) -> list[float]:
    layer: Any = RedisPubSubChannelLayer(hosts=[redis_url])
    channels = [await layer.new_channel() for _each in range(count)]
    for channel in channels:
        await layer.group_add("bench", channel)
    spent: list[float] = []

    async def listen(channel: str) -> None:
        for _each in range(EVENTS):
            message = await layer.receive(channel)
            spent.append(time.perf_counter() - message["at"])

    listeners = [asyncio.create_task(listen(channel)) for channel in channels]
    await _paced(lambda: layer.group_send("bench", {"type": "event", "at": time.perf_counter()}))
    await asyncio.wait_for(asyncio.gather(*listeners), 60)
    await layer.flush()
    return spent


async def _paced(send: Callable[[], Awaitable[Any]]) -> None:
    for _each in range(EVENTS):
        await send()
        await asyncio.sleep(0.05)
