"""Eight workers claim the next of 100,000 queued cases, beside a bare ``SKIP LOCKED`` loop on the same table."""

from __future__ import annotations

import subprocess
import sys
import tempfile

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
            measure.product.append(_run(environment, "verb", str(WORKERS), str(EACH)))
            measure.limit.append(_run(environment, "bare", str(WORKERS), str(EACH)))
    return measure


def _run(environment: dict[str, str], *arguments: str) -> float:
    command = [sys.executable, "-m", "benchmarks.claiming", *arguments]
    done = subprocess.run(command, env=environment, cwd=desk.ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return float(done.stdout or 0)
