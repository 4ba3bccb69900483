"""Full-text search over customer, issue and case id; the index is kept by the database (``models/wordindex.py``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import connection
from django.db.models.expressions import RawSQL

from reviewqueue.engine.terms import terms
from reviewqueue.models import wordindex

if TYPE_CHECKING:
    from reviewqueue.models import Case

# Of so many matches, the newest, those are shown that the reader may see and asked for. It bounds the work of a search
# for a word that stands in every case.
NEWEST: Final = 1_000
_MOST_WORDS: Final = 8
# Words hold letters and digits only, so within quotes none of them can mean anything else.
_SQL: Final = {
    "sqlite": (
        f"SELECT case_id FROM {wordindex.TABLE} WHERE {wordindex.TABLE} MATCH %s ORDER BY rowid DESC LIMIT {NEWEST}",  # noqa: S608 - our own table
        '"{}"*',
        " AND ",
    ),
    "postgresql": (
        f"SELECT case_id FROM {wordindex.TABLE} WHERE words @@ %s::tsquery ORDER BY case_id DESC LIMIT {NEWEST}",  # noqa: S608 - the same
        "'{}':*",
        " & ",
    ),
}


def matching(text: str) -> RawSQL | None:
    """The ids of the newest cases with all these words (the beginning of a word is enough); ``None``: no word in it."""
    words = terms(text)[:_MOST_WORDS]
    if not words:
        return None
    sql, quoted, together = _SQL[connection.vendor]
    return RawSQL(sql, [together.join(quoted.format(word) for word in words)])  # noqa: S611 - parameters are bound


def crowded(text: str) -> bool:
    """Does this stand in so many cases that only the newest of them were looked at?"""
    words = terms(text)[:_MOST_WORDS]
    if not words:
        return False
    sql, quoted, together = _SQL[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM ({sql}) AS found", [together.join(map(quoted.format, words))])  # noqa: S608 - our own
        (count,) = cursor.fetchone()
    return bool(count == NEWEST)


def finds(text: str, case: Case) -> bool:
    """Would a search for this text find the case?"""
    asked, known = terms(text)[:_MOST_WORDS], case.search_terms.split()
    return bool(asked) and all(any(word.startswith(each) for word in known) for each in asked)
