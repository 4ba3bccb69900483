"""The database's clock: the one that decides about leases, deadlines and grants."""

from datetime import UTC, datetime

from django.db import connection


def now() -> datetime:
    """The time of the database server (one small query); on SQLite that is this machine's own clock."""
    if connection.vendor != "postgresql":
        return datetime.now(UTC)  # noqa: TID251 - this is the clock
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment
