"""One end of a connection, spoken in ASGI."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from asgiref.testing import ApplicationCommunicator

HOST = "127.0.0.1:8000"


def raw(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in ({"host": HOST} | headers).items()]


def scope_of(headers: dict[str, str], query: str = "", path: str = "/ws/live") -> dict[str, Any]:
    return {"type": "websocket", "path": path, "query_string": query.encode(), "headers": raw(headers)}


class Socket:
    """A websocket client."""

    def __init__(self, application: Any, scope: dict[str, Any]) -> None:
        self._wire = ApplicationCommunicator(application, scope)

    async def open(self) -> int | None:
        """``None`` when the handshake went well, otherwise the code with which it was refused."""
        await self._wire.send_input({"type": "websocket.connect"})
        answer = await self._wire.receive_output(timeout=60)
        return None if answer["type"] == "websocket.accept" else int(answer.get("code", 1000))

    async def say(self, **content: Any) -> None:
        await self._wire.send_input({"type": "websocket.receive", **content})

    async def hear(self) -> dict[str, Any]:
        answer = await self._wire.receive_output(timeout=60)
        assert answer["type"] == "websocket.send", answer
        line: dict[str, Any] = json.loads(answer["text"])
        return line

    async def silent(self, seconds: float) -> bool:
        return bool(await self._wire.receive_nothing(timeout=seconds))

    async def closed(self) -> int:
        answer = await self._wire.receive_output(timeout=60)
        assert answer["type"] == "websocket.close", answer
        return int(answer["code"])

    async def leave(self) -> None:
        await self._wire.send_input({"type": "websocket.disconnect", "code": 1000})
        await self._wire.wait(timeout=60)


@asynccontextmanager
async def socket(
    application: Any, headers: dict[str, str], query: str = "", path: str = "/ws/live"
) -> AsyncIterator[Socket]:
    """A socket that leaves in the end."""
    one = Socket(application, scope_of(headers, query, path))
    yield one
    await one.leave()
