"""What waiting customers are told: the policy's own words, an honest estimate, and what comes when it took too long."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from reviewqueue.engine.waiting import in_language
from reviewqueue.models import Oversight
from reviewqueue.queries import outlook

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from reviewqueue.models import Case
    from reviewqueue.queries.waits import Wait

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
        "callback": "This takes too long, and we are sorry. Choose a time, and we call you.",
        "chat": "This takes too long, and we are sorry. A person joins you here as soon as possible.",
        "decline": "We could not look at this in time, and we are sorry. Nothing was agreed to and nothing was done.",
        "else callback": "If that takes longer than {n} minutes, we offer you a call.",
        "else chat": "If that takes longer than {n} minutes, a person joins you here.",
        "else answer": "If that takes longer than {n} minutes, you read here what we can say already.",
    },
    "de": {
        "unknown": "Wir prüfen Ihr Anliegen und antworten so bald wie möglich.",
        "soon": "Wir prüfen Ihr Anliegen und antworten in etwa einer Minute.",
        "minutes": "Wir prüfen Ihr Anliegen und antworten in etwa {n} Minuten.",
        "hours": "Wir prüfen Ihr Anliegen und antworten in etwa {n} Stunden.",
        "late": "Es dauert länger als angekündigt. Das tut uns leid. Ihr Anliegen behält seinen Platz.",
        "callback": "Das dauert zu lange, und das tut uns leid. Wählen Sie eine Zeit, und wir rufen Sie an.",
        "chat": "Das dauert zu lange, und das tut uns leid. Ein Mensch kommt so bald wie möglich hierher.",
        "decline": "Leider konnten wir das nicht rechtzeitig prüfen. Es wurde nichts zugesagt und nichts veranlasst.",
        "else callback": "Wenn das länger als {n} Minuten dauert, bieten wir Ihnen einen Anruf an.",
        "else chat": "Wenn das länger als {n} Minuten dauert, kommt ein Mensch hierher.",
        "else answer": "Wenn das länger als {n} Minuten dauert, lesen Sie hier, was wir schon sagen können.",
    },
}


@dataclass(frozen=True, slots=True)
class Fallback:
    """What a customer got who had waited as long as they may, and in which words."""

    then: str
    text: str


def told(case: Case, *, at: datetime, language: str = "") -> str:
    """What the customer of a case that waits is told now."""
    language = language or case.language
    if fallback := fallen_back(case, at=at, language=language):
        return fallback.text
    contract = case.verdict.get("wait")
    late = outlook.late(case, at=at)
    return sentence(outlook.wait(case), language, late=late, contract=contract, then=then(case) if contract else "")


def fallen_back(case: Case, *, at: datetime, language: str) -> Fallback | None:
    """What came of the wait contract; asks the database only once its time may be over."""
    contract = case.verdict.get("wait")
    if not contract or at < case.created_at + timedelta(seconds=contract["seconds"]):
        return None
    fired = case.service_alerts.filter(of="wait").exists()
    return fallback(contract, language, then=then(case)) if fired else None


def then(case: Case) -> str:
    """What comes of a case's wait contract; who was to get a person in any case is not sent away."""
    chosen = str(case.verdict["wait"]["then"])
    return "callback" if chosen == "decline" and case.oversight == Oversight.HUMAN_ONLY else chosen


def fallback(contract: Mapping[str, Any], language: str, *, then: str) -> Fallback:
    """The words for a customer of this language: the policy's own, else the desk's."""
    own = in_language(contract.get("say"), language) if then == contract["then"] else ""
    words = _words(language)
    return Fallback(then, own or words.get(then) or words["late"])


def sentence(
    estimate: Wait | None,
    language: str,
    *,
    late: bool = False,
    contract: Mapping[str, Any] | None = None,
    then: str = "",
) -> str:
    """The policy's words and the desk's estimate, without a promise that nobody has reason to make.

    Where that is longer than the policy lets them wait, they read what comes ``then``. In a language that only the
    policy speaks, its words stand alone.
    """
    held = in_language((contract or {}).get("message"), language)
    if held and _spoken(language) is None:
        return held
    if late:
        return _words(language)["late"]
    before = _before(estimate, contract, language, then) if contract else ""
    return " ".join(filter(None, (held, _estimate(estimate, language), before)))


def _before(estimate: Wait | None, contract: Mapping[str, Any], language: str, then: str) -> str:
    """What comes before the answer that is likely; a no is not announced."""
    if estimate is None or estimate.p80_seconds <= contract["seconds"]:
        return ""
    return _words(language).get(f"else {then}", "").format(n=max(1, round(contract["seconds"] / 60)))


def _estimate(estimate: Wait | None, language: str) -> str:
    words = _words(language)
    if estimate is None:
        return words["unknown"]
    unit, n = rounded(estimate.p80_seconds)
    return words[unit].format(n=n)


def rounded(seconds: int) -> tuple[str, int]:
    """A wait as customers read it, always rounded up: ``soon``, ``minutes`` or ``hours``, and how many."""
    if seconds <= _SOON:
        return "soon", 1
    if seconds <= _MINUTES:
        return "minutes", _rounded_up(math.ceil(seconds / 60))
    return "hours", math.ceil(seconds / 3600)


def _words(language: str) -> dict[str, str]:
    return _spoken(language) or _SENTENCES["en"]


def _spoken(language: str) -> dict[str, str] | None:
    """``None`` where the desk has no words of its own; an unknown language reads English."""
    return _SENTENCES.get(language.lower().replace("_", "-").partition("-")[0] or "en")


def _rounded_up(minutes: int) -> int:
    """Nobody believes 37 minutes; above ten, the next five."""
    return minutes if minutes <= 10 else -(-minutes // 5) * 5  # noqa: PLR2004 - two hands
