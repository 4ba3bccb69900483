"""A client that costs as little as possible: one kept connection a thread, requests written as bytes."""

from __future__ import annotations

import json
import socket
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


class Connection:
    """One kept HTTP/1.1 connection."""

    def __init__(self, url: str, token: str = "") -> None:
        parts = urlsplit(url)
        assert parts.hostname
        assert parts.port
        self._socket = socket.create_connection((parts.hostname, parts.port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._host = f"{parts.hostname}:{parts.port}"
        self._token = token
        self._rest = b""

    def call(self, method: str, path: str, body: bytes = b"", headers: str = "") -> tuple[int, bytes]:
        """Send a request, read the whole answer."""
        head = f"{method} {path} HTTP/1.1\r\nHost: {self._host}\r\nAuthorization: Bearer {self._token}\r\n{headers}"
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self._socket.sendall(head.encode() + body)
        return self._answer()

    def json(self, method: str, path: str, value: Any = None, headers: str = "") -> Any:
        """Call and parse; anything but a 2xx stops the benchmark."""
        status, answer = self.call(method, path, b"" if value is None else json.dumps(value).encode(), headers)
        if status >= 300:
            message = f"{method} {path}: {status} {answer[:500]!r}"
            raise RuntimeError(message)
        return json.loads(answer) if answer else None

    def close(self) -> None:
        self._socket.close()

    def _answer(self) -> tuple[int, bytes]:
        while (end := self._rest.find(b"\r\n\r\n")) < 0:
            self._more()
        head, self._rest = self._rest[:end].lower(), self._rest[end + 4 :]
        status = int(head[9:12])
        at = head.find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        while len(self._rest) < length:
            self._more()
        answer, self._rest = self._rest[:length], self._rest[length:]
        return status, answer

    def _more(self) -> None:
        chunk = self._socket.recv(65536)
        if not chunk:
            message = "the server closed the connection"
            raise RuntimeError(message)
        self._rest += chunk


def rate(urls: Sequence[str], token: str, path: str, bodies: Iterable[bytes], *, threads: int = 8) -> float:
    """Requests a second with so many connections at once, spread over the urls; every answer must be a 2xx."""
    work = list(bodies)
    faults: list[str] = []

    def run(url: str, share: list[bytes]) -> None:
        connection = Connection(url, token)
        for body in share:
            status, answer = connection.call("POST", path, body)
            if status >= 300:
                faults.append(f"{status} {answer[:300]!r}")
                return
        connection.close()

    runs = [partial(run, urls[n % len(urls)], work[n::threads]) for n in range(threads)]
    seconds = timed(lambda: _in_threads(runs))
    if faults:
        raise RuntimeError(faults[0])
    return len(work) / seconds


def timed(run: Callable[[], Any]) -> float:
    """Seconds that a call takes."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _in_threads(runs: Sequence[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=run) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
