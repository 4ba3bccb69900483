"""Server time of every view, filter, search and page of the queue, and of a case: a large desk beside a small one."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks import desk
from benchmarks.figures import Measure, percentile
from tests import services

if TYPE_CHECKING:
    from collections.abc import Iterator

SMALL, LARGE = (100, 100), (100_000, 1_000_000)
LOADS = 40


@dataclass(frozen=True, slots=True)
class Filled:
    """A desk with its cases in it."""

    environment: dict[str, str]

    def p95(self) -> dict[str, float]:
        """Milliseconds of each page."""
        taken: dict[str, list[float]] = json.loads(_run(self.environment, "measure", str(LOADS)))
        return {page: percentile(values, 0.95) for page, values in taken.items()}


def server_time(rounds: int, *, postgresql: bool, stored: int) -> list[Measure]:
    """The 95th percentile of each page, large and small in turn."""
    name = "PostgreSQL" if postgresql else "SQLite"
    large = stored // 10, stored
    measures: dict[str, Measure] = {}
    with _filled(*SMALL, postgresql=postgresql) as small, _filled(*large, postgresql=postgresql) as full:
        for _round in range(rounds):
            beside = small.p95()
            for page, value in full.p95().items():
                what = f"Page on {name}, {large[0]:,} open + {stored:,} stored: {page}, p95"
                measure = measures.setdefault(page, Measure(what, "ms", "100 cases", target="≤ 3"))
                measure.product.append(value)
                measure.limit.append(beside[page])
    return list(measures.values())


@contextmanager
def _filled(open_cases: int, stored: int, *, postgresql: bool) -> Iterator[Filled]:
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        environment = desk.environment_of(folder) | {"HITL_SECRET_KEY": desk.SECRET}
        if postgresql:
            environment["DATABASE_URL"] = stack.enter_context(services.postgresql()).url
        desk.manage(environment, "migrate", "--verbosity", "0")
        if postgresql:
            desk.manage(environment, "collectstatic", "--no-input", "--verbosity", "0")
        seconds = float(_run(environment, "fill", str(open_cases), str(stored)))
        print(f"  {open_cases:,} open and {stored:,} stored cases written in {seconds:.0f} s", flush=True)
        yield Filled(environment)


def _run(environment: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "-m", "benchmarks.paging", *arguments]
    return subprocess.run(command, env=environment, cwd=desk.ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
