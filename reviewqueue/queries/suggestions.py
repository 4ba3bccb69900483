"""What rules people's corrections suggest: read from the cases whose end is known."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Exists, F, OuterRef, Q

from reviewqueue.engine.amounts import exact
from reviewqueue.engine.suggesting import Known, Suggestion, suggest
from reviewqueue.models import Decision
from reviewqueue.queries import real

if TYPE_CHECKING:
    from datetime import datetime

LOOK_BACK: Final = timedelta(days=180)
# The newest ones; it bounds the work.
MOST: Final = 20_000


# So many are looked at while somebody waits.
_FEW: Final = 2_000


def are_few(*, at: datetime) -> bool:
    """Can they be looked at while somebody waits?"""
    ruled = Decision.objects.filter(decided_by__isnull=False, decided_at__gte=at - LOOK_BACK)
    return ruled[: _FEW + 1].count() <= _FEW


def of(*, at: datetime) -> tuple[list[Suggestion], int]:
    """The rules, and on how many cases they rest; one question."""
    ruled = Decision.objects.filter(case=OuterRef("pk"), decided_by__isnull=False, undone_at=None)
    cases = real.cases().filter(Q(Exists(ruled)), created_at__gte=at - LOOK_BACK)
    rows = cases.annotate(
        wrong=Exists(ruled.filter(type__in=["edit", "reject"])),
        sure=F("facts__signals__confidence"),
        acts=F("facts__actions"),
    ).order_by("-created_at", "-pk")
    columns = ("agent__name", "intent", "channel", "language", "customer_tier", "worth", "sure", "acts", "wrong")
    known = [_known(*row) for row in reversed(rows.values_list(*columns)[:MOST])]
    return suggest(known), len(known)


def _known(agent: str, intent: str, channel: str, language: str, tier: str, *rest: Any) -> Known:
    worth, sure, actions, wrong = rest
    named = {"agent": agent, "intent": intent, "channel": channel, "language": language, "tier": tier}
    first = (actions or [{}])[0] if isinstance(actions, list) else {}
    words = named | {"action": str(first.get("name") or "")}
    confidence = exact(sure)
    return Known(
        words={fact: word for fact, word in words.items() if word and not set(word) & set("*?")},
        value=None if worth is None else float(worth),
        confidence=None if confidence is None else float(confidence),
        wrong=bool(wrong),
    )
