"""Does the ledger hold? The database, or an export, through the same checks that leave the house with an export."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from django.db import DatabaseError, connection, transaction
from django.db.models import QuerySet

from audit.models import Entry
from audit.standalone.verify_export import Broken, Fault, Head, Report, Row, check_shape, examine, verify_file

# What a damaged row can raise while the driver turns it into Python values.
UNREADABLE = (ValueError, TypeError, OverflowError, AttributeError, DatabaseError)
CHUNK = 2000


def verify(
    *, heads: Mapping[str, int] | None = None, complete: Collection[str] = (), subject: str | None = None
) -> Report:
    """Check every chain in the database (or one `subject`'s); the report names the first bad place.

    `heads` gives the number of the last entry that the product expects for a subject: a chain that was cut off,
    prolonged or removed as a whole is found by it only. `complete` holds prefixes ("case:") under which `heads` lists
    every subject, so that an unknown chain is a fault.
    """
    with snapshot():
        entries = of_subject(subject)
        return examine(rows(entries), {name: Head(seq) for name, seq in (heads or {}).items()}, complete)


def verify_export(path: Path) -> Report:
    """Check an export file, exactly as the verifier that lies beside it does; raises OSError if it cannot be read."""
    return verify_file(path)


def of_subject(subject: str | None) -> QuerySet[Entry]:
    """The entries of one chain or of all, chain by chain."""
    entries = Entry.objects.order_by("subject", "seq", "id")
    return entries.filter(subject=subject) if subject else entries


def rows(entries: QuerySet[Entry]) -> Iterator[Row]:
    """The entries as the verifier knows them; raises Broken at one that cannot even be read."""
    done = 0
    try:
        for entry in entries.iterator(chunk_size=CHUNK):
            row = _row(entry)
            yield row
            done += 1
    except UNREADABLE:
        yield from _one_by_one(entries, done)


@contextmanager
def snapshot() -> Iterator[None]:
    """One unchanging view of the database for several queries; writers are not kept out (on SQLite: in WAL mode)."""
    if _in_transaction():
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
    else:
        with _sqlite_snapshot():
            yield


@contextmanager
def _sqlite_snapshot() -> Iterator[None]:
    """Reads only: atomic() would begin IMMEDIATE and hold up every writer until the examination is over."""
    with connection.cursor() as cursor:
        cursor.execute("BEGIN DEFERRED")
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


def _in_transaction() -> bool:
    connection.ensure_connection()
    # A snapshot of ours on SQLite is unknown to Django, but not to the driver.
    return connection.in_atomic_block or (connection.vendor == "sqlite" and connection.connection.in_transaction)


def _one_by_one(entries: QuerySet[Entry], done: int) -> Iterator[Row]:
    """Somewhere in the next chunk a row cannot be read: find it."""
    for pk in list(entries.values_list("pk", flat=True)[done:]):
        try:
            row = _row(Entry.objects.get(pk=pk))
        except UNREADABLE as error:
            says = f"row {pk} of the ledger cannot be read: {error}"
            raise Broken(Fault(_subject_of(pk), None, "unreadable", says)) from None
        yield row


def _row(entry: Entry) -> Row:
    if not isinstance(entry.at, datetime):
        raise ValueError("its time is not a time")  # noqa: TRY004 -- a damaged value, not a wrong call
    return check_shape(entry.as_row())


def _subject_of(pk: int) -> str:
    try:
        return str(Entry.objects.values_list("subject", flat=True).get(pk=pk))
    except UNREADABLE:
        return ""
