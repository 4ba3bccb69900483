"""Cases whose levels fall due while the desk's processes are killed, and whether each level happened once."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from tests import services
from tests.runtime import processes

SHARES = (10, 20, 30, 40, 50, 60, 70, 80, 90, 100)

_PREPARE = """
from datetime import timedelta
from audit.actions import SYSTEM
from reviewqueue.domain import configuring
from reviewqueue.models import Mark, ServiceLevel
from reviewqueue.queries import clock
level = ServiceLevel(name="quick", decide_within=timedelta(seconds={seconds}))
configuring.save_plan(level, actor=SYSTEM, at=clock.now())
marks = [Mark(service=level, of="decide", share=share) for share in {shares}]
configuring.save_marks(level, kept=marks, gone=(), actor=SYSTEM, at=clock.now())
"""
_COUNT = """
import json
from collections import Counter
from audit.models import Entry
from reviewqueue.models import Clock, ServiceAlert
rows = Counter(ServiceAlert.objects.values_list("case_id", "of", "share"))
entries = Entry.objects.filter(kind__in=["case.warned", "case.late"])
told = Counter((e.subject[5:], e.data["of"], e.data["share"]) for e in entries)
late = [(fired - due).total_seconds() for fired, due in ServiceAlert.objects.values_list("fired_at", "due_at")]
print(json.dumps({
    "waiting": Clock.objects.filter(next_at__isnull=False).count(),
    "rows": sum(rows.values()), "told": sum(told.values()), "agree": rows == told,
    "once": set(rows.values()) == {1} == set(told.values()), "latest": max(late, default=0),
    "early": min(late, default=0) < 0,
}))
"""


@dataclass(frozen=True, slots=True)
class Count:
    """How many levels wait, how many rows and ledger entries there are, and whether they are the same, each once."""

    waiting: int
    rows: int
    told: int
    agree: bool
    once: bool
    latest: float
    early: bool


def happened(database: str) -> int:
    """How many levels have happened so far, asked of PostgreSQL itself, which takes no second."""
    with psycopg.connect(database) as connection:
        (number,) = connection.execute("SELECT count(*) FROM reviewqueue_servicealert").fetchone() or (0,)
    return int(number)


@contextmanager
def held_up(database: str, case: str) -> Iterator[Callable[[], str]]:
    """Nobody gets past this case's place in the ledger; tells whose transaction waits there, by ``PGAPPNAME``."""
    turn = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
    waits = "SELECT application_name FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND wait_event = 'advisory'"
    with psycopg.connect(database) as holder, psycopg.connect(database, autocommit=True) as watcher:
        holder.execute(turn, [f"case:{case}"])
        yield lambda: str((watcher.execute(waits).fetchone() or [""])[0])


def prepare(env: Mapping[str, str], *, seconds: int) -> None:
    """A service level with ten levels in so many seconds."""
    done = processes.manage(env, "shell", "-v", "0", "-c", _PREPARE.format(seconds=seconds, shares=SHARES))
    assert done.returncode == 0, done.stderr


def count(env: Mapping[str, str]) -> Count:
    """What has happened so far."""
    done = processes.manage(env, "shell", "-v", "0", "-c", _COUNT)
    assert done.returncode == 0, done.stderr
    return Count(**json.loads(done.stdout))


def all_happened(env: Mapping[str, str], *, cases: int, seconds: float) -> Count:
    """The count once nothing waits any more."""
    services.until(lambda: count(env).waiting == 0, seconds=seconds, what="every level has happened")
    last = count(env)
    assert last.rows == cases * len(SHARES), last
    return last
