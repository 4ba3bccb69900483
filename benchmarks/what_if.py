"""How long it takes to hold a policy against many recorded cases, beside judging them one after the other."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile

from benchmarks import desk
from benchmarks.figures import Measure


def over(cases: int, rounds: int, *, fresh: bool = False) -> Measure:
    """The whole report from packed facts, or from ``fresh`` cases. Processor time: it uses one core."""
    measure = Measure(
        name=f"what if, over {cases:,} {'cases that are not packed yet' if fresh else 'recorded cases'}",
        unit="s of processor time",
        limit_name="one after the other",
        target="below 2 s" if fresh else "a million below 60 s",
    )
    for _round in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            environment = desk.environment_of(folder) | {"HITL_SECRET_KEY": desk.SECRET}
            desk.manage(environment, "migrate", "--verbosity", "0")
            command = [sys.executable, "-m", "benchmarks.looking", str(cases), *(["fresh"] if fresh else [])]
            ran = subprocess.run(command, env=environment, cwd=desk.ROOT, check=True, stdout=subprocess.PIPE, text=True)
            took = json.loads(ran.stdout)
            measure.product.append(took["report"])
            measure.limit.append(took["alone"])
    return measure
