"""Insert and find single rows by statements that are prepared once.

Where every call of an agent reads and writes, building a query anew costs more than the database does.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from django.db import connection, models
from django.db.models.expressions import DatabaseDefault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import Field, Model


Row = TypeVar("Row", bound="models.Model")


class _Statement(NamedTuple):
    sql: str
    fields: tuple[Field, ...]  # type: ignore[type-arg]
    returns_key: bool


def insert(row: Model) -> None:
    """As ``row.save(force_insert=True)`` for a model without parents and without listeners of its signals."""
    _insert(row, "")


def insert_new(row: Model) -> bool:
    """Insert unless a row with the same unique values is there already; says whether it did.

    For models with a generated key.
    """
    return _insert(row, " ON CONFLICT DO NOTHING")


def find(model: type[Row], **equal: Any) -> Row | None:
    """The row whose columns have these values, as ``model.objects.filter(**equal).first()`` without an order."""
    sql, names = _selection(model, tuple(equal), connection.vendor)
    with connection.cursor() as cursor:
        cursor.execute(sql, list(equal.values()))
        found = cursor.fetchone()
    return found and model.from_db(connection.alias, names, _converted(model, found))


@lru_cache(maxsize=64)
def _selection(model: type[Model], equal: tuple[str, ...], _vendor: str) -> tuple[str, list[str]]:
    quote = connection.ops.quote_name
    fields = model._meta.concrete_fields  # noqa: SLF001 - the model's own list of its columns
    columns = ", ".join(quote(field.column) for field in fields)
    where = " AND ".join(f"{quote(model._meta.get_field(name).column)} = %s" for name in equal)  # type: ignore[union-attr]  # noqa: SLF001 - the model's own columns
    table = quote(model._meta.db_table)  # noqa: SLF001 - the model's own table
    return f"SELECT {columns} FROM {table} WHERE {where} LIMIT 1", [field.attname for field in fields]  # noqa: S608 - names of our own tables and columns


def _converted(model: type[Model], values: Sequence[Any]) -> list[Any]:
    """What the driver hands out, as the model's fields want it."""
    fields = model._meta.concrete_fields  # noqa: SLF001 - the model's own list of its columns
    return [_value(field, value) for field, value in zip(fields, values, strict=True)]


def _value(field: Any, value: Any) -> Any:
    expression = field.cached_col
    for convert in (*connection.ops.get_db_converters(expression), *field.get_db_converters(connection)):
        value = convert(value, expression, connection)
    return value


def _insert(row: Model, conflict: str) -> bool:
    statement = _prepared(type(row), conflict, connection.vendor)
    values = [field.get_db_prep_save(getattr(row, field.attname), connection) for field in statement.fields]
    with connection.cursor() as cursor:
        cursor.execute(statement.sql, values)
        if statement.returns_key:
            made = cursor.fetchone()
            if made is None:
                return False
            row.pk = made[0]
    for field in row._meta.concrete_fields:  # noqa: SLF001 - the model's own list of its columns
        if isinstance(getattr(row, field.attname), DatabaseDefault):
            delattr(row, field.attname)  # the database chose it; it is read when somebody asks
    row._state.adding, row._state.db = False, connection.alias  # noqa: SLF001 - what save() would note
    return True


@lru_cache(maxsize=64)
def _prepared(model: type[Model], conflict: str, _vendor: str) -> _Statement:
    quote = connection.ops.quote_name
    compiler = model._default_manager.all().query.get_compiler(connection=connection)  # noqa: SLF001 - any will do
    fields, columns, places = [], [], []
    for field in model._meta.concrete_fields:  # noqa: SLF001 - the model's own list of its columns
        if isinstance(field, models.AutoField):
            continue
        columns.append(quote(field.column))
        if field.has_db_default():
            places.append(compiler.compile(field.db_default)[0])
        else:
            fields.append(field)
            places.append("%s")
    key = model._meta.pk  # noqa: SLF001 - the model's own key
    returns_key = isinstance(key, models.AutoField)
    sql = f"INSERT INTO {quote(model._meta.db_table)} ({', '.join(columns)}) VALUES ({', '.join(places)}){conflict}"  # noqa: S608, SLF001 - names of our own tables and columns
    return _Statement(f"{sql} RETURNING {quote(key.column)}" if returns_key else sql, tuple(fields), returns_key)
