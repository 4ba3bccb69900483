"""What a waiting customer may be told."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.core.cache import caches

from reviewqueue.models import State
from reviewqueue.queries import waits

if TYPE_CHECKING:
    from datetime import datetime

    from reviewqueue.models import Case

KEPT_SECONDS: Final = 10
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


def promise(case: Case, *, at: datetime) -> None:
    """Note on a case that is not stored yet how much work lies before it, and what its customer is told."""
    queue = lately(case.queue_id, at=at)
    case.turns_ahead = queue.turns(case.ranked(state=State.QUEUED))
    if estimate := queue.wait(case.turns_ahead):
        case.told_p50, case.told_p80 = estimate.p50_seconds, estimate.p80_seconds


def lately(queue: str, *, at: datetime) -> waits.Lately:
    """The queue as it stands, looked at every ten seconds by each process."""
    known: waits.Lately | None = caches["process"].get(f"wait:{queue}")
    if known is None:
        known = waits.of_queue(queue, at=at)
        caches["process"].set(f"wait:{queue}", known, KEPT_SECONDS)
    return known


def wait(case: Case) -> waits.Wait | None:
    """What the customer of this case was told."""
    if case.told_p50 is None or case.told_p80 is None:
        return None
    return waits.Wait(case.told_p50, case.told_p80)


def late(case: Case, *, at: datetime) -> bool:
    """Is the time over within which four of five have their answer?"""
    return case.told_p80 is not None and at > case.created_at + timedelta(seconds=case.told_p80)


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
