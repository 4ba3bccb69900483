"""Long-polls and event streams on the asynchronous path: at once when there is news, and never a moment missed."""

import asyncio
import json
import threading
import time
from contextlib import asynccontextmanager
from functools import partial

import pytest
from asgiref.testing import ApplicationCommunicator
from django.db import OperationalError

from audit.actions import SYSTEM
from hitl.api import cases, events, waiting
from hitl.waiting import Waiting
from reviewqueue import live
from reviewqueue.domain import configuration
from reviewqueue.models import Case
from tests import factories
from tests.api.wire import AgentCaller, PersonCaller

pytestmark = pytest.mark.django_db(transaction=True)
# Sooner than any wait that is asked for ends by itself, and long for a busy machine.
SOON = 40.0


class Call:
    """A request to the waiting application that is under way."""

    def __init__(self, path, secret, **headers):
        path, _, query = path.partition("?")
        named = {"host": "localhost", "authorization": f"Bearer {secret}"}
        named |= {name.replace("_", "-").lower(): value for name, value in headers.items()}
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "GET",
            "path": f"/api/v1{path}",
            "raw_path": f"/api/v1{path}".encode(),
            "query_string": query.encode(),
            "scheme": "http",
            "server": ("localhost", 80),
            "headers": [(name.encode(), value.encode()) for name, value in named.items()],
        }
        self.wire = ApplicationCommunicator(Waiting(), scope)
        self.text = ""

    async def start(self):
        await self.wire.send_input({"type": "http.request", "body": b"", "more_body": False})

    async def head(self, seconds=SOON):
        started = await self.wire.receive_output(seconds)
        self.status = started["status"]
        self.headers = {name.decode().lower(): value.decode() for name, value in started["headers"]}
        return self.status

    async def more(self, seconds=SOON):
        part = await self.wire.receive_output(seconds)
        self.text += part.get("body", b"").decode()
        return part.get("more_body", False)

    async def answer(self, seconds=SOON):
        await self.head(seconds)
        while await self.more(seconds):
            pass
        await self.wire.wait(SOON)
        return self.status

    async def until(self, words):
        async with asyncio.timeout(SOON):
            while words not in self.text:
                await self.more()

    async def leave(self):
        await self.wire.send_input({"type": "http.disconnect"})
        await self.wire.wait(SOON)

    @property
    def body(self):
        return json.loads(self.text)


@asynccontextmanager
async def desk():
    """The tail is the process's own; each test has its loop and gives the connection back."""
    try:
        yield
    finally:
        await live.stop()


def called(path, agent, **headers):
    return Call(path, agent.secret, **headers)


async def listening(count=1):
    """Until so many callers wait at the tail, which itself tells nobody."""
    tail = live.tail()
    async with asyncio.timeout(SOON):
        while len(tail._listeners) < count or tail.seq is None:  # noqa: ASYNC110, SLF001 - a listener tells nobody that it listens
            await asyncio.sleep(0.005)


async def in_thread(work, *args):
    return await asyncio.to_thread(live.with_fresh_connection, partial(work, *args))


def revoke(agent):
    configuration.revoke_key(agent.key, actor=SYSTEM, at=factories.now())


def decided(agent, reviewer):
    case = agent.propose()["id"]
    reviewer.decide(reviewer.claim(case))
    return case


async def test_a_change_ends_the_wait_with_the_case_as_it_is_now():
    agent, reviewer = await in_thread(AgentCaller), await in_thread(PersonCaller)
    async with desk():
        case = (await in_thread(agent.propose))["id"]
        call = called(f"/cases/{case}", agent, Prefer="wait=30", If_None_Match='"1"')
        await call.start()
        await listening()
        await in_thread(reviewer.claim, case)
        assert await call.answer() == 200
        assert (call.body["version"], call.headers["etag"]) == (2, '"2"')


async def test_nothing_new_in_time_is_not_modified():
    agent = await in_thread(AgentCaller)
    async with desk():
        case = (await in_thread(agent.propose))["id"]
        call = called(f"/cases/{case}", agent, Prefer="wait=1", If_None_Match='"1"')
        started = time.monotonic()
        await call.start()
        assert await call.answer() == 304
        assert (call.text, 0.9 < time.monotonic() - started < SOON) == ("", True)


async def test_without_a_known_version_the_answer_waits_for_the_next_change_and_is_the_case_either_way():
    agent, reviewer = await in_thread(AgentCaller), await in_thread(PersonCaller)
    async with desk():
        case = (await in_thread(agent.propose))["id"]
        brief = called(f"/cases/{case}", agent, Prefer="wait=1")
        await brief.start()
        assert (await brief.answer(), brief.body["version"]) == (200, 1)
        call = called(f"/cases/{case}", agent, Prefer="wait=30")
        await call.start()
        await listening()
        await in_thread(reviewer.claim, case)
        assert (await call.answer(), call.body["version"]) == (200, 2)


@pytest.mark.parametrize("known", ['"0"', '"7"', "nonsense"])
async def test_another_version_is_answered_at_once(known):
    agent = await in_thread(AgentCaller)
    async with desk():
        case = (await in_thread(agent.propose))["id"]
        call = called(f"/cases/{case}", agent, Prefer="wait=60", If_None_Match=known)
        await call.start()
        assert (await call.answer(), call.body["version"]) == (200, 1)


@pytest.mark.parametrize(("known", "status"), [(False, 200), (True, 304)])
async def test_a_final_case_is_answered_at_once(known, status):
    agent, reviewer = await in_thread(AgentCaller), await in_thread(PersonCaller)
    async with desk():
        case = await in_thread(decided, agent, reviewer)
        version = (await in_thread(agent.get, f"/cases/{case}")).body["version"]
        headers = {"If_None_Match": f'"{version}"'} if known else {}
        call = called(f"/cases/{case}", agent, Prefer="wait=60", **headers)
        await call.start()
        assert await call.answer() == status


async def test_a_decision_arrives_when_its_undo_window_closes_without_any_alarm_clock():
    agent, reviewer = await in_thread(AgentCaller), await in_thread(PersonCaller)
    async with desk():
        await in_thread(lambda: factories.policy(undo_seconds=1))
        case = await in_thread(decided, agent, reviewer)
        call = called(f"/cases/{case}", agent, Prefer="wait=30", If_None_Match='"3"')
        await call.start()
        assert await call.answer() == 200
        assert (call.body["status"], call.body["decisions"][0]["type"]) == ("decided", "approve")


async def test_two_hundred_wait_for_one_case_without_two_hundred_threads():
    agent, reviewer = await in_thread(lambda: AgentCaller(burst=1000)), await in_thread(PersonCaller)
    async with desk():
        case = (await in_thread(agent.propose))["id"]
        before = threading.active_count()
        calls = [called(f"/cases/{case}", agent, Prefer="wait=60", If_None_Match='"1"') for _ in range(200)]
        for call in calls:
            await call.start()
        await listening(200)
        assert threading.active_count() < before + 50
        await in_thread(reviewer.claim, case)
        assert {await call.answer() for call in calls} == {200}


async def test_who_leaves_is_no_longer_waited_for():
    agent = await in_thread(AgentCaller)
    async with desk():
        case = (await in_thread(agent.propose))["id"]
        call = called(f"/cases/{case}", agent, Prefer="wait=60", If_None_Match='"1"')
        await call.start()
        await listening()
        await call.leave()
        assert len(live.tail()._listeners) == 0  # noqa: SLF001 - nothing may stay behind


@pytest.mark.parametrize("path", ["/cases/case_none", "/cases/\0"])
async def test_an_unknown_case_is_not_waited_for(path):
    agent = await in_thread(AgentCaller)
    async with desk():
        call = called(path, agent, Prefer="wait=60")
        await call.start()
        assert (await call.answer(), call.body["type"]) == (404, "/problems/not-found")
        assert call.headers["x-request-id"].startswith("req_")


async def test_a_foreign_case_is_not_waited_for():
    agent, other = await in_thread(AgentCaller), await in_thread(AgentCaller)
    async with desk():
        case = (await in_thread(other.propose))["id"]
        call = called(f"/cases/{case}", agent, Prefer="wait=60")
        await call.start()
        assert await call.answer() == 404


async def test_a_key_that_is_revoked_meanwhile_reads_nothing():
    agent, reviewer = await in_thread(AgentCaller), await in_thread(PersonCaller)
    async with desk():
        case = (await in_thread(agent.propose))["id"]
        call = called(f"/cases/{case}", agent, Prefer="wait=60", If_None_Match='"1"')
        await call.start()
        await listening()
        await in_thread(revoke, agent)
        await in_thread(reviewer.claim, case)
        assert await call.answer() == 401


@pytest.mark.parametrize("path", ["/cases/case_x", "/events"])
async def test_nobody_waits_without_a_key(path):
    async with desk():
        call = Call(path, "hitl_nobody", Prefer="wait=60")
        await call.start()
        assert (await call.answer(), call.headers["www-authenticate"]) == (401, 'Bearer realm="desk"')


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        ("wait=5", 5),
        ("respond-async, wait=5", 5),
        ("WAIT = 5; x=1", 5),
        ('wait="5"', 5),
        ("wait=61", 60),
        ("wait=99999", 60),
        ("wait=-5", 0),
        ("wait=soon", 0),
        ("await=5", 0),
        ("", 0),
    ],
)
async def test_the_wish_to_wait_is_read_as_it_is_written(prefer, seconds, rf):
    assert cases.seconds_to_wait(rf.get("/", headers={"Prefer": prefer})) == seconds


async def test_a_stream_tells_what_was_and_then_what_happens():
    agent, reviewer = await in_thread(AgentCaller), await in_thread(PersonCaller)
    async with desk():
        before = await in_thread(decided, agent, reviewer)
        call = called("/events", agent)
        await call.start()
        assert (await call.head(), call.headers["content-type"]) == (200, "text/event-stream")
        await call.until(before)
        after = await in_thread(decided, agent, reviewer)
        await call.until(after)
        await call.leave()
        assert call.text.startswith("retry: 2000\n\nid: ")
        assert [line for line in call.text.split("\n") if line.startswith("event")] == ["event: case.decided"] * 2


async def test_a_stream_that_broke_off_resumes_without_gap_or_double():
    agent, reviewer = await in_thread(AgentCaller), await in_thread(PersonCaller)
    async with desk():
        first = await in_thread(decided, agent, reviewer)
        call = called("/events", agent)
        await call.start()
        await call.head()
        await call.until(first)
        await call.leave()
        last = next(line for line in call.text.split("\n") if line.startswith("id: ")).removeprefix("id: ")
        missed = [await in_thread(decided, agent, reviewer) for _ in range(3)]
        again = called("/events", agent, Last_Event_ID=last)
        await again.start()
        await again.head()
        await again.until(missed[-1])
        await again.leave()
        told = [json.loads(line[6:])["case"] for line in again.text.split("\n") if line.startswith("data: ")]
        assert told == missed


async def test_a_quiet_stream_says_that_it_is_alive(monkeypatch):
    monkeypatch.setattr(waiting, "HEARTBEAT_SECONDS", 0.05)
    agent = await in_thread(AgentCaller)
    async with desk():
        call = called("/events", agent)
        await call.start()
        await call.head()
        await call.until(": nothing new\n\n")
        await call.leave()


async def test_a_stream_ends_when_its_key_is_revoked(monkeypatch):
    monkeypatch.setattr(waiting, "HEARTBEAT_SECONDS", 0.05)
    agent = await in_thread(AgentCaller)
    async with desk():
        call = called("/events", agent)
        await call.start()
        await call.head()
        await call.until(": nothing new\n\n")
        await in_thread(revoke, agent)
        async with asyncio.timeout(SOON):
            while await call.more():
                pass
        await call.wire.wait(SOON)


async def test_a_stream_ends_when_the_database_is_away_and_the_agent_connects_again(monkeypatch):
    def away(*_args):
        raise OperationalError("gone")

    agent = await in_thread(AgentCaller)
    async with desk():
        monkeypatch.setattr(events, "after_cursor", away)
        call = called("/events", agent)
        await call.start()
        assert await call.answer() == 200
        assert call.text == "retry: 2000\n\n"


async def test_polling_the_stream_address_for_json_gives_a_page():
    agent, reviewer = await in_thread(AgentCaller), await in_thread(PersonCaller)
    async with desk():
        case = await in_thread(decided, agent, reviewer)
        call = called("/events?after=0", agent, Accept="application/json")
        await call.start()
        assert (await call.answer(), [event["case"] for event in call.body["events"]]) == (200, [case])


async def test_a_stream_from_a_cursor_that_is_not_ours_is_refused():
    agent = await in_thread(AgentCaller)
    async with desk():
        call = called("/events?after=x", agent)
        await call.start()
        assert (await call.answer(), call.body["type"]) == (422, "/problems/invalid-request")


async def test_an_agent_keeps_a_handful_of_streams_open_and_no_more(monkeypatch):
    monkeypatch.setattr(waiting, "MOST_STREAMS", 2)
    agent = await in_thread(AgentCaller)
    async with desk():
        calls = [called("/events", agent) for _ in range(3)]
        statuses = []
        for call in calls:
            await call.start()
            statuses.append(await call.head())
            if call.status == 200:
                await call.until("retry")
        assert statuses == [200, 200, 429]
        await calls[0].leave()
        again = called("/events", agent)
        await again.start()
        assert await again.head() == 200
        for call in (*calls[1:], again):
            await call.leave()


async def test_no_change_is_missed_however_it_falls():
    """Many cases change while many callers begin to wait; each must learn of its own change within a moment."""
    agent, reviewer = await in_thread(lambda: AgentCaller(burst=1000)), await in_thread(PersonCaller)
    async with desk():
        made = [(await in_thread(agent.propose))["id"] for _ in range(12)]

        async def waited(case, delay):
            await asyncio.sleep(delay)
            call = called(f"/cases/{case}", agent, Prefer="wait=30", If_None_Match='"1"')
            await call.start()
            return await call.answer()

        waits = [asyncio.create_task(waited(case, n * 0.01)) for n, case in enumerate(made)]
        for case in made:
            await in_thread(reviewer.claim, case)
        assert [await wait for wait in waits] == [200] * len(made)
    assert await in_thread(Case.objects.filter(version=2).count) == len(made)


async def test_who_follows_a_conversation_hears_at_once_that_a_person_writes():
    agent = await in_thread(partial(AgentCaller, scopes=("propose", "converse")))
    boss = await in_thread(partial(PersonCaller, "supervisor"))
    async with desk():
        case = (await in_thread(partial(agent.propose, conversation={"id": "conv-1"})))["id"]
        call = called("/conversations/conv-1", agent, Prefer="wait=30", If_None_Match='"1"')
        await call.start()
        await listening()
        await in_thread(boss.post, f"/review/cases/{case}/take_over")
        assert await call.answer() == 200
        assert (call.body["control"], call.headers["etag"]) == ("human", '"2"')
        call = called("/conversations/conv-1", agent, Prefer="wait=30", If_None_Match='"2"')
        await call.start()
        await listening()
        await in_thread(boss.post, f"/review/cases/{case}/messages", {"text": "Hello."})
        assert await call.answer() == 200
        assert [message["text"] for message in call.body["outbox"]] == ["Hello."]


async def test_a_database_that_does_not_answer_is_not_waited_for_without_end(settings):
    settings.ANSWER_SECONDS = 0.05
    answered = threading.Event()
    try:
        with pytest.raises(OperationalError, match="no answer within"):
            await waiting._in_database(partial(answered.wait, SOON))  # noqa: SLF001 - what every wait goes through
    finally:
        answered.set()
