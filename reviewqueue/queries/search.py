"""Full-text search over customer, issue and case id; the index is kept by the database (``models/wordindex.py``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import connection

from reviewqueue.engine.terms import terms
from reviewqueue.models import wordindex

if TYPE_CHECKING:
    from reviewqueue.models import Case

# Of so many matches, the newest, those are shown that the reader may see and asked for. It bounds the work of a search
# for a word that stands in every case.
NEWEST: Final = 1_000
# No index finds the newest cases with the beginning of a word without finding all of them first. What is found often
# enough among so many of the newest is therefore not looked up there; every other word is.
_AMONG: Final = 10_000
_MOST_WORDS: Final = 8
_NEAR: Final = """
    WITH near AS MATERIALIZED (
        SELECT case_id FROM (SELECT case_id, words FROM {table} ORDER BY {order} DESC LIMIT {among}) AS newest
        WHERE {stands} LIMIT {newest}
    ), far AS MATERIALIZED (
        {indexed}
    )
    SELECT case_id FROM near WHERE (SELECT COUNT(*) FROM near) = {newest} UNION ALL SELECT case_id FROM far"""
# A search for nothing costs nothing.
_SQLITE: Final = """SELECT case_id FROM {table}
        WHERE {table} MATCH CASE WHEN (SELECT COUNT(*) FROM near) = {newest} THEN '""' ELSE %s END
        ORDER BY rowid DESC LIMIT {newest}"""
_POSTGRESQL: Final = """SELECT case_id FROM (
            SELECT case_id FROM {table} WHERE words @@ %s::tsquery AND (SELECT COUNT(*) FROM near) < {newest} OFFSET 0
        ) AS every ORDER BY case_id DESC LIMIT {newest}"""


def matching(text: str) -> list[str]:
    """The ids of the cases with all these words (the beginning of a word is enough), the newest ``NEWEST`` at most."""
    asked = _asked(text)
    if not asked:
        return []
    with connection.cursor() as cursor:
        cursor.execute(*asked)
        return [key for (key,) in cursor.fetchall()]


def _asked(text: str) -> tuple[str, list[str]] | None:
    """The question with its parameters. Words hold letters and digits only, so within quotes they mean nothing else."""
    words = terms(text)[:_MOST_WORDS]
    if not words:
        return None
    if connection.vendor == "postgresql":
        query = " & ".join(f"'{word}':*" for word in words)
        return _sql("case_id", "words @@ %s::tsquery", _POSTGRESQL), [query, query]
    begins, query = [f"% {word}%" for word in words], " AND ".join(f'"{word}"*' for word in words)
    return _sql("rowid", " AND ".join(["' ' || words LIKE %s"] * len(words)), _SQLITE), [*begins, query]


def _sql(order: str, stands: str, indexed: str) -> str:
    known = {"table": wordindex.TABLE, "newest": NEWEST, "among": _AMONG}
    return _NEAR.format(order=order, stands=stands, indexed=indexed.format(**known), **known)


def finds(text: str, case: Case) -> bool:
    """Would a search for this text find the case?"""
    asked, known = terms(text)[:_MOST_WORDS], case.search_terms.split()
    return bool(asked) and all(any(word.startswith(each) for word in known) for each in asked)
