"""What a waiting customer may be told."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from reviewqueue.models import State
from reviewqueue.queries import waits

if TYPE_CHECKING:
    from datetime import datetime

    from reviewqueue.models import Case

KEPT_SECONDS: Final = 10
_kept: Final[dict[str, tuple[float, waits.Lately]]] = {}


def promise(case: Case, *, at: datetime) -> None:
    """Note on a case that is not stored yet how much work lies before it, and what its customer is told."""
    queue = lately(case.queue_id, at=at)
    case.turns_ahead = queue.turns(case.ranked(state=State.QUEUED))
    if estimate := queue.wait(case.turns_ahead):
        case.told_p50, case.told_p80 = estimate.p50_seconds, estimate.p80_seconds


def lately(queue: str, *, at: datetime) -> waits.Lately:
    """The queue as it stands, looked at every ten seconds by each process."""
    until, known = _kept.get(queue, (0.0, None))
    if known is None or time.monotonic() >= until:
        known = waits.of_queue(queue, at=at)
        _kept[queue] = (time.monotonic() + KEPT_SECONDS, known)
    return known


def forget() -> None:
    """Look anew at the next question."""
    _kept.clear()


def wait(case: Case) -> waits.Wait | None:
    """What the customer of this case was told."""
    if case.told_p50 is None or case.told_p80 is None:
        return None
    return waits.Wait(case.told_p50, case.told_p80)


def late(case: Case, *, at: datetime) -> bool:
    """Is the time over within which four of five have their answer?"""
    return case.told_p80 is not None and at > case.created_at + timedelta(seconds=case.told_p80)
