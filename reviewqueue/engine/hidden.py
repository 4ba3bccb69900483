"""Characters that a reader cannot see but a machine can: found, named, and made visible."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

_FILLERS = frozenset("\u00ad\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufeff")
_SEEN = frozenset("\n\t\r")
# Further code points that Unicode tells programs to draw nothing for, whether assigned or not.
_IGNORED = (range(0x180B, 0x1810), range(0x2065, 0x2066), range(0xFFF0, 0xFFF9), range(0xE0000, 0xE1000))
# Almost all text is of these alone, and is not worth looking at character by character.
_ORDINARY = re.compile(r"[\t\n\r\x20-\x7e\xa0-\xac\xae-\u024f\u2010-\u2027\u20ac]*")
# Emoji are joined and coloured by these; alone or elsewhere they hide something.
_JOINER, _EMOJI_STYLE = "\u200d", "\ufe0f"


class Hidden(NamedTuple):
    """One invisible character: where it stands and what it is called."""

    at: int
    char: str
    name: str


def find(text: str) -> Iterator[Hidden]:
    """Every invisible character of a text, in order."""
    if is_ordinary(text):
        return
    for index, char in enumerate(text):
        if is_hidden(char) and not _joins_emoji(text, index):
            yield Hidden(index, char, label(char))


def is_ordinary(text: str) -> bool:
    """Whether a text is plainly free of them: letters of Europe, digits, punctuation, spaces and line breaks."""
    return bool(_ORDINARY.fullmatch(text))


def is_hidden(char: str) -> bool:
    """Format, control, filler and variation characters; line breaks and tabs are not hidden."""
    if char in _SEEN:
        return False
    variation = "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"
    if char in _FILLERS or variation or any(ord(char) in ignored for ignored in _IGNORED):
        return True
    return unicodedata.category(char) in {"Cf", "Cc", "Co", "Zl", "Zp"}


def label(char: str) -> str:
    """``U+202E RIGHT-TO-LEFT OVERRIDE``; a tag character also says which letter it smuggles."""
    number = ord(char)
    if 0xE0020 <= number <= 0xE007E:  # noqa: PLR2004 - the block of tag characters
        return f"U+{number:04X} TAG {chr(number - 0xE0000)}"
    return f"U+{number:04X} {unicodedata.name(char, 'CONTROL')}"


def count(value: Any) -> int:
    """How many invisible characters stand in all texts of a document, its keys included."""
    if isinstance(value, str):
        return sum(1 for _ in find(value))
    if isinstance(value, Mapping):
        return sum(count(key) + count(item) for key, item in value.items())
    if isinstance(value, Sequence):
        return sum(count(item) for item in value)
    return 0


def _joins_emoji(text: str, index: int) -> bool:
    if text[index] not in {_JOINER, _EMOJI_STYLE} or index == 0:
        return False
    before = text[index - 1]
    if before == _EMOJI_STYLE:
        return text[index] == _JOINER and _joins_emoji(text, index - 1)
    # A variation that itself hides something counts as a mark in Unicode, and must not let the next one through.
    return unicodedata.category(before) in {"So", "Sk", "Mn"} and not is_hidden(before)
