"""Text as a search sees it: words without case, accents and hidden characters, the same for what is kept and asked."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

# Scripts without spaces between words: each sign is a word of its own.
_SIGN: Final = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003134f"
_WORD: Final = re.compile(rf"[{_SIGN}]|(?:(?![{_SIGN}])[^\W_])+")
# The part before the underscore says what kind of id it is, and every id has it.
_KIND: Final = re.compile(r"\bcase_(?=\w)", re.IGNORECASE)
_LONGEST: Final = 60
# Marks on letters, and characters that only arrange or hide others.
_DROPPED: Final = frozenset({"Mn", "Cf", "Cc", "Cs"})
_SPACES: Final = frozenset("\t\n\r\v\f")


def terms(text: str) -> list[str]:
    """The words of a text in order, none twice: ``Müller, A-1`` gives ``muller``, ``a``, ``1``."""
    words = _WORD.findall(_plain(_KIND.sub("", text)))
    return list(dict.fromkeys(word[:_LONGEST] for word in words if word.isalnum()))


def _plain(text: str) -> str:
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    kept = "".join(sign for sign in folded if sign in _SPACES or unicodedata.category(sign) not in _DROPPED)
    return unicodedata.normalize("NFC", kept)
