"""The mood of messages whose sender measured none: VADER, which knows English only and says so.

VADER counts the feeling of words. It is a stand-in, never a second opinion: a score that came with a message stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final

from reviewqueue.engine.wording import readable

VADER: Final = "vader"
SENDER: Final = "sender"
_LONGEST: Final = 2000
# Enough for every rule that looks at the last few; the older mood decides nothing.
_LAST: Final = 10
_WORDS: Final = re.compile(r"[a-zäöüß']+")
_ENGLISH: Final = _WORDS.findall(
    "the a an i you he she it we they is are was were am my your this that these not don't can't do does did have has "
    "to of for with and but if what when where how why can could would please thanks thank"
)
_GERMAN: Final = _WORDS.findall(
    "der die das den dem ein eine einen ich du sie er es wir ihr ist sind war bin mein meine ihre nicht kein keine "
    "habe hat haben zu von mit und aber wenn was wann wo wie warum kann könnte bitte danke für auf im am"
)


def scored(messages: Iterable[Mapping[str, Any]], *, language: str | None = None) -> list[dict[str, Any]]:
    """The messages, the customer's last ones with a `sentiment` and, in `sentiment_by`, who measured it.

    `language`: of the conversation, as BCP 47; None lets each message speak for itself. What is not English and came
    without a score stays without one.
    """
    told = [dict(message) for message in messages]
    customers = [message for message in told if message.get("role") == "customer"]
    for message in customers[-_LAST:]:
        if message.get("sentiment") is not None:
            message["sentiment_by"] = SENDER
        elif _is_english(text := readable(str(message.get("text") or ""))[:_LONGEST], language):
            message |= {"sentiment": _feeling(text), "sentiment_by": VADER}
    return told


def _is_english(text: str, language: str | None) -> bool:
    if language:
        return language.lower().replace("_", "-").partition("-")[0] == "en"
    words = _WORDS.findall(text.lower())
    return sum(word in _ENGLISH for word in words) > sum(word in _GERMAN for word in words)


def _feeling(text: str) -> float:
    return float(_analyzer().polarity_scores(text)["compound"])


@cache
def _analyzer() -> Any:
    # It brings a web client; most desks never ask it.
    from vaderSentiment.vaderSentiment import (  # type: ignore[import-untyped] # noqa: PLC0415 - ships no types; see above
        SentimentIntensityAnalyzer,
    )

    return SentimentIntensityAnalyzer()
