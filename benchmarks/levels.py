"""Ten thousand levels due in one second, and levels that fall due while worker, clock and Redis are killed."""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from benchmarks import desk
from benchmarks.figures import Figure
from tests import services
from tests.runtime import levels, processes

DUE, KILLS = 10_000, 100


def ten_thousand_due(rounds: int) -> list[Figure]:
    """Seconds until all are done, by one sweeper and by four at once."""
    figures = []
    for sweepers in (1, 4):
        figure = Figure(f"{DUE:,} levels due in one second, {sweepers} at work", "s", [])
        for _round in range(rounds):
            figure.values.append(_swept(sweepers))
        figures.append(figure)
    return figures


def _swept(sweepers: int) -> float:
    with services.postgresql() as server, tempfile.TemporaryDirectory() as folder:
        environment = desk.environment_of(folder) | {"DATABASE_URL": server.url, "HITL_SECRET_KEY": desk.SECRET}
        desk.manage(environment, "migrate", "--verbosity", "0")
        command = [sys.executable, "-m", "benchmarks.sweeping", str(DUE), str(sweepers)]
        done = subprocess.run(command, env=environment, cwd=desk.ROOT, check=True, stdout=subprocess.PIPE, text=True)
        return float(done.stdout)


def while_killed(kills: int = KILLS) -> list[Figure]:
    """How late the latest level was while worker, clock and Redis were killed in turn; fails when one came twice."""
    dice = random.Random(5)
    with services.postgresql() as database, tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder, redis = Path(name), stack.enter_context(services.redis())
        env = processes.environment(folder, DATABASE_URL=database.url, REDIS_URL=redis.url, HITL_SECRET_KEY=desk.SECRET)
        desk.manage(env, "migrate", "--verbosity", "0")
        levels.prepare(env, seconds=kills * 4)
        web = stack.enter_context(processes.web(folder, env))
        agent = stack.enter_context(processes.agent(web.url, processes.agent_key(env)))
        parts = {part: stack.enter_context(processes.celery(part, folder, env)) for part in ("worker", "beat")}
        for number in range(200):
            processes.proposed(agent, f"case {number}")
        for _kill in range(kills):
            time.sleep(dice.uniform(0.5, 4))
            part = dice.choice(["worker", "beat", "redis"])
            if part == "redis":
                redis.process.kill()
                redis.process.wait()
                redis = stack.enter_context(services.redis(redis.port))
                continue
            parts[part].kill()
            parts[part] = stack.enter_context(processes.celery(part, folder, env))
        last = levels.all_happened(env, cases=200, seconds=kills * 4 + 60)
    assert (last.agree, last.once, last.early) == (True, True, False), last
    return [Figure(f"Latest of {last.rows:,} levels over {kills} kills", "s late", [last.latest])]
