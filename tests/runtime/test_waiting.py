"""Who waits is sent where waiting costs no thread, and goes home at once when the desk stops."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from typing import Any

import pytest
from django.http import HttpResponse, StreamingHttpResponse

from hitl import asgi
from hitl.api import waiting as views
from hitl.waiting import Answer, Waiting

# Django's signals around a request look after the connection that an earlier test may have left to this thread.
pytestmark = pytest.mark.django_db


class Client:
    """One that asked and listens; ``out`` is what came back."""

    def __init__(self, path: str = "/api/v1/cases/case_1", *headers: tuple[bytes, bytes], method: str = "GET") -> None:
        self.out: list[dict[str, Any]] = []
        self.came = asyncio.Event()
        self.left = asyncio.Event()
        self.asked = False
        self.scope: dict[str, Any] = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "path": path,
            "query_string": b"",
            "headers": list(headers),
        }

    async def receive(self) -> dict[str, Any]:
        if not self.asked:
            self.asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        self.out.append(message)
        self.came.set()


PREFER = (b"prefer", b"wait=30")


@pytest.mark.parametrize(
    ("path", "headers", "method", "waits"),
    [
        ("/api/v1/cases/case_1", [PREFER], "GET", True),
        ("/api/v1/cases/case_1", [(b"prefer", b"respond-async, WAIT=5")], "GET", True),
        ("/api/v1/events", [], "GET", True),
        ("/api/v1/cases/case_1", [], "GET", False),
        ("/api/v1/cases/case_1", [(b"prefer", b"respond-async")], "GET", False),
        ("/api/v1/cases/case_1/withdraw", [PREFER], "GET", False),
        ("/api/v1/cases/case_1", [PREFER], "POST", False),
        ("/api/v1/cases/case_1", [PREFER, (b"content-length", b"5")], "GET", False),
        ("/api/v1/events", [(b"transfer-encoding", b"chunked")], "GET", False),
        ("/", [PREFER], "GET", False),
    ],
)
def test_only_calls_that_wait_take_the_waiting_path(path, headers, method, waits):
    client = Client(path, *headers, method=method)
    assert asgi.waits(client.scope) is waits


async def forever(_request: Any, **_arguments: Any) -> HttpResponse:
    await asyncio.Event().wait()
    return HttpResponse()


async def drip() -> AsyncIterator[str]:
    yield "first"
    await asyncio.Event().wait()


async def stream(_request: Any) -> StreamingHttpResponse:
    return StreamingHttpResponse(drip())


async def at_once(_request: Any, **_arguments: Any) -> HttpResponse:
    return HttpResponse("done")


@pytest.fixture
def views_that(monkeypatch):
    """Other views at the waiting addresses."""

    def use(case: Any = forever, events: Any = stream) -> None:
        from hitl.api import waiting_urls  # noqa: PLC0415 - its patterns are looked at here only

        monkeypatch.setattr(waiting_urls.urlpatterns[0], "callback", events)
        monkeypatch.setattr(waiting_urls.urlpatterns[1], "callback", case)

    assert callable(views.wait_for_case)
    return use


async def test_an_answer_goes_out_as_it_is(views_that):
    views_that(case=at_once)
    client, desk = Client(), Waiting()
    await desk(client.scope, client.receive, client.send)
    assert [message.get("status") or message["body"] for message in client.out] == [200, b"done"]


async def test_who_leaves_is_waited_for_no_longer(views_that):
    views_that()
    client, desk = Client(), Waiting()
    serving = asyncio.create_task(desk(client.scope, client.receive, client.send))
    client.left.set()
    await asyncio.wait_for(serving, 60)
    assert client.out == []


async def test_when_the_desk_stops_a_long_poll_is_told_to_come_again(views_that):
    views_that()
    client, desk = Client(), Waiting()
    serving = asyncio.create_task(desk(client.scope, client.receive, client.send))
    await asyncio.sleep(0)
    desk.end()
    await asyncio.wait_for(serving, 60)
    assert [message.get("status") for message in client.out] == [503, None]
    assert dict(client.out[0]["headers"])[b"retry-after"] == b"1"


async def test_when_the_desk_stops_a_stream_ends_in_order(views_that):
    views_that()
    client, desk = Client("/api/v1/events"), Waiting()
    serving = asyncio.create_task(desk(client.scope, client.receive, client.send))
    while len(client.out) < 2:
        client.came.clear()
        await asyncio.wait_for(client.came.wait(), 60)
    desk.end()
    await asyncio.wait_for(serving, 60)
    assert [message.get("body") for message in client.out] == [None, b"first", b""]
    assert [message.get("more_body", False) for message in client.out] == [False, True, False]


async def test_whom_nobody_listens_to_any_more_nothing_is_said_twice():
    sent: list[Any] = []

    async def keep(message: Any) -> None:
        sent.append(message["type"])

    answer = Answer(keep)
    await answer.send({"type": "http.response.start", "status": 200, "headers": []})
    await answer.send({"type": "http.response.body", "body": b"all"})
    await answer.finish()
    assert sent == ["http.response.start", "http.response.body"]


async def test_the_signal_that_stops_the_server_ends_waiting_and_still_reaches_the_server(views_that):
    views_that()
    reached: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _frame: reached.append(number))
    interrupt = signal.getsignal(signal.SIGINT)
    client, desk = Client("/api/v1/cases/case_1", PREFER), asgi.Desk()
    try:
        desk.hear_the_end()
        serving = asyncio.create_task(desk(client.scope, client.receive, client.send))
        await asyncio.sleep(0)
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(serving, 60)
    finally:
        signal.signal(signal.SIGTERM, before)
        signal.signal(signal.SIGINT, interrupt)
    assert (client.out[0]["status"], reached) == (503, [signal.SIGTERM])
