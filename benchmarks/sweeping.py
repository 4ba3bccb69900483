"""Inside the desk's own environment: make cases for which something is due, and time until sweepers have done it."""

from __future__ import annotations

import os
import sys
import threading
import time
from datetime import timedelta
from typing import Any, Final

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hitl.settings")
django.setup()

from django.db import connection  # noqa: E402 - after the setup

from audit.actions import SYSTEM  # noqa: E402 - after the setup
from audit.models import Entry  # noqa: E402 - after the setup
from benchmarks import claiming  # noqa: E402 - after the setup
from hitl.accounts.models import User  # noqa: E402 - after the setup
from reviewqueue.domain import configuring, due  # noqa: E402 - after the setup
from reviewqueue.models import Case, Clock, Mark, OnExpiry, Queue, ServiceLevel  # noqa: E402 - after the setup
from reviewqueue.queries import clock  # noqa: E402 - after the setup

# What is due, and the entry of the ledger that each case has once when it is done.
KINDS: Final = {
    "tell": "case.escalated",
    "raise": "case.prioritised",
    "offer": "case.offered",
    "move": "case.rerouted",
    "overflow": "case.rerouted",
    "no more": "case.declined",
    "expire": "case.expired",
}


def fill(kind: str, number: int) -> None:
    """Copies of one case, each with a clock of its own that has one level left."""
    claiming.fill(number + 1, 1)
    level = ServiceLevel(name="bench", decide_within=timedelta(hours=1), on_expiry=OnExpiry.EXPIRE)
    configuring.save_plan(level, actor=SYSTEM, at=clock.now())
    mark = Mark(service=level, of="decide", share=80, tell_role="supervisor")
    configuring.save_marks(level, kept=[mark], gone=(), actor=SYSTEM, at=clock.now())
    copies, moment = Case.objects.filter(dedupe_key__startswith="copy-"), clock.now()
    Queue.objects.get_or_create(name="second")
    Queue.objects.exclude(name="second").update(overflow_to="second")
    targets = {"decide": (moment + timedelta(hours=1)).isoformat()}
    plan = {"targets": targets, "marks": [{"at": moment.isoformat(), **_mark(kind)}] if kind != "expire" else []}
    Clock.objects.bulk_create(
        [
            Clock(case_id=case, service=level, plan=plan, next_at=None if kind == "expire" else moment)
            for case in copies.values_list("pk", flat=True)
        ],
        batch_size=2000,
    )
    if kind == "expire":
        copies.update(expires_at=moment)


def _mark(kind: str) -> dict[str, Any]:
    if kind == "overflow":
        return {"of": "overflow"}
    if kind == "no more":
        return {"of": "wait", "share": 100, "then": "decline"}
    does: dict[str, dict[str, Any]] = {
        "tell": {"tell_role": "supervisor"},
        "raise": {"raise_to": 3},
        "offer": {"offer_to": User.objects.values_list("pk", flat=True)[0]},
        "move": {"move_to": "second"},
    }
    return {"of": "decide", "share": 80, **does[kind]}


def sweep(sweepers: int) -> float:
    """Seconds until nothing is due any more."""
    at = clock.now()

    def work() -> None:
        while any(due.run(at=at).values()):
            pass
        connection.close()

    threads = [threading.Thread(target=work) for _each in range(sweepers)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - began


if __name__ == "__main__":
    kind, number, sweepers = sys.argv[1], *map(int, sys.argv[2:])
    fill(kind, number)
    seconds = sweep(sweepers)
    told = Entry.objects.filter(kind=KINDS[kind]).values_list("subject", flat=True)
    assert len(told) == len(set(told)) == number, f"{len(told)} of {number} happened, of {len(set(told))} cases"
    print(seconds)
