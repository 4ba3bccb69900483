"""Reports read much and must not hurt the desk: one for each person, few in all, and each ends in time."""

from __future__ import annotations

import time
from contextlib import contextmanager, suppress
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db import DatabaseError, OperationalError, connection
from django.utils.translation import gettext as _

from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

# Whoever asks twice, because they looked elsewhere meanwhile, waits so long for the first to end.
WAITS: Final = 5.0
_LOOKS_AGAIN: Final = 0.05
_RETRY: Final = 10
# How often SQLite asks whether it may go on, in steps of its own.
_STEPS: Final = 20_000
# PostgreSQL's locks of a session are named by two numbers: what for, and which one.
_OF_PERSON: Final = 7_406_001
_OF_ALL: Final = 7_406_002
_busy: Final[set[tuple[int, int]]] = set()
_guard: Final = Lock()


@contextmanager
def report(person: int) -> Iterator[None]:
    """One report of this person.

    Refused while another of theirs, or too many in all, are being made (``rate-limited``), and when it takes longer
    than ``REPORT_SECONDS`` (``took-too-long``).
    """
    mine = _turn(_OF_PERSON, (person,))
    if mine is None:
        raise _later(_("Your last report is still being made. Wait for it, then ask again."))
    try:
        slot = _turn(_OF_ALL, range(settings.REPORTS_AT_ONCE))
        if slot is None:
            raise _later(_("Others are having reports made. Ask again in a moment."))
        try:
            with _ending():
                yield
        finally:
            _give(slot)
    finally:
        _give(mine)


def _turn(what: int, names: Any) -> tuple[int, int] | None:
    until = time.monotonic() + WAITS
    while True:
        for name in names:
            if _take((what, name)):
                return what, name
        if time.monotonic() >= until:
            return None
        time.sleep(_LOOKS_AGAIN)


def _take(key: tuple[int, int]) -> bool:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", key)
            if not cursor.fetchone()[0]:
                return False
    # A session may take its own lock twice, so also this process remembers.
    with _guard:
        if key in _busy:
            _release(key)
            return False
        _busy.add(key)
    return True


def _give(key: tuple[int, int]) -> None:
    with _guard:
        _busy.discard(key)
    _release(key)


def _release(key: tuple[int, int]) -> None:
    if connection.vendor == "postgresql":
        with suppress(DatabaseError), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", key)


@contextmanager
def _ending() -> Iterator[None]:
    """No question to the database takes longer than a report may."""
    _limit(settings.REPORT_SECONDS)
    try:
        yield
    except OperationalError as error:
        if not _was_stopped(error):
            raise
        says = _(
            "This report took longer than %(seconds)d seconds and was stopped, so that the desk stays quick. "
            "Ask for a shorter period, or for it without a split."
        )
        raise Refusal("took-too-long", says % {"seconds": settings.REPORT_SECONDS}) from error
    finally:
        # Inside a transaction that failed nothing can be asked; its end takes the limit back as well.
        with suppress(DatabaseError):
            _limit(None)


def _limit(seconds: int | None) -> None:
    connection.ensure_connection()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            if seconds is None:
                cursor.execute("RESET statement_timeout")
            else:
                cursor.execute("SELECT set_config('statement_timeout', %s, false)", [f"{seconds}s"])
        return
    until = time.monotonic() + (seconds or 0)
    handler = None if seconds is None else lambda: int(time.monotonic() > until)
    connection.connection.set_progress_handler(handler, _STEPS)


def _was_stopped(error: OperationalError) -> bool:
    cause: Any = error.__cause__
    return getattr(cause, "sqlstate", None) == "57014" or "interrupted" in str(error)


def _later(says: str) -> Refusal:
    return Refusal("rate-limited", says, extra={"retry_after": _RETRY})
