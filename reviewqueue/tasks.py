"""Alarm clocks. What is due stands in the database; these only ring, and ringing twice or late is harmless."""

from __future__ import annotations

import secrets
import threading
import time
from typing import Final

from celery import shared_task

from reviewqueue.domain import alarms, apart, autonomy, canaries, checking, due, figures, gaps, sampling, suggesting
from reviewqueue.models import Case, WhatIf, factblock
from reviewqueue.queries import clock

# One sweep ends: what a verb cannot settle stays for the next one.
_ROUNDS: Final = 50
# Seconds; what is left waits for the next minute.
_COUNTING: Final = 20.0
_MINUTE: Final = 60.0
_sweeping = threading.Lock()
_swept_at = float("-inf")


@shared_task(ignore_result=True)  # type: ignore[untyped-decorator] # celery ships no types
def ring_due() -> None:
    """Each second."""
    sweep()


@shared_task(ignore_result=True)  # type: ignore[untyped-decorator] # celery ships no types
def ring_alarms() -> None:
    """Every five seconds: look whether something went beyond its limit."""
    alarms.check_due(at=clock.now())


@shared_task(ignore_result=True)  # type: ignore[untyped-decorator] # celery ships no types
def ring_tallies() -> None:
    """Every ten minutes: count the hours that are over, so that alarms know what is usual."""
    alarms.tally_hours(at=clock.now())


@shared_task(ignore_result=True)  # type: ignore[untyped-decorator] # celery ships no types
def ring_looks() -> None:
    """Every other second: work on what somebody wants to know of a policy."""
    if not WhatIf.objects.filter(finished_at=None).exists():
        return
    from reviewqueue.domain import looks  # noqa: PLC0415 - brings NumPy, which only who looks back needs

    looks.work_on_waiting(at=clock.now())


@shared_task(ignore_result=True)  # type: ignore[untyped-decorator] # celery ships no types
def ring_packing() -> None:
    """Each minute: lay out in columns what was recorded and has settled."""
    if not Case.objects.order_by("pk")[factblock.ROWS - 1 : factblock.ROWS].exists():
        return  # not even one block's worth
    from reviewqueue.domain import fact_blocks  # noqa: PLC0415 - the same

    fact_blocks.pack(at=clock.now())


@shared_task(ignore_result=True)  # type: ignore[untyped-decorator] # celery ships no types
def ring_figures() -> None:
    """Each minute: count the days that moved, as far as there is time."""
    until = time.monotonic() + _COUNTING
    figures.keep_up(at=clock.now(), enough=lambda: time.monotonic() > until)


@shared_task(ignore_result=True)  # type: ignore[untyped-decorator] # celery ships no types
def ring_autonomy() -> None:
    """Each minute: step down where the evidence says so, and propose where it is enough."""
    autonomy.ring(at=clock.now())


@shared_task(ignore_result=True)  # type: ignore[untyped-decorator] # celery ships no types
def ring_canaries() -> None:
    """Each minute: control cases that are in the way go, and now and then one comes at some moment of the next."""
    if canaries.ring(at=clock.now()):
        let_canary_come.apply_async(countdown=_MINUTE * secrets.randbelow(1_000_000) / 1_000_000)


@shared_task(ignore_result=True)  # type: ignore[untyped-decorator] # celery ships no types
def let_canary_come() -> None:
    """At a moment that was drawn, so that its second says as little as that of any other case."""
    canaries.come(at=clock.now())


@shared_task(ignore_result=True)  # type: ignore[untyped-decorator] # celery ships no types
def ring_quality() -> None:
    """Each minute: draw what is due of the samples, and look at what was drawn with the automatic checks."""
    sampling.work(at=clock.now())
    checking.check_waiting(at=clock.now())


@shared_task(ignore_result=True)  # type: ignore[untyped-decorator] # celery ships no types
def ring_targets() -> None:
    """Every ten minutes: choose cases that deserve a look for a reason."""
    at = clock.now()
    sampling.target(sampling.open_plan(at=at), at=at)


@shared_task(ignore_result=True)  # type: ignore[untyped-decorator] # celery ships no types
def ring_suggestions() -> None:
    """Every hour: look which rules corrections suggest, where it is too much to look while somebody waits."""
    suggesting.look_again(at=clock.now())


@shared_task(ignore_result=True)  # type: ignore[untyped-decorator] # celery ships no types
def ring_gaps() -> None:
    """Every ten minutes: gather what failed, group what is new, and see whether changes helped."""
    gaps.find(at=clock.now(), grouped=apart.groups)


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
        alarms.check_due(at=clock.now())
