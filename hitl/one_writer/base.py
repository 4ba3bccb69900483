"""SQLite lets one connection write at a time; who finds it busy sleeps, for up to a tenth of a second, and looks again.

Among the threads of this process a lock wakes the next writer at once. Other processes still meet SQLite's own lock.
"""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import Any, Final

from django.db.backends.sqlite3 import base

_turn: Final = threading.Lock()


class DatabaseWrapper(base.DatabaseWrapper):
    """Holds the turn from BEGIN to the end of the transaction."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._has_turn = False

    def create_cursor(self, name: str | None = None) -> Any:  # noqa: ARG002 - the backend's signature
        """A cursor that remembers how statements are written for SQLite."""
        return self.connection.cursor(factory=Cursor)

    def _start_transaction_under_autocommit(self) -> None:
        # Who waits too long goes on, and hears from SQLite whether it is still busy.
        self._has_turn = _turn.acquire(timeout=self.settings_dict["OPTIONS"].get("timeout", -1))
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc] # the stubs leave it out
        except BaseException:
            self._give_turn()
            raise

    def _commit(self) -> None:
        try:
            super()._commit()  # type: ignore[misc] # the stubs leave it out
        finally:
            self._give_turn()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc] # the stubs leave it out
        finally:
            self._give_turn()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc] # the stubs leave it out
        finally:
            self._give_turn()

    def _give_turn(self) -> None:
        if self._has_turn:
            self._has_turn = False
            _turn.release()


class Cursor(base.SQLiteCursorWrapper):
    """The desk asks the same statements again and again."""

    def convert_query(self, query: str, *, param_names: Any = None) -> str:
        """``%s`` becomes ``?``."""
        return super().convert_query(query, param_names=param_names) if param_names else _converted(query)


@lru_cache(maxsize=1000)
def _converted(query: str) -> str:
    return base.FORMAT_QMARK_REGEX.sub("?", query).replace("%%", "%")
