"""Which SQLite the desk runs on.

SQLite before 3.51.3 can lose committed rows when its write-ahead log is reset at the wrong moment. Where the system's
library is older, the bundled one of ``pysqlite3`` is put in its place before Django opens a connection.
"""

import importlib
import sqlite3
import sys

FIRST_SAFE_WAL = (3, 51, 3)


def prefer_safe_library() -> None:
    """Swap in ``pysqlite3`` when it is newer than the system's SQLite."""
    if sqlite3.sqlite_version_info >= FIRST_SAFE_WAL:
        return
    try:
        bundled = importlib.import_module("pysqlite3")
    except ImportError:
        return
    if bundled.sqlite_version_info > sqlite3.sqlite_version_info:
        sys.modules["sqlite3"] = bundled
        sys.modules["sqlite3.dbapi2"] = importlib.import_module("pysqlite3.dbapi2")


def version() -> tuple[int, int, int]:
    """The version of the SQLite library in use."""
    in_use = sys.modules["sqlite3"]
    return in_use.sqlite_version_info  # type: ignore[no-any-return]


def journal_mode() -> str:
    """``WAL`` where it is safe, otherwise the slower rollback journal."""
    return "WAL" if version() >= FIRST_SAFE_WAL else "DELETE"
