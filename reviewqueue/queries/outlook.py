"""What a waiting customer may be told."""

from __future__ import annotations

import math
from typing import Final

from django.core.cache import caches

from reviewqueue.queries import waits

KEPT_SECONDS: Final = 30
_SOON: Final = 90
_MINUTES: Final = 90 * 60
# The customer reads this, in their own language, which has nothing to do with that of whoever asks the desk.
_SENTENCES: Final = {
    "en": {
        "unknown": "We are reviewing your case and will answer as soon as we can.",
        "soon": "We are reviewing your case and will answer within about a minute.",
        "minutes": "We are reviewing your case and will answer within about {n} minutes.",
        "hours": "We are reviewing your case and will answer within about {n} hours.",
        "late": "This takes longer than we said, and we are sorry. Your case keeps its place.",
    },
    "de": {
        "unknown": "Wir prüfen Ihr Anliegen und antworten so bald wie möglich.",
        "soon": "Wir prüfen Ihr Anliegen und antworten in etwa einer Minute.",
        "minutes": "Wir prüfen Ihr Anliegen und antworten in etwa {n} Minuten.",
        "hours": "Wir prüfen Ihr Anliegen und antworten in etwa {n} Stunden.",
        "late": "Es dauert länger als angekündigt. Das tut uns leid. Ihr Anliegen behält seinen Platz.",
    },
}


def wait(queue: str) -> waits.Wait | None:
    """The queue's estimate, looked up at most twice a minute by each process."""
    known: waits.Wait | None = caches["process"].get_or_set(
        f"wait:{queue}", lambda: waits.of_queue(queue), KEPT_SECONDS
    )
    return known


def customer_message(estimate: waits.Wait | None, language: str, *, late: bool = False) -> str:
    """One sentence in the customer's language (English or German), without a promise that nobody has reason to make."""
    words = _SENTENCES.get(language.lower().replace("_", "-").partition("-")[0], _SENTENCES["en"])
    if late:
        return words["late"]
    if estimate is None:
        return words["unknown"]
    seconds = estimate.p80_seconds
    if seconds <= _SOON:
        return words["soon"]
    if seconds <= _MINUTES:
        return words["minutes"].format(n=_rounded_up(math.ceil(seconds / 60)))
    return words["hours"].format(n=math.ceil(seconds / 3600))


def _rounded_up(minutes: int) -> int:
    """Nobody believes 37 minutes; above ten, the next five."""
    return minutes if minutes <= 10 else -(-minutes // 5) * 5  # noqa: PLR2004 - two hands
