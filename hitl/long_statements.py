"""psycopg keeps how a statement reads, but not of one with more than 50 values: those are mostly an ORM's, never alike.

The desk's own are always alike, and its longest, which stores a new case, comes with every proposal.
"""

from typing import Final

from psycopg import _queries

_VALUES: Final = 150
_LETTERS: Final = 12_000


def keep() -> None:
    """From now on these are kept too."""
    _queries.MAX_CACHED_STATEMENT_PARAMS = _VALUES
    _queries.MAX_CACHED_STATEMENT_LENGTH = _LETTERS
