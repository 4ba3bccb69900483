"""One page out of several lists of the same order, each of which walks an index of its own."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import EmptyResultSet
from django.db import connection

from reviewqueue.queries import cursors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import Q, QuerySet

    from reviewqueue.models import Case


def first(parts: Sequence[QuerySet[Case]], columns: Sequence[str], between: Q, *, limit: int) -> list[str]:
    """The ids of the first cases of all parts together; whoever wants their wide rows reads them for these alone."""
    return [row[-1] for row in _rows([_head(part, columns, between)[:limit] for part in parts], columns, limit)]


def end(parts: Sequence[QuerySet[Case]], columns: Sequence[str], behind: Q, *, within: int) -> str:
    """The cursor up to which all parts are looked through when about ``within`` cases are; empty: to their end."""
    far = within // max(len(parts), 1)
    rows = _rows([_head(part, columns, behind)[far : far + 1] for part in parts], columns, 1)
    return cursors.behind([_moment(value) for value in rows[0][:-1]] + [rows[0][-1]]) if rows else ""


def _moment(value: datetime) -> datetime:
    """What SQLite hands out has no zone and means UTC."""
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _head(part: QuerySet[Case], columns: Sequence[str], between: Q) -> Any:
    names = [column.removeprefix("-") for column in columns]
    filled = {f"{name}__isnull": False for name in names if name != "id"}
    return part.filter(between, **filled).order_by(*columns).values_list(*names)


def _rows(heads: Sequence[Any], columns: Sequence[str], limit: int) -> list[Any]:
    return list(heads[0]) if len(heads) == 1 else _merged(heads, columns, limit)


def _merged(heads: Sequence[Any], columns: Sequence[str], limit: int) -> list[Any]:
    """The first rows of several lists, in one question; Django asks SQLite no such thing."""
    asked = []
    for head in heads:
        with suppress(EmptyResultSet):  # nothing can be in this part
            asked.append(head.query.sql_with_params())
    if not asked:
        return []
    together = " UNION ALL ".join(f"SELECT * FROM ({sql}) AS part{n}" for n, (sql, _params) in enumerate(asked))  # noqa: S608 - Django's own SQL, parameters are bound
    order = ", ".join(f"{n} {'DESC' if column.startswith('-') else 'ASC'}" for n, column in enumerate(columns, 1))
    with connection.cursor() as cursor:
        cursor.execute(
            f"{together} ORDER BY {order} LIMIT {limit}", [value for _sql, bound in asked for value in bound]
        )
        rows: list[Any] = cursor.fetchall()
    return rows
