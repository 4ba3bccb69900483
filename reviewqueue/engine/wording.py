"""How words are compared: what a reader takes for the same text is the same text."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from reviewqueue.engine import hidden

_STRAIGHT = str.maketrans({"\u2018": "'", "\u2019": "'", "\u201b": "'", "\u00b4": "'", "\u2032": "'"})
_BREAKS = frozenset("\x0b\x0c\x85\u2028\u2029")
_QUOTED_LENGTH = 80
# Longer ones are no labels, and not kept in memory.
_LABEL_LENGTH = 200
# Messages of this length are kept for a moment: several facts are read off the same ones.
_MESSAGE_LENGTH = 4000


def folded(word: str) -> str:
    """For names and labels: `Order-Status`, `order status` and `order_status` are one."""
    return _folded(word) if len(word) <= _LABEL_LENGTH else _folded.__wrapped__(word)


@lru_cache(maxsize=4096)
def _folded(word: str) -> str:
    return unicodedata.normalize("NFKC", word).casefold().replace("-", "_").replace(" ", "_")


def readable(text: str) -> str:
    """For patterns: composed letters, plain apostrophes, single spaces, nothing invisible inside a word."""
    return _readable(text) if len(text) <= _MESSAGE_LENGTH else _readable.__wrapped__(text)


@lru_cache(maxsize=128)
def _readable(text: str) -> str:
    if not hidden.is_ordinary(text):
        text = "".join(char for char in text if char in _BREAKS or not hidden.is_hidden(char))
    elif text.isascii():
        return " ".join(text.split())
    return " ".join(unicodedata.normalize("NFKC", text).translate(_STRAIGHT).split())


def quoted(text: str) -> str:
    """An excerpt short enough for a sentence, in its own quotation marks."""
    excerpt = text if len(text) <= _QUOTED_LENGTH else f"{text[: _QUOTED_LENGTH - 1]}…"
    return f"“{excerpt}”"


def listed(words: list[str]) -> str:
    """`a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
