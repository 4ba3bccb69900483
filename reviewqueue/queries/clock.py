"""The database's clock: the one that decides about leases, deadlines and grants."""

from datetime import UTC, datetime, timedelta

from django.db import connection


def now() -> datetime:
    """The time of the database server (one small query); on SQLite that is this machine's own clock."""
    if connection.vendor != "postgresql":
        return read(None)
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return read(cursor.fetchone()[0])


def expression() -> str:
    """What a query selects to bring the time along; ``read`` understands it."""
    return "clock_timestamp()" if connection.vendor == "postgresql" else "NULL"


def read(told: datetime | None) -> datetime:
    """The time that a query brought along."""
    return told or datetime.now(UTC)  # noqa: TID251 - this is the clock


def later(told: datetime, seconds: float) -> datetime:
    """The time so many seconds after the database told ``told``; on SQLite again this machine's own."""
    return told + timedelta(seconds=seconds) if connection.vendor == "postgresql" else read(None)
