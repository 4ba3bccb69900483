"""Append-only by law of the database: triggers that refuse every change but an erasure."""

import logging
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

TABLE = "audit_entry"
ERASABLE = ("salt", "body")
REFUSAL = "the audit ledger is append-only"

logger = logging.getLogger(__name__)

_PG_FUNCTION = f"{TABLE}_append_only"
_PG_BODY = f"""
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.salt IS NOT NULL AND OLD.body IS NOT NULL AND NEW.salt IS NULL AND NEW.body IS NULL
           AND to_jsonb(NEW) - 'salt' - 'body' = to_jsonb(OLD) - 'salt' - 'body' THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation';
END
"""
_PG_TRIGGERS = {
    f"{TABLE}_no_change": f"BEFORE UPDATE OR DELETE ON {TABLE} FOR EACH ROW",
    f"{TABLE}_no_truncate": f"BEFORE TRUNCATE ON {TABLE} FOR EACH STATEMENT",
}

# How PostgreSQL stores those moments: row 1, before 2, delete 8, update 16, truncate 32.
_PG_MOMENTS = {f"{TABLE}_no_change": 1 + 2 + 8 + 16, f"{TABLE}_no_truncate": 2 + 32}


def install(connection: BaseDatabaseWrapper) -> None:
    """Put every guard in place, replacing what is there under its name."""
    _execute(connection, _pg_install() if connection.vendor == "postgresql" else _sqlite_install(connection))


def remove(connection: BaseDatabaseWrapper) -> None:
    """Take the guards away: for undoing the first migration."""
    _execute(connection, _pg_remove() if connection.vendor == "postgresql" else _sqlite_remove())


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """Names of guards that are absent, disabled or altered; empty when the ledger is protected."""
    found = _pg_found(connection) if connection.vendor == "postgresql" else _sqlite_found(connection)
    expected = _PG_TRIGGERS if connection.vendor == "postgresql" else _sqlite_triggers(connection)
    return sorted(set(expected) - found)


def restore(using: str, **_signal: Any) -> None:
    """After a migration: put back what is missing (a signal handler)."""
    connection = connections[using]
    if TABLE in connection.introspection.table_names() and (gone := missing(connection)):
        logger.warning("audit guards were missing and are put back: %s", ", ".join(gone))
        install(connection)


def forwards(_apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Install, as a migration step."""
    install(schema_editor.connection)


def backwards(_apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Remove, as a migration step."""
    remove(schema_editor.connection)


def _execute(connection: BaseDatabaseWrapper, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _rows(connection: BaseDatabaseWrapper, query: str, params: list[str]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return list(cursor.fetchall())


def _pg_install() -> list[str]:
    function = f"CREATE OR REPLACE FUNCTION {_PG_FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $body${_PG_BODY}$body$"
    statements = [function]
    for name, when in _PG_TRIGGERS.items():
        statements.append(f"CREATE OR REPLACE TRIGGER {name} {when} EXECUTE FUNCTION {_PG_FUNCTION}()")
        # ALWAYS: a session that plays replica would otherwise pass by.
        statements.append(f"ALTER TABLE {TABLE} ENABLE ALWAYS TRIGGER {name}")
    return statements


def _pg_remove() -> list[str]:
    drops = [f"DROP TRIGGER IF EXISTS {name} ON {TABLE}" for name in _PG_TRIGGERS]
    return [*drops, f"DROP FUNCTION IF EXISTS {_PG_FUNCTION}()"]


def _pg_found(connection: BaseDatabaseWrapper) -> set[str]:
    """Those that fire always, without a condition, at the moments meant, and run the function as it was written."""
    query = """
        SELECT t.tgname, t.tgtype FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
        WHERE t.tgrelid = %s::regclass AND t.tgenabled = 'A' AND t.tgqual IS NULL AND t.tgattr::text = ''
          AND p.proname = %s AND p.prosrc = %s
    """
    found = _rows(connection, query, [TABLE, _PG_FUNCTION, _PG_BODY])
    return {name for name, moments in found if _PG_MOMENTS.get(name) == moments}


def _sqlite_triggers(connection: BaseDatabaseWrapper) -> dict[str, str]:
    """Name → statement; the kept columns are those of the table as it is, so a later column is guarded too."""
    with connection.cursor() as cursor:
        columns = [column.name for column in connection.introspection.get_table_description(cursor, TABLE)]
    unchanged = [f'NEW."{column}" IS OLD."{column}"' for column in columns if column not in ERASABLE]
    erased = [f'OLD."{column}" IS NOT NULL AND NEW."{column}" IS NULL' for column in ERASABLE]
    refuse = f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    # INSERT OR REPLACE deletes the row in its way without asking the delete trigger.
    # Two questions: one with OR would walk the whole ledger where SQLite was told of a short one (ANALYZE).
    same = ("id = NEW.id", "subject = NEW.subject AND seq = NEW.seq")
    taken = " OR ".join(f"EXISTS (SELECT 1 FROM {TABLE} WHERE {each})" for each in same)  # noqa: S608 -- constants only
    when = {
        f"{TABLE}_no_delete": "BEFORE DELETE ON {table}",
        f"{TABLE}_no_update": f"BEFORE UPDATE ON {{table}} WHEN NOT ({' AND '.join([*erased, *unchanged])})",
        f"{TABLE}_no_replace": f"BEFORE INSERT ON {{table}} WHEN {taken}",
    }
    return {name: f"CREATE TRIGGER {name} {clause.format(table=TABLE)} {refuse}" for name, clause in when.items()}


def _sqlite_install(connection: BaseDatabaseWrapper) -> list[str]:
    return [*_sqlite_remove(), *_sqlite_triggers(connection).values()]


def _sqlite_remove() -> list[str]:
    return [f"DROP TRIGGER IF EXISTS {TABLE}_no_{what}" for what in ("delete", "update", "replace")]


def _sqlite_found(connection: BaseDatabaseWrapper) -> set[str]:
    query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s"
    expected = _sqlite_triggers(connection)
    return {name for name, sql in _rows(connection, query, [TABLE]) if expected.get(name) == sql}
