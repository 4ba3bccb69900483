"""A control case never runs and no agent hears of it, by law of the database.

No grant can come to be for one, whoever asks in whatever order; a case that has a grant cannot become one; once one,
always one. Its events belong to no agent, so neither streams nor webhooks carry them.
"""

from typing import Any, Final

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def install(connection: BaseDatabaseWrapper) -> None:
    """Put the guards in place."""
    remove(connection)
    with connection.cursor() as cursor:
        for statement in _POSTGRESQL if connection.vendor == "postgresql" else _SQLITE:
            cursor.execute(statement)


def remove(connection: BaseDatabaseWrapper) -> None:
    """Take them away: for undoing their migration."""
    with connection.cursor() as cursor:
        for name, table in _NAMES:
            on = f" ON {table}" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on}")


def forwards(_apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Install, as a migration step."""
    install(schema_editor.connection)


def backwards(_apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Remove, as a migration step."""
    remove(schema_editor.connection)


def restore(using: str = "default", **_signal: Any) -> None:
    """After every migration: SQLite alters a table by making it anew, and its triggers are lost on the way."""
    connection = connections[using]
    tables = {table for _name, table in _NAMES}
    if connection.vendor == "sqlite" and tables <= set(connection.introspection.table_names()):
        install(connection)


_CANARY, _GRANT, _EVENT = "reviewqueue_canary", "reviewqueue_grant", "reviewqueue_event"
_NAMES: Final = (
    ("canary_gets_no_grant", _GRANT),
    ("canary_takes_no_grant", _GRANT),
    ("canary_has_no_grant", _CANARY),
    ("canary_moves_nowhere", _CANARY),
    ("canary_stays", _CANARY),
    ("canary_is_nobodys_news", _EVENT),
)
# PostgreSQL: both sides lock the case, so that of two transactions at once the later sees what the earlier did.
_POSTGRESQL: Final = (
    """CREATE OR REPLACE FUNCTION canary_gets_no_grant() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM 1 FROM reviewqueue_case WHERE id = NEW.case_id FOR KEY SHARE;
      IF EXISTS (SELECT 1 FROM reviewqueue_canary WHERE case_id = NEW.case_id) THEN
        RAISE EXCEPTION 'a control case can never run' USING ERRCODE = 'integrity_constraint_violation';
      END IF;
      RETURN NEW;
    END $$""",
    """CREATE TRIGGER canary_gets_no_grant BEFORE INSERT ON reviewqueue_grant
    FOR EACH ROW EXECUTE FUNCTION canary_gets_no_grant()""",
    """CREATE TRIGGER canary_takes_no_grant BEFORE UPDATE OF case_id ON reviewqueue_grant
    FOR EACH ROW EXECUTE FUNCTION canary_gets_no_grant()""",
    """CREATE OR REPLACE FUNCTION canary_has_no_grant() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM 1 FROM reviewqueue_case WHERE id = NEW.case_id FOR UPDATE;
      IF EXISTS (SELECT 1 FROM reviewqueue_grant WHERE case_id = NEW.case_id) THEN
        RAISE EXCEPTION 'a control case can never run' USING ERRCODE = 'integrity_constraint_violation';
      END IF;
      RETURN NEW;
    END $$""",
    """CREATE TRIGGER canary_has_no_grant BEFORE INSERT ON reviewqueue_canary
    FOR EACH ROW EXECUTE FUNCTION canary_has_no_grant()""",
    """CREATE OR REPLACE FUNCTION canary_stays() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'a control case stays one' USING ERRCODE = 'integrity_constraint_violation'; END $$""",
    """CREATE TRIGGER canary_moves_nowhere BEFORE UPDATE OF case_id ON reviewqueue_canary
    FOR EACH ROW EXECUTE FUNCTION canary_stays()""",
    "CREATE TRIGGER canary_stays BEFORE DELETE ON reviewqueue_canary FOR EACH ROW EXECUTE FUNCTION canary_stays()",
    """CREATE OR REPLACE FUNCTION canary_is_nobodys_news() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NEW.case_id IS NOT NULL AND EXISTS (SELECT 1 FROM reviewqueue_canary WHERE case_id = NEW.case_id) THEN
        NEW.agent_id := NULL;
      END IF;
      RETURN NEW;
    END $$""",
    """CREATE TRIGGER canary_is_nobodys_news BEFORE INSERT ON reviewqueue_event
    FOR EACH ROW EXECUTE FUNCTION canary_is_nobodys_news()""",
)
_SQLITE: Final = (
    """CREATE TRIGGER canary_gets_no_grant BEFORE INSERT ON reviewqueue_grant
    WHEN EXISTS (SELECT 1 FROM reviewqueue_canary WHERE case_id = NEW.case_id)
    BEGIN SELECT RAISE(ABORT, 'a control case can never run'); END""",
    """CREATE TRIGGER canary_takes_no_grant BEFORE UPDATE OF case_id ON reviewqueue_grant
    WHEN EXISTS (SELECT 1 FROM reviewqueue_canary WHERE case_id = NEW.case_id)
    BEGIN SELECT RAISE(ABORT, 'a control case can never run'); END""",
    """CREATE TRIGGER canary_has_no_grant BEFORE INSERT ON reviewqueue_canary
    WHEN EXISTS (SELECT 1 FROM reviewqueue_grant WHERE case_id = NEW.case_id)
    BEGIN SELECT RAISE(ABORT, 'a control case can never run'); END""",
    """CREATE TRIGGER canary_moves_nowhere BEFORE UPDATE OF case_id ON reviewqueue_canary
    BEGIN SELECT RAISE(ABORT, 'a control case stays one'); END""",
    """CREATE TRIGGER canary_stays BEFORE DELETE ON reviewqueue_canary
    BEGIN SELECT RAISE(ABORT, 'a control case stays one'); END""",
    """CREATE TRIGGER canary_is_nobodys_news AFTER INSERT ON reviewqueue_event
    WHEN NEW.case_id IS NOT NULL AND EXISTS (SELECT 1 FROM reviewqueue_canary WHERE case_id = NEW.case_id)
    BEGIN UPDATE reviewqueue_event SET agent_id = NULL WHERE id = NEW.id; END""",
)
