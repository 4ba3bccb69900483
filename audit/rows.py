"""Insert and find single rows by statements that are prepared once.

Where every call of an agent reads and writes, building a query anew costs more than the database does.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections, models, transaction
from django.db.models.expressions import DatabaseDefault

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models import Field, Model


Row = TypeVar("Row", bound="models.Model")
# What waits to be stored at the end of ``atomic``; ``None`` outside of it.
_waiting: Final[ContextVar[list[Model] | None]] = ContextVar("waiting", default=None)
# PostgreSQL has not been asked anything yet in this transaction; the number is libpq's.
_IDLE: Final = 0


class _Insertion(NamedTuple):
    sql: str
    returning: str
    values_of: Callable[[Model], tuple[Any, ...]]
    # Each field with the types of values that the driver takes as they are.
    fields: tuple[tuple[Field[Any, Any], frozenset[type]], ...]
    chosen_by_database: tuple[str, ...]


class _Columns(NamedTuple):
    sql: str
    names: list[str]
    # The fields whose values the driver hands out in a form of its own, by their place.
    converted: tuple[tuple[int, Any], ...]


@contextmanager
def atomic() -> Iterator[None]:
    """As ``transaction.atomic()``, for a verb that does hardly more than insert: PostgreSQL gets it in one statement.

    What ``insert`` is given is stored at the end, and is a transaction of its own where nothing else was asked: the
    round trips cost more than the rows. Whoever reads one of them before calls ``store``; a key that the database
    makes is not told.
    """
    with transaction.atomic():
        token = _waiting.set([] if connections[DEFAULT_DB_ALIAS].vendor == "postgresql" else None)
        try:
            yield
            store(last=True)
        finally:
            _waiting.reset(token)


def store(*, last: bool = False) -> None:
    """Store what waits; ``last``: nothing follows in this transaction."""
    if rows := _waiting.get():
        _store_together(rows, connections[DEFAULT_DB_ALIAS], last=last)
        rows.clear()


def insert(row: Model) -> None:
    """As ``row.save(force_insert=True)`` for a model without parents and without listeners of its signals.

    A key that is given stays.
    """
    if (waiting := _waiting.get()) is None:
        _insert(row, "")
    else:
        waiting.append(row)


def insert_each(rows: Sequence[Model]) -> None:
    """``insert`` for many rows of one model, now and together; a key that the database makes is not told."""
    if not rows:
        return
    database = connections[DEFAULT_DB_ALIAS]
    insertion = _prepared(type(rows[0]), rows[0].pk is not None, database.vendor)
    with database.cursor() as cursor:
        cursor.executemany(insertion.sql, [_values(row, insertion, database) for row in rows])
    for row in rows:
        _note(row, insertion, database)


def insert_new(row: Model) -> bool:
    """Insert unless a row with the same unique values is there already; says whether it did.

    For models with a generated key.
    """
    return _insert(row, " ON CONFLICT DO NOTHING")


def find(model: type[Row], **equal: Any) -> Row | None:
    """The row whose columns have these values, as ``model.objects.filter(**equal).first()`` without an order."""
    database = connections[DEFAULT_DB_ALIAS]
    with database.cursor() as cursor:
        cursor.execute(_selection(model, tuple(equal), database.vendor), list(equal.values()))
        found = cursor.fetchone()
    return found and read(model, found)


def first(model: type[Row], rest: str, given: Sequence[Any]) -> Row | None:
    """The first row that ``rest`` of a SELECT names (``WHERE id = %s``), whole."""
    database = connections[DEFAULT_DB_ALIAS]
    table = database.ops.quote_name(model._meta.db_table)  # noqa: SLF001 - the model's own table
    with database.cursor() as cursor:
        cursor.execute(f"SELECT {columns(model)} FROM {table} {rest}", given)  # noqa: S608 - names of our own tables and columns
        found = cursor.fetchone()
    return found and read(model, found)


def values(model: type[Model], names: tuple[str, ...], rest: str, given: Sequence[Any]) -> list[list[Any]]:
    """These columns of the rows that ``rest`` of a SELECT names, such as ``WHERE id > %s ORDER BY id``."""
    database = connections[DEFAULT_DB_ALIAS]
    known = _columns(model, database.vendor, names)
    table = database.ops.quote_name(model._meta.db_table)  # noqa: SLF001 - the model's own table
    with database.cursor() as cursor:
        cursor.execute(f"SELECT {known.sql} FROM {table} {rest}", given)  # noqa: S608 - names of our own tables and columns
        return [_read(known, row, database) for row in cursor.fetchall()]


def update_each(
    model: type[Model], names: tuple[str, ...], rows: Sequence[Model], *, unless_newer: str = "", by: int = 1
) -> int:
    """Give each of these rows its own values of the named columns, in one statement; returns how many it found.

    ``unless_newer`` names a number that every change makes larger, this one ``by`` so much: rows whose stored one is
    another than the one before this change are left alone, and not counted.
    """
    if not rows:
        return 0
    database, meta = connections[DEFAULT_DB_ALIAS], model._meta  # noqa: SLF001 - the model's own table and columns
    fields: list[Any] = [meta.pk, *map(meta.get_field, names)]
    table = database.ops.quote_name(meta.db_table)
    given = [_given(field, place, database) for place, field in enumerate(fields, 1)]
    sets = ", ".join(f"{_quoted(f, database)} = {value}" for f, value in zip(fields[1:], given[1:], strict=True))
    where = f"{table}.{_quoted(meta.pk, database)} = {given[0]}"
    if unless_newer:
        newer: Any = meta.get_field(unless_newer)
        where += f" AND {table}.{_quoted(newer, database)} = {given[fields.index(newer)]} - {by:d}"
    places = ", ".join([f"({', '.join(['%s'] * len(fields))})"] * len(rows))
    values = [field.get_db_prep_save(getattr(row, field.attname), database) for row in rows for field in fields]
    with database.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {sets} FROM (VALUES {places}) AS given WHERE {where}", values)  # noqa: S608 - names of our own tables and columns
        found: int = cursor.rowcount
    return found


def _given(field: Any, place: int, database: BaseDatabaseWrapper) -> str:
    """A column of VALUES; PostgreSQL takes what it cannot know for text, and SQLite knows no types."""
    name = f"given.column{place}"
    return f"CAST({name} AS {field.rel_db_type(database)})" if database.vendor == "postgresql" else name


def locked(*, whole: bool = False) -> str:
    """What follows a WHERE to keep the rows from other writers until the transaction ends; ``whole``: also the key."""
    # SQLite transactions begin IMMEDIATE: there is only ever one writer.
    if connections[DEFAULT_DB_ALIAS].vendor != "postgresql":
        return ""
    return " FOR UPDATE" if whole else " FOR NO KEY UPDATE"


def columns(model: type[Model]) -> str:
    """All columns of a model, for a SELECT of one's own whose rows ``read`` understands."""
    database = connections[DEFAULT_DB_ALIAS]
    return _columns(model, database.vendor).sql


def read(model: type[Row], values: Sequence[Any]) -> Row:
    """The row with these values of its ``columns``, as the driver handed them out."""
    database = connections[DEFAULT_DB_ALIAS]
    known = _columns(model, database.vendor)
    return model.from_db(database.alias, known.names, _read(known, values, database))


def _insert(row: Model, conflict: str) -> bool:
    database = connections[DEFAULT_DB_ALIAS]
    insertion = _prepared(type(row), row.pk is not None, database.vendor)
    returning = insertion.returning if row.pk is None else ""
    with database.cursor() as cursor:
        cursor.execute(f"{insertion.sql}{conflict}{returning}", _values(row, insertion, database))
        if returning:
            made = cursor.fetchone()
            if made is None:
                return False
            row.pk = made[0]
    _note(row, insertion, database)
    return True


def _store_together(rows: list[Model], database: Any, *, last: bool) -> None:
    insertions = [_prepared(type(row), row.pk is not None, database.vendor) for row in rows]
    sql = _joined(tuple(insertion.sql for insertion in insertions))
    given = [value for row, one in zip(rows, insertions, strict=True) for value in _values(row, one, database)]
    with database.cursor() as cursor, _by_itself(database) if last else nullcontext():
        cursor.execute(sql, given)
    for row, insertion in zip(rows, insertions, strict=True):
        _note(row, insertion, database)


@contextmanager
def _by_itself(database: Any) -> Iterator[None]:
    """The only statement of the outermost transaction begins and commits it on its way."""
    connection = database.connection
    if len(database.atomic_blocks) > 1 or connection.info.transaction_status != _IDLE:
        yield
        return
    connection.autocommit = True
    try:
        yield
    finally:
        # One that broke would refuse, and hide what happened to it.
        if not connection.closed:
            connection.autocommit = False


@lru_cache(maxsize=256)
def _joined(insertions: tuple[str, ...]) -> str:
    *first, last = insertions
    named = ", ".join(f"row_{n} AS ({sql})" for n, sql in enumerate(first))
    return f"WITH {named} {last}" if first else last


def _values(row: Model, insertion: _Insertion, database: BaseDatabaseWrapper) -> list[Any]:
    return [
        value if value is None or type(value) in as_is else _prepared_value(value, field, database)
        for value, (field, as_is) in zip(insertion.values_of(row), insertion.fields, strict=True)
    ]


def _prepared_value(value: Any, field: Field[Any, Any], database: BaseDatabaseWrapper) -> Any:
    if type(value) is datetime:
        return _instant(value, database.vendor)
    return field.get_db_prep_save(value, database)


@lru_cache(maxsize=256)
def _instant(value: datetime, _vendor: str) -> Any:
    """One moment stands in many columns of a new case."""
    return models.DateTimeField().get_db_prep_save(value, connections[DEFAULT_DB_ALIAS])


def _note(row: Model, insertion: _Insertion, database: BaseDatabaseWrapper) -> None:
    """Leave the row as ``save()`` would."""
    for name in insertion.chosen_by_database:
        if isinstance(getattr(row, name), DatabaseDefault):
            delattr(row, name)  # it is read when somebody asks
    row._state.adding, row._state.db = False, database.alias  # noqa: SLF001 - what save() would note


@lru_cache(maxsize=64)
def _prepared(model: type[Model], keyed: bool, _vendor: str) -> _Insertion:  # noqa: FBT001 - private
    database = connections[DEFAULT_DB_ALIAS]
    fields = list(_written(model, keyed=keyed))
    places = [_place(model, field, database) for field in fields]
    names = ", ".join(_quoted(field, database) for field in fields)
    table, key = database.ops.quote_name(model._meta.db_table), model._meta.pk  # noqa: SLF001 - the model's own table and key
    given = [field for field in fields if not field.has_db_default()]
    return _Insertion(
        sql=f"INSERT INTO {table} ({names}) VALUES ({', '.join(places)})",  # noqa: S608 - names of our own tables and columns
        returning=f" RETURNING {_quoted(key, database)}" if isinstance(key, models.AutoField) else "",
        values_of=attrgetter(*(field.attname for field in given)),
        fields=tuple((field, _taken_as_is(field, database)) for field in given),
        chosen_by_database=tuple(field.attname for field in fields if field.has_db_default()),
    )


def _written(model: type[Model], *, keyed: bool) -> Iterator[Field[Any, Any]]:
    columns = model._meta.concrete_fields  # noqa: SLF001 - the model's own list of its columns
    return (field for field in columns if keyed or not isinstance(field, models.AutoField))


def _place(model: type[Model], field: Field[Any, Any], database: BaseDatabaseWrapper) -> str:
    if not field.has_db_default():
        return "%s"
    compiler = model._default_manager.all().query.get_compiler(connection=database)  # noqa: SLF001 - any will do
    return str(compiler.compile(field.db_default)[0])


def _taken_as_is(field: Field[Any, Any], database: BaseDatabaseWrapper) -> frozenset[type]:
    if isinstance(field, models.CharField | models.TextField):
        return frozenset({str})
    if isinstance(field, models.DateTimeField | models.DecimalField):
        return frozenset({datetime, Decimal} if database.vendor == "postgresql" else ())
    whole = isinstance(getattr(field, "target_field", field), models.IntegerField)
    return frozenset({int}) if whole and type(field.get_db_prep_save(1, database)) is int else frozenset()


@lru_cache(maxsize=64)
def _selection(model: type[Model], equal: tuple[str, ...], vendor: str) -> str:
    database, meta = connections[DEFAULT_DB_ALIAS], model._meta  # noqa: SLF001 - the model's own table and columns
    where = " AND ".join(f"{_quoted(meta.get_field(name), database)} = %s" for name in equal)
    table = database.ops.quote_name(meta.db_table)
    return f"SELECT {_columns(model, vendor).sql} FROM {table} WHERE {where} LIMIT 1"  # noqa: S608 - names of our own tables and columns


@lru_cache(maxsize=64)
def _columns(model: type[Model], _vendor: str, only: tuple[str, ...] = ()) -> _Columns:
    database = connections[DEFAULT_DB_ALIAS]
    fields = [field for field in model._meta.concrete_fields if not only or field.attname in only]  # noqa: SLF001 - the model's own list of its columns
    if only:
        fields.sort(key=lambda field: only.index(field.attname))
    table = database.ops.quote_name(model._meta.db_table)  # noqa: SLF001 - the model's own table
    return _Columns(
        sql=", ".join(f"{table}.{_quoted(field, database)}" for field in fields),
        names=[field.attname for field in fields],
        converted=tuple((place, field) for place, field in enumerate(fields) if any(_converters(field, database))),
    )


def _read(known: _Columns, values: Sequence[Any], database: BaseDatabaseWrapper) -> list[Any]:
    read = list(values)
    for place, field in known.converted:
        read[place] = _converted(field, read[place], database)
    return read


def _quoted(field: Any, database: BaseDatabaseWrapper) -> str:
    return database.ops.quote_name(field.column)


def _converted(field: Any, value: Any, database: BaseDatabaseWrapper) -> Any:
    for convert in _converters(field, database):
        value = convert(value, field.cached_col, database)
    return value


def _converters(field: Any, database: BaseDatabaseWrapper) -> list[Any]:
    return [*database.ops.get_db_converters(field.cached_col), *field.get_db_converters(database)]
