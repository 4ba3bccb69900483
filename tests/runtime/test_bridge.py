"""Plain requests: a thread works between a whole request and a whole response, and waits for no client."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Any

import pytest

from hitl import bridge
from hitl.bridge import Bridge

Start = Callable[[str, list[tuple[str, str]]], None]
SIZED = [(b"content-length", b"5")]


def echo(environ: dict[str, Any], start: Start) -> Iterator[bytes]:
    """Says what it was asked."""
    start("201 Created", [("X-Path", environ["PATH_INFO"]), ("Content-Type", "application/json")])
    seen = {key: value for key, value in environ.items() if isinstance(value, str)}
    said = json.dumps(seen | {"body": environ["wsgi.input"].read().decode()}).encode()
    yield said[:10]
    yield said[10:]


class Client:
    """One request and what came back."""

    def __init__(self, *parts: bytes, headers: Iterable[tuple[bytes, bytes]] = (), path: str = "/a b", **scope: Any):
        self.parts = list(parts)
        self.out: list[dict[str, Any]] = []
        self.scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "POST",
            "scheme": "https",
            "path": path,
            "query_string": b"x=1",
            "headers": [(b"host", b"desk.example"), *headers],
            "client": ("192.0.2.7", 4711),
            "server": ("192.0.2.1", 443),
            **scope,
        }

    async def receive(self) -> dict[str, Any]:
        return {"type": "http.request", "body": self.parts.pop(0), "more_body": bool(self.parts)}

    async def send(self, message: Any) -> None:
        self.out.append(message)

    @property
    def status(self) -> int:
        return int(self.out[0]["status"])

    @property
    def body(self) -> bytes:
        return b"".join(message["body"] for message in self.out[1:])

    @property
    def seen(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.body)
        return document


@pytest.fixture
async def made() -> AsyncIterator[Callable[..., Bridge]]:
    bridges: list[Bridge] = []

    def make(application: Any = echo, **options: Any) -> Bridge:
        bridges.append(Bridge(application, **({"threads": 1, "longest": 100} | options)))
        return bridges[-1]

    yield make
    for each in bridges:
        each.close()


async def test_the_application_sees_the_whole_request_and_the_client_the_whole_response(made):
    client = Client(b"ab", b"c", headers=[(b"transfer-encoding", b"chunked"), (b"content-type", b"text/plain")])
    await made()(client.scope, client.receive, client.send)
    assert client.status == 201
    assert client.out[0]["headers"] == [(b"x-path", b"/a b"), (b"content-type", b"application/json")]
    assert len(client.out) == 2
    wanted = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/a b",
        "QUERY_STRING": "x=1",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": "192.0.2.1",
        "SERVER_PORT": "443",
        "REMOTE_ADDR": "192.0.2.7",
        "wsgi.url_scheme": "https",
        "CONTENT_TYPE": "text/plain",
        "CONTENT_LENGTH": "3",
        "HTTP_HOST": "desk.example",
        "SCRIPT_NAME": "",
        "body": "abc",
    }
    assert {key: client.seen.get(key) for key in wanted} == wanted


async def test_letters_beyond_ascii_survive_in_a_path(made):
    client = Client(path="/zürich")
    await made()(client.scope, client.receive, client.send)
    assert client.seen["PATH_INFO"].encode("latin-1").decode() == "/zürich"


async def test_a_header_that_comes_twice_is_joined_and_a_cookie_as_cookies_are(made):
    headers = [(b"x-a", b"1"), (b"x-a", b"2"), (b"cookie", b"a=1"), (b"cookie", b"b=2")]
    client = Client(headers=headers)
    await made()(client.scope, client.receive, client.send)
    assert (client.seen["HTTP_X_A"], client.seen["HTTP_COOKIE"]) == ("1,2", "a=1; b=2")


async def test_a_header_with_an_underscore_cannot_pass_for_one_of_the_proxys(made):
    client = Client(headers=[(b"x_forwarded_proto", b"https"), (b"x-forwarded-for", b"192.0.2.9")])
    await made()(client.scope, client.receive, client.send)
    assert [key for key in client.seen if key.startswith("HTTP_X")] == ["HTTP_X_FORWARDED_FOR"]


async def test_without_a_body_the_client_is_not_waited_for(made):
    async def never() -> Any:
        raise AssertionError("nobody sends anything")

    client = Client()
    await made()(client.scope, never, client.send)
    assert (client.status, "CONTENT_LENGTH" in client.seen) == (201, False)


@pytest.mark.parametrize("headers", [[(b"content-length", b"100")], [(b"transfer-encoding", b"chunked")]])
async def test_the_longest_body_is_read(made, headers):
    client = Client(b"x" * 60, b"x" * 40, headers=headers)
    await made()(client.scope, client.receive, client.send)
    assert client.seen["CONTENT_LENGTH"] == "100"


async def test_of_a_body_that_announces_to_be_too_long_nothing_is_read(made):
    client = Client(b"x", headers=[(b"content-length", b"101")])
    await made()(client.scope, client.receive, client.send)
    assert (client.seen["CONTENT_LENGTH"], client.seen["body"], client.parts) == ("101", "", [b"x"])


async def test_a_body_that_turns_out_too_long_is_let_go(made):
    client = Client(b"x" * 60, b"x" * 60, b"x" * 60, headers=[(b"transfer-encoding", b"chunked")])
    await made()(client.scope, client.receive, client.send)
    assert (client.seen["CONTENT_LENGTH"], client.seen["body"], client.parts) == ("120", "", [b"x" * 60])


async def test_a_client_that_sends_slowly_holds_no_thread_and_is_told_after_a_while(made, monkeypatch):
    desk = made(threads=1)

    async def dripping() -> Any:
        await asyncio.Event().wait()

    slow, quick, late = Client(headers=SIZED), Client(), Client(headers=SIZED)
    waiting = asyncio.create_task(desk(slow.scope, dripping, slow.send))
    await desk(quick.scope, quick.receive, quick.send)
    assert (quick.status, waiting.done()) == (201, False)
    waiting.cancel()
    monkeypatch.setattr(bridge, "BODY_SECONDS", 0.2)
    await desk(late.scope, dripping, late.send)
    assert late.status == 408


async def test_a_client_that_reads_slowly_holds_no_thread(made):
    desk, reading = made(threads=1), asyncio.Event()

    async def slowly(_message: Any) -> None:
        await reading.wait()

    slow, quick = Client(), Client()
    waiting = asyncio.create_task(desk(slow.scope, slow.receive, slowly))
    await desk(quick.scope, quick.receive, quick.send)
    assert (quick.status, waiting.done()) == (201, False)
    reading.set()
    await waiting


async def test_a_client_that_leaves_before_the_end_of_its_body_is_not_worked_for(made):
    async def leaving() -> Any:
        return {"type": "http.disconnect"}

    client = Client(headers=SIZED)
    await made()(client.scope, leaving, client.send)
    assert client.out == []


async def test_a_client_that_is_gone_when_the_answer_comes_does_no_harm(made):
    async def gone(_message: Any) -> None:
        raise BrokenPipeError

    client = Client()
    await made()(client.scope, client.receive, gone)


async def test_when_the_line_is_full_the_next_is_told_to_come_again(made):
    go = threading.Event()

    def busy(environ: dict[str, Any], start: Start) -> Iterator[bytes]:
        go.wait(60)
        return echo(environ, start)

    desk = made(busy, threads=1, waiting=1)
    inside = [Client(), Client()]
    working = [asyncio.create_task(desk(one.scope, one.receive, one.send)) for one in inside]
    await asyncio.sleep(0)
    late = Client()
    await desk(late.scope, late.receive, late.send)
    assert (late.status, dict(late.out[0]["headers"])[b"retry-after"]) == (503, b"1")
    go.set()
    await asyncio.gather(*working)
    again = Client()
    await desk(again.scope, again.receive, again.send)
    assert [one.status for one in (*inside, again)] == [201, 201, 201]


async def test_who_gets_no_answer_in_time_is_told_to_come_again_and_their_thread_is_told(made):
    begun, go = threading.Event(), threading.Event()
    late: list[int] = []
    asked: list[str] = []

    def hangs(environ: dict[str, Any], start: Start) -> Iterator[bytes]:
        asked.append(environ["PATH_INFO"])
        begun.set()
        go.wait(60)
        return echo(environ, start)

    desk = made(hangs, threads=1, patience=0.2, late=late.append)
    inside, in_line = Client(path="/first"), Client(path="/second")
    working = [asyncio.create_task(desk(one.scope, one.receive, one.send)) for one in (inside, in_line)]
    await asyncio.sleep(0)
    assert begun.wait(60)  # the loop stands still meanwhile, and with it the time in which they are waited for
    await asyncio.gather(*working)
    told = [(one.status, dict(one.out[0]["headers"])[b"retry-after"]) for one in (inside, in_line)]
    assert (told, len(late)) == ([(503, b"1")] * 2, 1)
    go.set()
    again = Client(path="/third")
    await made(echo)(again.scope, again.receive, again.send)
    # Nobody waits any more for what was in line: it is never begun.
    assert (again.status, asked) == (201, ["/first"])


async def test_the_applications_iterable_is_closed_also_when_it_fails(made):
    closed: list[bool] = []

    class Failing:
        def __iter__(self) -> Iterator[bytes]:
            raise LookupError("broken")

        def close(self) -> None:
            closed.append(True)

    client = Client()
    with pytest.raises(LookupError):
        await made(lambda _environ, _start: Failing())(client.scope, client.receive, client.send)
    assert closed == [True]
