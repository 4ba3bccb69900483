"""Django's PostgreSQL backend for a desk whose web threads keep their connection from one request to the next."""

from __future__ import annotations

import threading
from typing import Any, Final

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections

_of_threads: Final[dict[int, Any]] = {}


def keep() -> None:
    """From now on this thread, one of the web's, keeps its connection where enough are left for everybody else."""
    connection = connections[DEFAULT_DB_ALIAS]
    # Without PostgreSQL its driver is not even loaded.
    if hasattr(connection, "kept"):
        most = settings.WEB_THREADS + settings.AGENT_THREADS
        connection.kept = connection.settings_dict["OPTIONS"]["pool"]["max_size"] >= 2 * most
        _of_threads[threading.get_ident()] = connection


def cut(thread: int) -> None:
    """What this web thread waits for from PostgreSQL will not come: its request fails, and it is free for the next."""
    if connection := _of_threads.get(thread):
        connection.cut()
