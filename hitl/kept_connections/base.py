"""Django gives a connection back to the pool after each request, and takes, prepares and checks one for the next.

For an agent's call that costs as much as what it asks. The web threads are few, so each keeps its own for a while;
everybody else shares the rest of the pool. One that broke is given back at the end of its request, as ever.

Nobody waits for a lock longer than on SQLite.
"""

from __future__ import annotations

import os
import socket
import time
from contextlib import suppress
from typing import Any, Final

import psycopg
from django.db.backends.postgresql import base

from hitl.env import BUSY_SECONDS

KEPT_SECONDS: Final = 30.0


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection of one thread."""

    kept = False

    def connect(self) -> None:
        """Also say how long it stays with the thread."""
        super().connect()
        if self.kept:
            self.close_at = time.monotonic() + KEPT_SECONDS

    def cut(self) -> None:
        """From another thread: close the line under whoever waits for an answer, who then gets an error."""
        if (connection := self.connection) is None:
            return
        with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(connection.fileno())) as line:
            line.shutdown(socket.SHUT_RDWR)

    def _configure_connection(self, connection: Any) -> bool:
        super()._configure_connection(connection)  # type: ignore[misc] # the stubs leave it out
        # Compiling a question of a page takes longer than answering it.
        asked = "SELECT set_config('lock_timeout', %s, false), set_config('jit', 'off', false)"
        connection.execute(asked, [f"{BUSY_SECONDS}s"])
        return True
