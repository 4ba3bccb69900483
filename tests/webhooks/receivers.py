"""Receivers of webhooks that behave in every way that they should and should not, on this machine's own ports."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from standardwebhooks import Webhook

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


def status(line: str, *headers: str) -> bytes:
    """An answer without a body."""
    return "\r\n".join([f"HTTP/1.1 {line}", *headers, "Content-Length: 0", "", ""]).encode()


@dataclass
class Receiver:
    """One receiver: what it got, and what it answers to the next ones (the last answer again and again)."""

    port: int = 0
    answers: list[bytes | Callable[[socket.socket], None]] = field(default_factory=lambda: [OK])
    got: list[tuple[dict[str, str], str]] = field(default_factory=list)
    connections: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _body in self.got]

    def verified(self, secret: str) -> list[dict]:
        """What arrived, each checked by the library as a receiver would."""
        return [Webhook(secret).verify(body, headers) for headers, body in self.got]

    def serve(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _peer = listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            self.got.append(_read(connection))
            if callable(answer):
                answer(connection)
            else:
                connection.sendall(answer)


def _read(connection: socket.socket) -> tuple[dict[str, str], str]:
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536) or _gone()
    head, _end, body = data.partition(b"\r\n\r\n")
    headers = {
        k.lower(): v.strip() for k, _colon, v in (line.partition(":") for line in head.decode().split("\r\n")[1:])
    }
    while len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(65536) or _gone()
    return headers, body.decode()


def _gone() -> bytes:
    raise OSError


@contextmanager
def receiving(*answers: bytes | Callable[[socket.socket], None]) -> Iterator[Receiver]:
    """A receiver that listens until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        receiver = Receiver(listener.getsockname()[1], list(answers) or [OK])
        threading.Thread(target=receiver.serve, args=(listener,), daemon=True).start()
        yield receiver
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


def silent(connection: socket.socket) -> None:
    """Says nothing until the other side gives up."""
    with suppress(OSError):
        connection.recv(1)


def dripping(connection: socket.socket) -> None:
    """A byte now and then, so that no single read takes long."""
    for byte in b"HTTP/1.1 200 OK\r\n" + b"X-Slow: yes\r\n" * 1000:
        connection.sendall(bytes([byte]))
        time.sleep(0.05)


def reset(connection: socket.socket) -> None:
    """Breaks the connection hard."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


def endless(connection: socket.socket) -> None:
    """A body without an end."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"10000\r\n" + b"a" * 65536 + b"\r\n")


def endless_head(connection: socket.socket) -> None:
    """Headers without an end."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X-More: " + b"a" * 60000 + b"\r\n")
