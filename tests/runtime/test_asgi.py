"""Who is served by which threads."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hitl import asgi
from tests.runtime.test_bridge import Client, echo

pytestmark = pytest.mark.covers("R6")


@pytest.mark.parametrize("path", ["/queue/", "/api/v1/review/next"])
async def test_people_are_answered_while_every_thread_for_agents_is_busy(path, monkeypatch, settings):
    settings.AGENT_THREADS = settings.WEB_THREADS = 1
    busy, go_on = threading.Event(), threading.Event()

    def application(environ: dict[str, Any], start: Callable[..., None]) -> Iterator[bytes]:
        if environ["PATH_INFO"] == "/api/v1/proposals":
            busy.set()
            go_on.wait(60)
        return echo(environ, start)

    monkeypatch.setattr(asgi, "plain_application", application)
    desk = asgi.Desk()
    calls = [Client(b"", path="/api/v1/proposals") for _each in range(3)]
    waiting = [asyncio.create_task(desk(call.scope, call.receive, call.send)) for call in calls]
    try:
        assert await asyncio.to_thread(busy.wait, 60)
        page = Client(b"", path=path, method="GET")
        async with asyncio.timeout(60):
            await desk(page.scope, page.receive, page.send)
        assert (page.status, [call.out for call in calls]) == (201, [[], [], []])
    finally:
        go_on.set()
        await asyncio.gather(*waiting)
    assert [call.status for call in calls] == [201, 201, 201]
