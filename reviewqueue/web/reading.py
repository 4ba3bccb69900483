"""How long it takes to read a case, so that its reader sees when they were faster than anybody can be."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

# Adults read English at about 240 words a minute, and German a little slower.
_WORDS_A_SECOND: Final = 4
_LEAST: Final = 5


def seconds(texts: Iterable[str]) -> int:
    """About so many seconds for somebody who reads every word once."""
    words = sum(len(re.findall(r"\w+", text)) for text in texts)
    return max(round(words / _WORDS_A_SECOND), _LEAST)
