"""Eight workers claim the next of 100,000 queued cases, beside a bare ``SKIP LOCKED`` loop on the same table."""

from __future__ import annotations

import subprocess
import sys
import tempfile

import psycopg

from benchmarks import desk
from benchmarks.figures import Measure
from tests import services

WORKERS, EACH, QUEUED = 8, 60, 100_000


def eight_workers(rounds: int) -> Measure:
    """Claims a second by the domain's verb; fails when any case was claimed twice."""
    measure = Measure("Claim-next, 8 workers, 100,000 queued", "claims/s", "bare SKIP LOCKED loop")
    with services.postgresql() as server, tempfile.TemporaryDirectory() as folder:
        environment = desk.environment_of(folder) | {"DATABASE_URL": server.url, "HITL_SECRET_KEY": desk.SECRET}
        desk.manage(environment, "migrate", "--verbosity", "0")
        _run(environment, "fill", str(QUEUED), str(WORKERS))
        for _round in range(rounds):
            scans = _scans(server.url)
            measure.product.append(_run(environment, "verb", str(WORKERS), str(EACH)))
            assert _scans(server.url) == scans, "a claim read the whole table"
            measure.limit.append(_run(environment, "bare", str(WORKERS), str(EACH)))
    return measure


def _scans(url: str) -> int:
    """How often the table of cases was read from one end to the other."""
    with psycopg.connect(url, autocommit=True) as server:
        server.execute("SELECT pg_stat_force_next_flush()")
        row = server.execute("SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'reviewqueue_case'").fetchone()
    return int(row[0]) if row else 0


def _run(environment: dict[str, str], *arguments: str) -> float:
    command = [sys.executable, "-m", "benchmarks.claiming", *arguments]
    done = subprocess.run(command, env=environment, cwd=desk.ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return float(done.stdout or 0)
