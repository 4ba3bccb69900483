"""A line between the desk and one of its servers that a test delays, holds and breaks."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial

HERE = "127.0.0.1"


class Line:
    """Whoever connects to ``port`` is connected with the server's port."""

    def __init__(self, server: int) -> None:
        self._server = server
        self._listener = socket.create_server((HERE, 0))
        self.port = int(self._listener.getsockname()[1])
        self.delay = 0.0
        self._flows = threading.Event()
        self._flows.set()
        self._counting = threading.Lock()
        self._left: int | None = None
        threading.Thread(target=self._take, daemon=True).start()

    def hold(self) -> None:
        """Nothing comes through any more, and nobody is told."""
        self._flows.clear()

    def flow(self) -> None:
        """What was held comes through."""
        self._flows.set()

    def lose(self, answer: int) -> None:
        """Of the server's next answers the one with this number does not arrive: its connection ends before it."""
        with self._counting:
            self._left = answer

    def close(self) -> None:
        """Take no more."""
        self._listener.close()
        self.flow()

    def _take(self) -> None:
        with suppress(OSError):
            while True:
                near, _address = self._listener.accept()
                try:
                    far = socket.create_connection((HERE, self._server))
                except OSError:
                    near.close()
                    continue
                for source, sink, answers in ((near, far, False), (far, near, True)):
                    passed_on = partial(self._pass_on, source, sink, answers=answers)
                    threading.Thread(target=passed_on, daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket, *, answers: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                self._flows.wait()
                time.sleep(self.delay)
                if answers and self._is_lost():
                    break
                sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        source.close()

    def _is_lost(self) -> bool:
        with self._counting:
            if self._left is None:
                return False
            self._left -= 1
            if self._left > 0:
                return False
            self._left = None
            return True


@contextmanager
def line(server: int) -> Iterator[Line]:
    """A line to the server at this port."""
    made = Line(server)
    try:
        yield made
    finally:
        made.close()
