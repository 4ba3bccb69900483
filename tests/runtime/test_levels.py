"""Real processes are killed while levels fall due: each happens once, and rows and ledger agree."""

from contextlib import ExitStack

import pytest

from tests import services
from tests.runtime import levels, processes

pytestmark = [pytest.mark.covers("R69", "R73", "R77"), pytest.mark.timeout(300)]
CASES, SECONDS = 12, 10
KILLS = ("worker", "redis", "beat") * 2


def test_an_embedded_desk_that_is_killed_misses_no_level_and_repeats_none(tmp_path):
    env = processes.environment(tmp_path)
    for life in range(3):
        with processes.served(tmp_path) as desk:
            if life == 0:
                levels.prepare(env, seconds=SECONDS)
                with processes.agent(desk.url, processes.agent_key(env)) as agent:
                    for number in range(CASES):
                        processes.proposed(agent, f"case {number}")
            before = levels.count(env) if life else None
            if life < 2:
                services.until(lambda b=before: _went_on(env, b), seconds=60, what="some levels happened")
                desk.kill()
            else:
                last = levels.all_happened(env, cases=CASES, seconds=90)
                assert (last.agree, last.once, last.early) == (True, True, False)


def _went_on(env, before):
    now = levels.count(env)
    return now.waiting == 0 or (now.rows > before.rows if before else now.rows > 0)


@pytest.mark.both_databases
def test_whatever_is_killed_in_turn_each_level_happens_once(tmp_path, own_postgresql, own_redis):
    """`make bench ARGS=levels-killed` does the same a hundred times."""
    database = own_postgresql.url
    env = processes.environment(tmp_path, DATABASE_URL=database, REDIS_URL=own_redis.url, HITL_SECRET_KEY="s" * 50)
    assert processes.manage(env, "migrate").returncode == 0
    levels.prepare(env, seconds=SECONDS)
    with ExitStack() as stack:
        web = stack.enter_context(processes.web(tmp_path, env))
        agent = stack.enter_context(processes.agent(web.url, processes.agent_key(env)))

        def begin(name):
            named = {**env, "PGAPPNAME": name}
            return stack.enter_context(processes.celery(name.split("-")[0], tmp_path, named))

        # Two clocks and two workers: nobody is alone with the work.
        running = {name: begin(name) for name in ("worker-1", "worker-2", "beat-1", "beat-2")}
        redis, cases = own_redis, list[str]()
        for number, part in enumerate(KILLS):
            name, before = f"{part}-{number % 2 + 1}", levels.happened(database)
            cases.append(processes.proposed(agent, f"case {len(cases)}"))
            if part == "worker":
                name = _killed_at_work(running, database, lambda: _proposed(agent, cases))
            else:
                services.until(lambda n=before: levels.happened(database) > n, seconds=60, what="levels happen")
            if part == "redis":
                redis.process.kill()
                redis.process.wait()
                redis = stack.enter_context(services.redis(redis.port))
            else:
                running[name].kill()
                running[name] = begin(name)
        last = levels.all_happened(env, cases=len(cases), seconds=90)
    assert (last.agree, last.once, last.early) == (True, True, False)


def _proposed(agent, cases):
    cases.append(processes.proposed(agent, f"case {len(cases)}"))
    return cases[-1]


def _killed_at_work(running, database, proposed):
    """The name of a worker that was killed with rows written and nothing committed."""
    while True:
        # The web process sweeps too when it is late; then the next case is a worker's.
        with levels.held_up(database, proposed()) as waiting:
            services.until(waiting, seconds=60, what="somebody is at work on the case")
            if (name := waiting()) in running:
                running[name].kill()
                return name
