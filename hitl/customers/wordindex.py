"""The words of published answers: FTS5 on SQLite, a ``tsvector`` under a GIN index on PostgreSQL."""

from __future__ import annotations

from typing import Final

from django.db import connection
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from reviewqueue.engine.terms import terms

TABLE: Final = "customers_articlewords"
_MOST_WORDS: Final = 40
_MADE: Final = {
    "sqlite": (
        f"CREATE VIRTUAL TABLE IF NOT EXISTS {TABLE} USING fts5(article_id UNINDEXED, title, body, tokenize = 'ascii')",
    ),
    "postgresql": (
        f"CREATE TABLE IF NOT EXISTS {TABLE} (article_id bigint PRIMARY KEY, words tsvector NOT NULL)",
        f"CREATE INDEX IF NOT EXISTS {TABLE}_words ON {TABLE} USING gin (words)",
    ),
}
_KEPT: Final = {
    "sqlite": f"INSERT INTO {TABLE} (article_id, title, body) VALUES (%s, %s, %s)",  # noqa: S608 - our own table
    "postgresql": f"""INSERT INTO {TABLE} (article_id, words) VALUES
        (%s, setweight(to_tsvector('simple', %s), 'A') || setweight(to_tsvector('simple', %s), 'B'))""",  # noqa: S608 - the same
}
_FOUND: Final = {
    "sqlite": f"SELECT article_id FROM {TABLE} WHERE {TABLE} MATCH %s ORDER BY bm25({TABLE}, 0, 5, 1) LIMIT %s",  # noqa: S608 - the same
    "postgresql": f"""SELECT article_id FROM {TABLE}, to_tsquery('simple', %s) asked WHERE words @@ asked
        ORDER BY ts_rank(words, asked) DESC LIMIT %s""",  # noqa: S608 - the same
}


def keep(article_id: int, title: str, body: str) -> None:
    """Index an answer anew."""
    forget(article_id)
    with connection.cursor() as cursor:
        cursor.execute(_KEPT[connection.vendor], [article_id, " ".join(terms(title)), " ".join(terms(body))])


def forget(article_id: int) -> None:
    """It is no longer found."""
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {TABLE} WHERE article_id = %s", [article_id])  # noqa: S608 - the same


def find(words: list[str], *, limit: int) -> list[int]:
    """The ids of the answers with any of these words, the likeliest first. Words hold letters and digits only."""
    if not words:
        return []
    sqlite = connection.vendor == "sqlite"
    quoted = [f'"{word}"*' if sqlite else f"'{word}':*" for word in words[:_MOST_WORDS]]
    with connection.cursor() as cursor:
        cursor.execute(_FOUND[connection.vendor], [(" OR " if sqlite else " | ").join(quoted), limit])
        return [int(row[0]) for row in cursor.fetchall()]


def forwards(_apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make the index, as a migration step."""
    with schema_editor.connection.cursor() as cursor:
        for statement in _MADE[schema_editor.connection.vendor]:
            cursor.execute(statement)


def backwards(_apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Remove it, as a migration step."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {TABLE}")
