"""Production: PostgreSQL, Redis, two web processes, a worker and a clock, each of which may go away."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import websockets

from tests import services
from tests.runtime import lines, processes
from tests.runtime.processes import Process

pytestmark = pytest.mark.covers("R72")


@dataclass
class Production:
    """All of it."""

    stack: ExitStack
    folder: Path
    env: dict[str, str]
    postgresql: services.Server
    redis: services.Server
    one: Process
    other: Process
    worker: Process
    beat: Process

    def restart(self, part: str) -> None:
        """Start ``worker`` or ``beat`` again."""
        setattr(self, part, self.stack.enter_context(processes.celery(part, self.folder, self.env)))


@pytest.fixture(scope="module")
def desk(
    tmp_path_factory: pytest.TempPathFactory, own_postgresql: services.Server, own_redis: services.Server
) -> Iterator[Production]:
    folder = tmp_path_factory.mktemp("production")
    with ExitStack() as stack:
        env = processes.environment(
            folder,
            DATABASE_URL=own_postgresql.url,
            REDIS_URL=own_redis.url,
            HITL_SECRET_KEY="s" * 50,
        )
        assert processes.manage(env, "migrate").returncode == 0
        webs = [stack.enter_context(processes.web(folder, env)) for _each in range(2)]
        parts = [stack.enter_context(processes.celery(part, folder, env)) for part in ("worker", "beat")]
        yield Production(stack, folder, env, own_postgresql, own_redis, *webs, *parts)


@pytest.fixture(scope="module")
def shop(desk: Production) -> Iterator[httpx.Client]:
    with processes.agent(desk.one.url, processes.agent_key(desk.env)) as client:
        yield client


@pytest.fixture(scope="module")
def token(desk: Production) -> str:
    processes.managed(desk.env, "make_user", "ana", "--role", "reviewer")
    return str(processes.managed(desk.env, "user_token", "ana")["token"])


@asynccontextmanager
async def page(process: Process, token: str) -> AsyncIterator[websockets.ClientConnection]:
    """A socket of this web process that certainly listens: it has caught up to now."""
    address = process.url.replace("http", "ws") + "/ws/live?after=0"
    async with websockets.connect(
        address, additional_headers={"Authorization": f"Bearer {token}"}, max_queue=None, open_timeout=60
    ) as here:
        yield here


async def heard_of(here: websockets.ClientConnection, case: str) -> None:
    async with asyncio.timeout(60):
        while json.loads(await here.recv())["case"] != case:
            pass


def expired(shop: httpx.Client, case: str) -> bool:
    """Without looking at the case, which would settle it."""
    events = shop.get("/events", headers={"Accept": "application/json"}).json()["events"]
    return any(event["type"] == "case.expired" and event["case"] == case for event in events)


def rejected(person: httpx.Client, case: dict[str, Any]) -> httpx.Response:
    """Somebody rejects what they saw and claimed."""
    decision = {"call_id": "call_1", "type": "reject", "reason_code": "wrong_fact", "message": "Not late."}
    seen = {"claim_token": case["claim"]["token"], "version": case["version"], "seen_digest": case["seen_digest"]}
    return person.post(f"/review/cases/{case['id']}/decide", json=seen | {"decisions": [decision]})


def test_each_web_process_is_ready(desk):
    ready = {"status": "ready", "database": "ok", "migrations": "ok", "redis": "ok", "policy": 1}
    for web in (desk.one, desk.other):
        services.until(lambda url=web.url: processes.got(f"{url}/readyz").json() == ready, what=f"{ready}")


def test_pages_and_collected_styles_are_served(desk):
    page = processes.got(f"{desk.other.url}/")
    assert page.status_code == 200
    style = page.text.partition('href="/static/desk.')[2].partition('"')[0]
    assert processes.got(f"{desk.other.url}/static/desk.{style}").status_code == 200


async def test_a_change_in_one_process_reaches_a_page_of_the_other(desk, shop, token):
    async with page(desk.other, token) as here:
        case = await asyncio.to_thread(processes.proposed, shop, "live")
        await heard_of(here, case)


@pytest.mark.covers("R73")
def test_the_worker_does_what_is_due(desk, shop):
    case = processes.proposed(shop, "due", expires_in=1)
    services.until(lambda: expired(shop, case), what="the case expires")
    assert desk.worker.popen.poll() is None


async def test_while_redis_hangs_work_goes_on_and_pages_poll(desk, shop, token):
    async with page(desk.other, token) as here:
        os.kill(desk.redis.process.pid, signal.SIGSTOP)
        try:
            case = await asyncio.to_thread(processes.proposed, shop, "hanging")
            await heard_of(here, case)
            assert (await asyncio.to_thread(processes.got, f"{desk.one.url}/readyz")).json()["redis"] == "away"
        finally:
            os.kill(desk.redis.process.pid, signal.SIGCONT)
        case = await asyncio.to_thread(processes.proposed, shop, "hanging no more")
        await heard_of(here, case)


async def test_a_redis_that_is_killed_and_comes_back_empty_loses_nothing(desk, shop, token):
    async with page(desk.other, token) as here:
        desk.redis.process.kill()
        desk.redis.process.wait()
        case = await asyncio.to_thread(processes.proposed, shop, "without redis")
        await heard_of(here, case)
        desk.redis = desk.stack.enter_context(services.redis(desk.redis.port))
        case = await asyncio.to_thread(processes.proposed, shop, "with redis again")
        await heard_of(here, case)
    due = await asyncio.to_thread(processes.proposed, shop, "due after redis", expires_in=1)
    await asyncio.to_thread(services.until, lambda: expired(shop, due), what="the worker has found Redis again")


@pytest.mark.covers("R73", "R77")
def test_without_worker_and_clock_the_web_processes_do_what_is_due(desk, shop):
    desk.worker.kill()
    desk.beat.kill()
    case = processes.proposed(shop, "due without a worker", expires_in=1)
    services.until(lambda: expired(shop, case), what="the case expires")
    desk.restart("worker")
    desk.restart("beat")


def test_two_clocks_do_everything_once(desk, shop):
    with processes.celery("beat", desk.folder, desk.env):
        cases = [processes.proposed(shop, f"two clocks {number}", expires_in=1) for number in range(5)]
        services.until(lambda: all(expired(shop, case) for case in cases), what="all expire")
    events = shop.get("/events", headers={"Accept": "application/json"}).json()["events"]
    kinds = [event["case"] for event in events if event["type"] == "case.expired" and event["case"] in cases]
    assert sorted(kinds) == sorted(cases)


def test_a_process_that_was_frozen_cannot_decide_what_somebody_else_holds_by_now(desk, shop, token):
    processes.managed(desk.env, "make_user", "ben", "--role", "reviewer")
    others = str(processes.managed(desk.env, "user_token", "ben")["token"])
    case = processes.proposed(shop, "frozen")
    people = processes.agent(desk.other.url, token), processes.agent(desk.one.url, others)
    with people[0] as ana, people[1] as ben, ThreadPoolExecutor(1) as threads:
        held = ana.post(f"/review/cases/{case}/claim").json()
        os.kill(desk.other.popen.pid, signal.SIGSTOP)
        try:
            late = threads.submit(rejected, ana, held)
            with psycopg.connect(desk.postgresql.url) as database:
                database.execute("UPDATE reviewqueue_case SET claim_expires_at = now() WHERE id = %s", [case])
            taken = ben.post(f"/review/cases/{case}/claim")
        finally:
            os.kill(desk.other.popen.pid, signal.SIGCONT)
        assert (taken.status_code, late.result().status_code) == (200, 409)
        assert late.result().json()["type"] == "/problems/stale-claim"
        assert rejected(ben, taken.json()).status_code == 200


def test_without_the_shared_secret_a_web_process_does_not_start(desk):
    env = {name: value for name, value in desk.env.items() if name != "HITL_SECRET_KEY"}
    env["PORT"] = str(services.free_port())
    with processes.process(["deploy/web"], env, desk.folder / "refused.log") as refused:
        assert refused.popen.wait(processes.STOP_SECONDS) != 0
    assert "HITL_SECRET_KEY is not" in refused.said()


def test_parts_that_are_told_to_stop_stop_in_order(desk):
    parts = [desk.worker, desk.beat, desk.other]
    statuses = [part.stop() for part in parts]
    # uvicorn hands the signal on when all is closed.
    assert statuses == [0, 0, -signal.SIGTERM]
    assert "Traceback" not in desk.other.said()


# Below, the database goes away for a web process that waits for it for four seconds at most.
END_ALL = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname IS NOT NULL"
COOKIE = {"Cookie": f"sessionid={'a' * 32}"}


@dataclass
class Hurried:
    """A web process, an agent that calls it, and the line between it and the database."""

    desk: Production
    web: Process
    agent: httpx.Client
    line: lines.Line

    def sent(self, name: str) -> httpx.Response:
        return self.agent.post("/proposals", json=processes.proposal(name))

    def answer(self, call: Callable[[], httpx.Response]) -> httpx.Response:
        """What an agent gets in the end that asks again as it was told."""
        answers: list[httpx.Response] = []

        def given() -> bool:
            answers.append(call())
            return answers[-1].status_code != 503

        services.until(given, what="the desk answers")
        return answers[-1]

    def taken(self, name: str) -> httpx.Response:
        """The same for a proposal."""
        return self.answer(lambda: self.sent(name))

    def kept(self, like: str) -> list[tuple[str, int]]:
        """Each key among these that the database knows, and how many cases have it."""
        asked = "SELECT dedupe_key, count(*) FROM reviewqueue_case WHERE dedupe_key LIKE %s GROUP BY 1 ORDER BY 1"
        with psycopg.connect(self.desk.postgresql.url) as database:
            return database.execute(asked, [f"thread-{like}%"]).fetchall()

    def asked_all_at_once(self) -> dict[str, tuple[int, bool]]:
        """Status, and whether it says when to come again, of the wire, of who waits, and of pages."""
        waiting = {"Prefer": "wait=30"}
        calls = {
            "propose": lambda: self.sent("while away"),
            "wait": lambda: self.agent.get("/cases/case_1", headers=waiting),
            "events": lambda: self.agent.get("/events", headers={"Accept": "application/json"}),
            "queue": lambda: httpx.get(f"{self.web.url}/", headers=COOKIE, timeout=60),
            "customer": lambda: httpx.get(f"{self.web.url}/contact/", timeout=60),
            "admin": lambda: httpx.get(f"{self.web.url}/admin/", headers=COOKIE, timeout=60),
        }
        with ThreadPoolExecutor(len(calls)) as threads:
            asked = {name: threads.submit(call) for name, call in calls.items()}
            assert httpx.get(f"{self.web.url}/livez", timeout=60).status_code == 200
            answers = {name: each.result() for name, each in asked.items()}
        return {name: (answer.status_code, "Retry-After" in answer.headers) for name, answer in answers.items()}


@pytest.fixture(scope="module")
def hurried(desk: Production) -> Iterator[Hurried]:
    key = processes.agent_key(desk.env, "hurried")
    with lines.line(desk.postgresql.port) as line:
        through_line = desk.postgresql.url.replace(f":{desk.postgresql.port}/", f":{line.port}/")
        env = desk.env | {"DATABASE_URL": through_line, "HITL_ANSWER_SECONDS": "4"}
        with processes.web(desk.folder, env) as web, processes.agent(web.url, key) as agent:
            yield Hurried(desk, web, agent, line)


def test_connections_that_the_database_ends_cost_a_call_each_and_nothing_is_lost_or_done_twice(desk, hurried):
    taken = []
    with psycopg.connect(desk.postgresql.url, autocommit=True) as killer:
        for number in range(5):
            killer.execute(END_ALL)
            taken.append(hurried.taken(f"ended-{number}").status_code)
    assert taken == [201] * 5
    assert hurried.kept("ended-") == [(f"thread-ended-{number}", 1) for number in range(5)]


def test_whichever_answer_of_the_database_is_lost_the_agent_sends_again_and_there_is_one_case(hurried):
    taken = []
    for number in range(10, 30):
        hurried.line.lose(number - 9)
        taken.append(hurried.taken(f"lost-{number}").status_code)
    assert set(taken) <= {200, 201}
    assert hurried.kept("lost-") == [(f"thread-lost-{number}", 1) for number in range(10, 30)]
    assert processes.manage(hurried.desk.env, "audit_verify").returncode == 0


def test_a_database_that_hangs_makes_nobody_wait_for_long_and_work_goes_on_when_it_answers(hurried):
    hurried.line.hold()
    try:
        answers = hurried.asked_all_at_once()
    finally:
        hurried.line.flow()
    assert answers == dict.fromkeys(answers, (503, True))
    services.until(hurried.web.ready, what="the desk is ready again")
    assert hurried.taken("while away").status_code in {200, 201}
    assert hurried.kept("while away") == [("thread-while away", 1)]


def test_a_slow_line_to_the_database_changes_nothing_but_the_time(hurried):
    hurried.line.delay = 0.02
    try:
        assert hurried.sent("slow").status_code == 201
    finally:
        hurried.line.delay = 0.0


def test_a_table_that_somebody_locks_makes_nobody_wait_for_long(desk, hurried):
    with psycopg.connect(desk.postgresql.url) as other:
        other.execute("LOCK TABLE reviewqueue_case IN ACCESS EXCLUSIVE MODE")
        refused = hurried.sent("locked")
        assert httpx.get(f"{hurried.web.url}/livez", timeout=60).status_code == 200
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
    assert hurried.taken("locked").status_code in {200, 201}
    assert hurried.kept("locked") == [("thread-locked", 1)]


def test_a_database_that_is_killed_is_an_answer_that_says_so_and_the_desk_is_back_with_it(desk, hurried):
    case = hurried.taken("before the kill").json()["id"]
    desk.postgresql.process.kill()
    desk.postgresql.process.wait()
    answers = hurried.asked_all_at_once()
    assert answers == dict.fromkeys(answers, (503, True))
    desk.postgresql = desk.stack.enter_context(services.postgresql_again(desk.postgresql))
    services.until(hurried.web.ready, what="the desk is ready again")
    assert hurried.taken("after the kill").status_code in {200, 201}
    assert hurried.kept("after the kill") == [("thread-after the kill", 1)]
    assert hurried.answer(lambda: hurried.agent.get(f"/cases/{case}")).status_code == 200
