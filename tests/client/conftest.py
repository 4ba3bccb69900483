"""Every test of the client runs twice: once over Desk, once over AsyncDesk behind the same blocking face."""

import asyncio
import ssl
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from hitl_client import AsyncDesk, Desk, Retry
from tests.client.small_desk import SmallDesk, open_desk

# Reading the machine's certificates takes longer than most tests; nothing here speaks TLS.
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
QUICK = Retry(attempts=4, first_seconds=0.01, most_seconds=0.02)


class Blocking:
    """An AsyncDesk that is waited for, verb by verb, on a loop of its own."""

    def __init__(self, desk: AsyncDesk) -> None:
        self._desk = desk
        self._loop = asyncio.new_event_loop()

    def __getattr__(self, verb: str) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            return self._loop.run_until_complete(getattr(self._desk, verb)(*args, **kwargs))

        return call

    def events(self, after: str = "") -> Iterator[Any]:
        events: Any = self._desk.events(after)
        try:
            while True:
                yield self._loop.run_until_complete(anext(events))
        finally:
            self._loop.run_until_complete(events.aclose())

    def close(self) -> None:
        self._loop.run_until_complete(self._desk.close())
        self._loop.close()


@pytest.fixture
def small() -> Iterator[SmallDesk]:
    with open_desk(SmallDesk()) as desk:
        yield desk


@pytest.fixture(params=["sync", "async"])
def desk(request, small) -> Iterator[Any]:
    options: dict[str, Any] = {"retry": QUICK, "executor": "worker-3"}
    desk: Any
    if request.param == "sync":
        desk = Desk(small.url, "key", http=httpx.Client(verify=PLAIN), **options)
    else:
        desk = Blocking(AsyncDesk(small.url, "key", http=httpx.AsyncClient(verify=PLAIN), **options))
    yield desk
    desk.close()


def proposal(**changes: Any) -> dict[str, Any]:
    """A refund and the words that go with it, in the language of the wire."""
    return {
        "dedupe_key": "thread-8812:call_1",
        "conversation": {"id": "conv_8812"},
        "actions": [{"call_id": "call_1", "kind": "tool_call", "name": "refund_order", "args": {"amount": "350.00"}}],
        **changes,
    }


def two_actions(**changes: Any) -> dict[str, Any]:
    reply = {"call_id": "call_3", "kind": "reply", "name": "send_reply", "args": {"text": "We refunded 350 EUR."}}
    return proposal(actions=[*proposal()["actions"], reply], **changes)
