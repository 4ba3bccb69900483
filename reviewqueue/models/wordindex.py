"""The search index: the words of each case in a table that triggers of the database keep up.

SQLite keeps them in FTS5, PostgreSQL in a ``tsvector`` under a GIN index; what the words are is decided in Python
(``engine/terms.py``), so both find the same. A trigger costs intake less than one more statement would.
"""

from typing import Any, Final

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

TABLE: Final = "reviewqueue_casewords"
_CASE: Final = "reviewqueue_case"
_KEEP: Final = f"{TABLE}_keep"


def install(connection: BaseDatabaseWrapper) -> None:
    """Make the table where it is missing, and put the triggers in place."""
    with connection.cursor() as cursor:
        for statement in _POSTGRESQL if connection.vendor == "postgresql" else _SQLITE:
            cursor.execute(statement)


def remove(connection: BaseDatabaseWrapper) -> None:
    """Take the index away: for undoing its migration."""
    with connection.cursor() as cursor:
        for statement in _GONE_POSTGRESQL if connection.vendor == "postgresql" else _GONE_SQLITE:
            cursor.execute(statement)


def forwards(_apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Install, as a migration step."""
    install(schema_editor.connection)


def backwards(_apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Remove, as a migration step."""
    remove(schema_editor.connection)


def restore(using: str = "default", **_signal: Any) -> None:
    """After every migration: SQLite alters a table by making it anew, and its triggers are lost on the way."""
    connection = connections[using]
    if connection.vendor == "sqlite" and _CASE in connection.introspection.table_names():
        install(connection)


_POSTGRESQL: Final = (
    f"CREATE TABLE IF NOT EXISTS {TABLE} (case_id varchar(40) PRIMARY KEY, words tsvector NOT NULL)",
    f"CREATE INDEX IF NOT EXISTS {TABLE}_words ON {TABLE} USING gin (words)",
    f"""CREATE OR REPLACE FUNCTION {_KEEP}() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'TRUNCATE' THEN
            TRUNCATE {TABLE};
        ELSIF TG_OP = 'DELETE' THEN
            DELETE FROM {TABLE} WHERE case_id = OLD.id;
        ELSE
            INSERT INTO {TABLE} (case_id, words)
            VALUES (NEW.id, array_to_tsvector(string_to_array(NEW.search_terms, ' ')))
            ON CONFLICT (case_id) DO UPDATE SET words = EXCLUDED.words;
        END IF;
        RETURN NULL;
    END $$""",  # noqa: S608 - our own tables
    f"""CREATE OR REPLACE TRIGGER {_KEEP} AFTER INSERT OR DELETE OR UPDATE OF search_terms ON {_CASE}
    FOR EACH ROW EXECUTE FUNCTION {_KEEP}()""",
    f"CREATE OR REPLACE TRIGGER {_KEEP}_none AFTER TRUNCATE ON {_CASE} EXECUTE FUNCTION {_KEEP}()",
)
# The id is among the words, so the row of a case is found by the index and not by reading all of them.
_FORGET: Final = f"""DELETE FROM {TABLE} WHERE rowid IN (
    SELECT rowid FROM {TABLE} WHERE {TABLE} MATCH '"' || replace(OLD.id, 'case_', '') || '"' AND case_id = OLD.id)"""  # noqa: S608 - our own table
_LEARN: Final = f"INSERT INTO {TABLE} (case_id, words) VALUES (NEW.id, NEW.search_terms)"  # noqa: S608 - our own table
_SQLITE: Final = (
    f"""CREATE VIRTUAL TABLE IF NOT EXISTS {TABLE}
    USING fts5(case_id UNINDEXED, words, tokenize = 'ascii', prefix = '2 3', detail = none)""",
    f"CREATE TRIGGER IF NOT EXISTS {_KEEP}_insert AFTER INSERT ON {_CASE} BEGIN {_LEARN}; END",
    f"""CREATE TRIGGER IF NOT EXISTS {_KEEP}_update AFTER UPDATE OF search_terms ON {_CASE}
    BEGIN {_FORGET}; {_LEARN}; END""",
    f"CREATE TRIGGER IF NOT EXISTS {_KEEP}_delete AFTER DELETE ON {_CASE} BEGIN {_FORGET}; END",
)
_GONE_POSTGRESQL: Final = (
    f"DROP TRIGGER IF EXISTS {_KEEP} ON {_CASE}",
    f"DROP TRIGGER IF EXISTS {_KEEP}_none ON {_CASE}",
    f"DROP FUNCTION IF EXISTS {_KEEP}()",
    f"DROP TABLE IF EXISTS {TABLE}",
)
_GONE_SQLITE: Final = (
    *(f"DROP TRIGGER IF EXISTS {_KEEP}_{event}" for event in ("insert", "update", "delete")),
    f"DROP TABLE IF EXISTS {TABLE}",
)
