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
WITHIN, LATEST = 15, 10
# What is due, as benchmarks.sweeping calls it, and how a person does.
ACTS = {
    "tell": "levels that tell a role",
    "raise": "levels that raise the priority",
    "offer": "levels that keep the case for a person",
    "move": "levels that move the case",
    "overflow": "cases to be passed on to the next queue",
    "call": "waits that end in the offer of a call",
    "chat": "waits that call a person into the chat",
    "answer": "waits that end in a part of the answer",
    "no more": "waits that end with a no",
    "expire": "cases to expire",
    "decline": "cases to expire with a no",
    "hand over": "cases to expire into somebody's hands",
    "lease": "leases to run out",
    "snooze": "snoozed cases to wake",
    "silent": "executions to be given up as unknown",
    "release": "releases under watch",
}


def ten_thousand_due(rounds: int) -> list[Figure]:
    """Seconds until all that tell are done, by one sweeper and by four at once."""
    return [_due("tell", rounds, sweepers) for sweepers in (1, 4)]


def ten_thousand_act(rounds: int, *, postgresql: bool) -> list[Figure]:
    """The same for each kind of what a level can do, by one sweeper."""
    return [_due(kind, rounds, 1, postgresql=postgresql) for kind in ACTS]


def _due(kind: str, rounds: int, sweepers: int, *, postgresql: bool = True) -> Figure:
    where = "" if postgresql else " on SQLite"
    name = f"{DUE:,} {ACTS[kind]}, due in one second, {sweepers} at work{where}"
    values = [_swept(kind, sweepers, postgresql=postgresql) for _round in range(rounds)]
    return Figure(name, "s", values, target=f"≤ {WITHIN}")


def _swept(kind: str, sweepers: int, *, postgresql: bool) -> float:
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        environment = desk.environment_of(folder) | {"HITL_SECRET_KEY": desk.SECRET}
        if postgresql:
            environment["DATABASE_URL"] = stack.enter_context(services.postgresql()).url
        desk.manage(environment, "migrate", "--verbosity", "0")
        command = [sys.executable, "-m", "benchmarks.sweeping", kind, str(DUE), str(sweepers)]
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
    assert last.latest <= LATEST, f"a level came {last.latest} s late; {LATEST} s are promised after an outage"
    return [Figure(f"Latest of {last.rows:,} levels over {kills} kills", "s late", [last.latest], f"≤ {LATEST}")]
