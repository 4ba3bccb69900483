"""Alarm clocks. What is due stands in the database; these only ring, and ringing twice or late is harmless."""

from __future__ import annotations

import threading
import time
from typing import Final

from celery import shared_task

from reviewqueue.domain import due
from reviewqueue.queries import clock

# One sweep ends: what a verb cannot settle stays for the next one.
_ROUNDS: Final = 50
_sweeping = threading.Lock()
_swept_at = float("-inf")


@shared_task(ignore_result=True)  # type: ignore[untyped-decorator] # celery ships no types
def ring_due() -> None:
    """Each second."""
    sweep()


def sweep() -> None:
    """Do everything that is due; one at a time in this process."""
    global _swept_at  # noqa: PLW0603 - the process's own memory of its last sweep
    if not _sweeping.acquire(blocking=False):
        return
    try:
        for _round in range(_ROUNDS):
            if not any(due.run(at=clock.now()).values()):
                break
        _swept_at = time.monotonic()
    finally:
        _sweeping.release()


def sweep_when_late(seconds: float) -> None:
    """Sweep if this process has not done so for ``seconds``: nobody waits because an alarm clock stopped."""
    if time.monotonic() - _swept_at >= seconds:
        sweep()
