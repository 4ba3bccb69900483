"""Everything that looks back, with a million stored cases, beside the same with a hundredth of them."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from benchmarks import desk
from benchmarks.figures import Measure
from tests import services

if TYPE_CHECKING:
    from collections.abc import Iterator

SMALL, LARGE = 10_000, 1_000_000
LOADS = 5


def looking_back(rounds: int, *, postgresql: bool, large: int = LARGE) -> list[Measure]:
    """Milliseconds of each report, large and small in turn. It needs 20 GB of disk and some minutes to fill."""
    name = "PostgreSQL" if postgresql else "SQLite"
    measures: dict[str, Measure] = {}
    with _filled(SMALL, postgresql=postgresql) as small, _filled(large, postgresql=postgresql) as full:
        for _round in range(rounds):
            beside = _measured(small)
            for what, values in _measured(full).items():
                title = f"{name}, {large:,} stored: {what}"
                measure = measures.setdefault(what, Measure(title, "ms", f"{SMALL:,} stored"))
                measure.product += values
                measure.limit += beside[what]
    return list(measures.values())


@contextmanager
def _filled(stored: int, *, postgresql: bool) -> Iterator[dict[str, str]]:
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        environment = desk.environment_of(folder) | {"HITL_SECRET_KEY": desk.SECRET}
        if postgresql:
            environment["DATABASE_URL"] = stack.enter_context(services.postgresql()).url
        desk.manage(environment, "migrate", "--verbosity", "0")
        desk.manage(environment, "collectstatic", "--no-input", "--verbosity", "0")
        print(f"  {stored:,} cases written in {float(_run(environment, 'fill', stored)):.0f} s", flush=True)
        yield environment


def _measured(environment: dict[str, str]) -> dict[str, list[float]]:
    taken: dict[str, list[float]] = json.loads(_run(environment, "measure", LOADS))
    return taken


def _run(environment: dict[str, str], what: str, number: int) -> str:
    command = [sys.executable, "-m", "benchmarks.reporting", what, str(number)]
    return subprocess.run(command, env=environment, cwd=desk.ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
