"""How long cases of a queue waited for their decision lately: an estimate that claims no more than it knows."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import quantiles
from typing import Final

from reviewqueue.models import Decision

LOOKED_AT: Final = 200
FEWEST: Final = 5


@dataclass(frozen=True, slots=True)
class Wait:
    """Half of the last cases were decided within ``p50_seconds``, four fifths within ``p80_seconds``."""

    p50_seconds: int
    p80_seconds: int


def of_queue(name: str) -> Wait | None:
    """From the last 200 decisions of people in this queue; ``None`` while fewer than five cases are known."""
    recent = Decision.objects.filter(
        case__queue_id=name, decided_by__isnull=False, undone_at=None, took_effect_at__isnull=False
    )
    rows = recent.order_by("-id").values_list("case_id", "case__created_at", "decided_at")[:LOOKED_AT]
    waited = {case: (decided - created).total_seconds() for case, created, decided in rows}
    if len(waited) < FEWEST:
        return None
    tenths = quantiles(waited.values(), n=10, method="inclusive")
    return Wait(p50_seconds=round(tenths[4]), p80_seconds=round(tenths[7]))
