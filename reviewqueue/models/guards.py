"""A published policy is immutable by law of the database: triggers refuse to change or delete it."""

from typing import Final

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

TABLE: Final = "reviewqueue_policyversion"
REFUSAL: Final = "a published policy is immutable; publish a new version"
_NAME: Final = f"{TABLE}_immutable"


def install(connection: BaseDatabaseWrapper) -> None:
    """Put the guard in place."""
    remove(connection)
    with connection.cursor() as cursor:
        for statement in _POSTGRESQL if connection.vendor == "postgresql" else _SQLITE:
            cursor.execute(statement)


def remove(connection: BaseDatabaseWrapper) -> None:
    """Take the guard away: for undoing its migration."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"DROP TRIGGER IF EXISTS {_NAME} ON {TABLE}")
        else:
            for event in ("update", "delete"):
                cursor.execute(f"DROP TRIGGER IF EXISTS {_NAME}_{event}")


def forwards(_apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Install, as a migration step."""
    install(schema_editor.connection)


def backwards(_apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Remove, as a migration step."""
    remove(schema_editor.connection)


_POSTGRESQL: Final = (
    f"""CREATE OR REPLACE FUNCTION {_NAME}() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation'; END $$""",
    f"CREATE TRIGGER {_NAME} BEFORE UPDATE OR DELETE ON {TABLE} FOR EACH ROW EXECUTE FUNCTION {_NAME}()",
)
_SQLITE: Final = tuple(
    f"CREATE TRIGGER {_NAME}_{event} BEFORE {event} ON {TABLE} BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    for event in ("update", "delete")
)
