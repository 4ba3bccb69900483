"""Django gives a connection back to the pool after each request, and takes, prepares and checks one for the next.

For an agent's call that costs as much as what it asks. The web threads are few, so each keeps its own for a while;
everybody else shares the rest of the pool. One that broke is given back at the end of its request, as ever.
"""

from __future__ import annotations

import time
from typing import Final

from django.db.backends.postgresql import base

KEPT_SECONDS: Final = 30.0


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection of one thread."""

    kept = False

    def connect(self) -> None:
        """Also say how long it stays with the thread."""
        super().connect()
        if self.kept:
            self.close_at = time.monotonic() + KEPT_SECONDS
