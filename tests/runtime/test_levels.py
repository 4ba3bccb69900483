"""Real processes are killed while levels fall due: each happens once, and rows and ledger agree."""

from contextlib import ExitStack

import pytest

from tests import services
from tests.runtime import levels, processes

pytestmark = [pytest.mark.covers("R69", "R73", "R77"), pytest.mark.timeout(300)]
CASES, SECONDS = 12, 10
# Cases before each kill, so that there is always something that falls due next.
NEW = 4
KILLS = ("worker", "redis", "beat") * 3


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
    env = processes.environment(
        tmp_path, DATABASE_URL=own_postgresql.url, REDIS_URL=own_redis.url, HITL_SECRET_KEY="s" * 50
    )
    assert processes.manage(env, "migrate").returncode == 0
    levels.prepare(env, seconds=SECONDS)
    with ExitStack() as stack:
        web = stack.enter_context(processes.web(tmp_path, env))
        agent = stack.enter_context(processes.agent(web.url, processes.agent_key(env)))
        running = {part: stack.enter_context(processes.celery(part, tmp_path, env)) for part in ("worker", "beat")}
        # Two clocks and two workers from the start: nobody is alone with the work.
        others = [stack.enter_context(processes.celery(part, tmp_path, env)) for part in ("worker", "beat")]
        redis = own_redis
        for number, part in enumerate(KILLS):
            for each in range(NEW):
                processes.proposed(agent, f"case {number} {each}")
            before = levels.happened(own_postgresql.url)
            services.until(lambda n=before: levels.happened(own_postgresql.url) > n, seconds=60, what="levels happen")
            if part == "redis":
                redis.process.kill()
                redis.process.wait()
                redis = stack.enter_context(services.redis(redis.port))
            else:
                running[part].kill()
                running[part] = stack.enter_context(processes.celery(part, tmp_path, env))
        last = levels.all_happened(env, cases=NEW * len(KILLS), seconds=90)
        assert [other.popen.poll() for other in others] == [None, None]
    assert (last.agree, last.once, last.early) == (True, True, False)
