"""Knowledge gaps as plain JSON: the same for the API, the command and the export."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from reviewqueue.models import Gap


def told(found: Iterable[Gap]) -> list[dict[str, Any]]:
    """Each gap; nothing of what a customer wrote is in it."""
    return [
        {
            "id": gap.pk,
            "rank": rank,
            "title": gap.title,
            "state": gap.state,
            "intent": gap.intent or None,
            "reason": gap.reason or None,
            "source": gap.source or None,
            "trigger": gap.trigger or None,
            "cases": gap.cases,
            "cases_lately": gap.lately,
            "handling_seconds": gap.handling_seconds,
            "harm": gap.harm,
            "area": gap.area or None,
            "owner": gap.owner and {"id": gap.owner.reference, "display": gap.owner.display},
            "change": gap.change or None,
            "change_url": gap.change_url or None,
            "changed_at": _moment(gap.changed_at),
            "effect": gap.effect or None,
            "verified_at": _moment(gap.verified_at),
            "article": gap.article or None,
            "first_at": _moment(gap.first_at),
            "last_at": _moment(gap.last_at),
            "version": gap.version,
        }
        for rank, gap in enumerate(found, start=1)
    ]


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
