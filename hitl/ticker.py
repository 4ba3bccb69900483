"""Sweeps go on when no alarm clock rings: each web process looks by itself when it has seen no sweep for a while."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Final

from django.db import connections

from reviewqueue import tasks
from reviewqueue.domain import restored
from reviewqueue.live import with_fresh_connection

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

LATE_SECONDS: Final = 5.0
LOOK_SECONDS: Final = 1.0


class Ticker:
    """A thread that sweeps when it is late."""

    def __init__(self) -> None:
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """From now on."""
        self._ended.clear()
        self._thread = threading.Thread(target=self._run, name="ticker", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """A sweep that runs is finished."""
        self._ended.set()
        if self._thread:
            self._thread.join(timeout=5)

    def _run(self) -> None:
        self._try(restored.settle_events)
        # Not at once: the process has better to do when it starts.
        while not self._ended.wait(LOOK_SECONDS):
            self._try(lambda: tasks.sweep_when_late(LATE_SECONDS))
        connections.close_all()

    def _try(self, work: Callable[[], object]) -> None:
        try:
            with_fresh_connection(work)
        except Exception:
            log.exception("A sweep failed; the next one comes")
