"""Facts of many cases, laid out in columns: a copy for reading a million at once, made anew whenever it is missing."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# So many cases make a full block.
ROWS: Final = 4096


class FactBlock(models.Model):
    """The cases from ``first`` to ``last`` by id, both included; ``count`` says how many, ``from_at`` since when."""

    first = models.CharField(primary_key=True, max_length=40)
    last = models.CharField(max_length=40, unique=True)
    count = models.PositiveIntegerField()
    actions = models.PositiveIntegerField()
    from_at = models.DateTimeField()
    to_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["first"]

    def __str__(self) -> str:
        return f"{self.count} from {self.first}"


class FactColumn(models.Model):
    """One column of a block, packed by ``reviewqueue.engine.packing``."""

    block = models.ForeignKey(FactBlock, on_delete=models.CASCADE, related_name="columns")
    name = models.CharField(max_length=60)
    data = models.BinaryField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["block", "name"], name="one_fact_column")]

    def __str__(self) -> str:
        return f"{self.name} of {self.block_id}"


_TABLE: Final = "reviewqueue_factblock"
_COLUMNS: Final = "reviewqueue_factcolumn"
_CASES: Final = "reviewqueue_case"
_NAME: Final = "factblock_of_changed_case"
_CHANGED: Final = "UPDATE OF facts, verdict, created_at"
_BLOCK: Final = "first <= OLD.id AND last >= OLD.id"
_DROP: Final = (
    f"DELETE FROM {_COLUMNS} WHERE block_id IN (SELECT first FROM {_TABLE} WHERE {_BLOCK});"  # noqa: S608 - our own tables
    f" DELETE FROM {_TABLE} WHERE {_BLOCK};"
)


def install(connection: BaseDatabaseWrapper) -> None:
    """Whoever changes recorded facts (an erasure, say) or deletes a case takes the copy away in the same statement."""
    with connection.cursor() as cursor:
        for statement in _POSTGRESQL if connection.vendor == "postgresql" else _SQLITE:
            cursor.execute(statement)


def remove(connection: BaseDatabaseWrapper) -> None:
    """For undoing the migration."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"DROP TRIGGER IF EXISTS {_NAME} ON {_CASES}")
            cursor.execute(f"DROP FUNCTION IF EXISTS {_NAME}()")
        else:
            for event in ("update", "delete"):
                cursor.execute(f"DROP TRIGGER IF EXISTS {_NAME}_{event}")


def forwards(_apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Install, as a migration step."""
    install(schema_editor.connection)


def backwards(_apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Remove, as a migration step."""
    remove(schema_editor.connection)


def restore(using: str = "default", **_signal: Any) -> None:
    """After every migration: SQLite alters a table by making it anew, and its triggers are lost on the way."""
    connection = connections[using]
    if connection.vendor == "sqlite" and {_CASES, _TABLE} <= set(connection.introspection.table_names()):
        install(connection)


_POSTGRESQL: Final = (
    f"""CREATE OR REPLACE FUNCTION {_NAME}() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN {_DROP} RETURN NULL; END $$""",
    f"""CREATE OR REPLACE TRIGGER {_NAME} AFTER DELETE OR {_CHANGED} ON {_CASES}
    FOR EACH ROW EXECUTE FUNCTION {_NAME}()""",
)
_SQLITE: Final = (
    f"CREATE TRIGGER IF NOT EXISTS {_NAME}_update AFTER {_CHANGED} ON {_CASES} BEGIN {_DROP} END",
    f"CREATE TRIGGER IF NOT EXISTS {_NAME}_delete AFTER DELETE ON {_CASES} BEGIN {_DROP} END",
)
