"""The whole desk in one process: web server in the main thread, Celery's worker and beat beside it."""

from __future__ import annotations

import fcntl
import logging
import os
import signal
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import uvicorn
from celery.beat import Service
from celery.worker import WorkController
from celery.worker import state as worker_state

from hitl import celery

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

log = logging.getLogger(__name__)

# Waiting agents are cut off after this and ask again; the whole stop stays under ten seconds.
GRACE_SECONDS: Final = 3
_STOP_SECONDS: Final = 5
BACKLOG: Final = 1024
LONGEST_SOCKET_MESSAGE: Final = 64 * 1024


class OccupiedError(Exception):
    """Another process serves this data folder."""


@contextmanager
def sole_owner(folder: Path) -> Iterator[None]:
    """Hold the data folder for this process; the operating system lets go of it however the process ends."""
    with (folder / "desk.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise OccupiedError(lock.read().strip()) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def bound(host: str, port: int) -> socket.socket:
    """A listening address; port 0 takes a free one. Raises OSError when it is in use or not ours."""
    family, _type, _proto, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        # Who calls while the desk still starts waits in line instead of being turned away.
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def address_of(listener: socket.socket) -> str:
    """Where a browser on this machine finds it, such as ``http://127.0.0.1:8000``."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not listened on
    return f"http://[{host}]:{port}" if listener.family == socket.AF_INET6 else f"http://{host}:{port}"


class Desk:
    """Web server, worker and beat; when one of them ends by itself, all end and ``run`` says so."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._server = _Server(_configuration(), on_exit=self._stop_others)
        self._beat = Service(celery.app, max_interval=1, scheduler_cls=celery.app.conf.beat_scheduler)
        self._stopping = False
        self._failed = ""
        self._threads = [
            threading.Thread(target=self._watched, args=("worker", _work), name="worker", daemon=True),
            threading.Thread(target=self._watched, args=("beat", self._beat.start), name="beat", daemon=True),
        ]

    def run(self) -> str:
        """Serve until SIGTERM or SIGINT; returns which part ended by itself, empty when none did."""
        # uvicorn hands the signal on when it is done; by default that would end the process with its number.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: None)
        worker_state.should_stop = None
        for thread in self._threads:
            thread.start()
        self._server.run(sockets=[self._listener])
        for thread in self._threads:
            thread.join(_STOP_SECONDS)
        return self._failed

    def _stop_others(self) -> None:
        self._stopping = True
        # Celery's way to stop a worker from outside its thread.
        worker_state.should_stop = 0
        self._beat.stop()
        threading.Thread(target=_last_rings, name="last rings", daemon=True).start()

    def _watched(self, name: str, part: Callable[[], None]) -> None:
        try:
            part()
        except BaseException:
            log.exception("The %s failed", name)
        if not self._stopping:
            self._failed = self._failed or name
            self._server.should_exit = True


class _Server(uvicorn.Server):
    """Tells the others to stop when it begins to stop itself, not when the last request is done."""

    def __init__(self, config: uvicorn.Config, *, on_exit: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_exit = on_exit

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._on_exit()
        await super().shutdown(sockets)


def _last_rings() -> None:
    """A worker sees that it should stop after a message, and then takes one more; without any it waits two seconds."""
    for _each in range(2):
        celery.app.send_task("reviewqueue.tasks.ring_due", expires=1)


def _work() -> None:
    worker = WorkController(
        app=celery.app,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        hostname="desk",
    )
    worker.start()


def _configuration() -> uvicorn.Config:
    return uvicorn.Config(
        "hitl.asgi:application",
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=LONGEST_SOCKET_MESSAGE,
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        # Whoever connects is who they are; behind a proxy, run production (docs/operate.md).
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        backlog=BACKLOG,
    )
