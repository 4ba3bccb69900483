"""Inside the desk's own environment: make cases whose level is due, and time until sweepers have done them all."""

from __future__ import annotations

import os
import sys
import threading
import time
from datetime import timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hitl.settings")
django.setup()

from django.db import connection  # noqa: E402 - after the setup
from django.db.models import Count  # noqa: E402 - after the setup

from audit.actions import SYSTEM  # noqa: E402 - after the setup
from audit.models import Entry  # noqa: E402 - after the setup
from benchmarks import claiming  # noqa: E402 - after the setup
from reviewqueue.domain import configuring, escalation  # noqa: E402 - after the setup
from reviewqueue.models import Case, Clock, Mark, ServiceAlert, ServiceLevel  # noqa: E402 - after the setup
from reviewqueue.queries import clock  # noqa: E402 - after the setup


def fill(due: int) -> None:
    """Copies of one case, each with a clock of its own that has one level left."""
    claiming.fill(due + 1, 1)
    level = ServiceLevel(name="bench", decide_within=timedelta(hours=1))
    configuring.save_plan(level, actor=SYSTEM, at=clock.now())
    mark = Mark(service=level, of="decide", share=80, tell_role="supervisor")
    configuring.save_marks(level, kept=[mark], gone=(), actor=SYSTEM, at=clock.now())
    moment = clock.now()
    plan = {
        "targets": {"decide": (moment + timedelta(hours=1)).isoformat()},
        "marks": [{"of": "decide", "share": 80, "at": moment.isoformat(), "tell_role": "supervisor"}],
    }
    cases = Case.objects.filter(dedupe_key__startswith="copy-").values_list("pk", flat=True)
    Clock.objects.bulk_create(
        [Clock(case_id=case, service=level, plan=plan, next_at=moment) for case in cases], batch_size=2000
    )


def sweep(sweepers: int) -> float:
    """Seconds until nothing is due; each level must have happened once."""
    at = clock.now()

    def work() -> None:
        while escalation.fire_due(at=at):
            pass
        connection.close()

    threads = [threading.Thread(target=work) for _each in range(sweepers)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    assert not Clock.objects.filter(next_at__isnull=False).exists(), "something is still due"
    return seconds


if __name__ == "__main__":
    due, sweepers = map(int, sys.argv[1:])
    fill(due)
    seconds = sweep(sweepers)
    told = Entry.objects.filter(kind="case.escalated").values("subject").annotate(n=Count("pk"))
    assert ServiceAlert.objects.count() == due == len(told) == sum(row["n"] for row in told)
    print(seconds)
