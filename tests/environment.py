"""What the environment says to the desk under test; taken in before Django reads its settings.

``HITL_TEST_DATABASE`` chooses ``sqlite`` (default) or ``postgres``; the latter starts a server for each worker.
``HITL_TEST_COMPLETE`` turns a missing service from a skip into a failure, as ``CI`` does.
"""

import atexit
import os
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests import services

ON_POSTGRES = os.environ.get("HITL_TEST_DATABASE", "sqlite") == "postgres"
# In CI and in `make test` nothing that is missing may be skipped.
COMPLETE = any(os.environ.get(name, "").lower() in {"1", "true", "yes"} for name in ("CI", "HITL_TEST_COMPLETE"))


def prepare() -> None:
    """Point the settings at throw-away data; nothing of the developer's own desk is read or written."""
    for name in list(os.environ):
        if name.startswith("HITL_") and not name.startswith("HITL_TEST_"):
            del os.environ[name]
    os.environ.pop("REDIS_URL", None)
    os.environ["DJANGO_SETTINGS_MODULE"] = "hitl.settings"
    # Which cases ask for their reader's own view first is drawn by their id; the tests of that ask every time.
    os.environ["HITL_OWN_VIEW_PERCENT"] = "0"
    os.environ["HITL_DATA_DIR"] = _throw_away_folder()
    if not ON_POSTGRES:
        os.environ.pop("DATABASE_URL", None)
    else:
        os.environ["DATABASE_URL"] = _own_server()


def _throw_away_folder() -> str:
    folder = tempfile.mkdtemp(prefix="hitl-test-")
    # Production serves static files from there, and says so when nobody has collected them.
    (Path(folder) / "static").mkdir()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _own_server() -> str:
    # Nothing here outlives a power cut, so nothing waits for the disk.
    # Transactions count across a whole server: another worker's open one, or a vacuum, would hold up the events here.
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(services.postgresql(["autovacuum=off", "fsync=off"])).url
