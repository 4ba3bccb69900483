"""What the embedded desk weighs at rest, and how soon it is there."""

from __future__ import annotations

from pathlib import Path

from benchmarks import desk
from benchmarks.figures import Figure


def figures(rounds: int) -> list[Figure]:
    """Resident memory in MB and seconds to the first ``/readyz``."""
    memory = []
    with desk.embedded() as running:
        memory.append(_resident(running.process.pid))
    starts = [desk.seconds_to_ready() for _each in range(rounds)]
    return [
        Figure("Memory of the embedded desk at rest", "MB", memory, target="≤ 130"),
        Figure("Start of the embedded desk to /readyz", "s", starts),
    ]


def _resident(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    line = next(line for line in lines if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024
