"""Many rows out of one, inside the database: in SQL for both databases, each told by its number ``n``."""

from __future__ import annotations

import time
from typing import Any, Final

from django.db import connection, models

_LETTERS: Final = "0123456789abcdefghjkmnpqrstvwxyz"
# Of an id the first 48 bits are milliseconds, the first letter takes five of them.
_TOP: Final = 43
# A row is named in several statements, and has to get the same id in each.
_STARTED: Final = int(time.time())


def postgresql() -> bool:
    """Which of the two."""
    return connection.vendor == "postgresql"


def numbered(numbers: range) -> str:
    """Where ``n`` comes from."""
    first, last = numbers[0], numbers[-1]
    if postgresql():
        return f"generate_series({first}, {last}) AS numbers(n)"
    begun = f"SELECT {first} UNION ALL SELECT n + 1 FROM numbers WHERE n < {last}"  # noqa: S608 - numbers of ours
    return f"(WITH RECURSIVE numbers(n) AS ({begun}) SELECT n FROM numbers) AS numbers"  # noqa: S608 - the same


def insert(model: type[models.Model], like: tuple[str, Any], numbers: range, changes: dict[str, str]) -> None:
    """Copies of the row that has this value in this column, in one statement.

    ``changes`` are columns and what SQL makes of ``n`` for them.
    """
    columns = [str(field.column) for field in model._meta.concrete_fields]  # noqa: SLF001 - documented by Django
    values = ", ".join(changes.get(column, f"row.{column}") for column in columns)
    table, (key, value) = model._meta.db_table, like  # noqa: SLF001 - the same
    copies = f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table} AS row, {numbered(numbers)}"  # noqa: S608 - names of ours
    with connection.cursor() as cursor:
        cursor.execute(f"{copies.replace('%', '%%')} WHERE row.{key} = %s", [value])


def moment(seconds: str) -> str:
    """So many seconds from now."""
    if postgresql():
        return f"now() + ({seconds}) * interval '1 second'"
    return f"strftime('%Y-%m-%d %H:%M:%S', 'now', ({seconds}) || ' seconds')"


def number(width: int) -> str:
    """``n`` with zeros in front."""
    return f"lpad(n::text, {width}, '0')" if postgresql() else f"printf('%0{width}d', n)"


def id_of(prefix: str, seconds: str) -> str:
    """An id that lies among others where one made so many seconds from now would, as ``models.ids`` makes them."""
    made = f"(({_STARTED} + CAST({seconds} AS bigint)) * 1000)"
    letters = [f"substr('{_LETTERS}', CAST({_bits(made, _TOP - 5 * n)} & 31 AS integer) + 1, 1)" for n in range(10)]
    return f"'{prefix}_' || {' || '.join(letters)} || {number(16)}"


def _bits(value: str, shift: int) -> str:
    return f"({value} >> {shift})" if shift >= 0 else f"({value} << {-shift})"


def one_of(*words: str) -> str:
    """One word after the other."""
    return f"CASE n % {len(words)} " + " ".join(f"WHEN {n} THEN '{word}'" for n, word in enumerate(words)) + " END"
