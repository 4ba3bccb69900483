"""What a waiting customer may be told."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.core.cache import caches

from reviewqueue.models import State
from reviewqueue.queries import waits

if TYPE_CHECKING:
    from datetime import datetime

    from reviewqueue.models import Case

KEPT_SECONDS: Final = 10


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
