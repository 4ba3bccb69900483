"""The live socket: who gets in, what they hear, and how quickly they are out again."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import UTC, datetime
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import login
from django.contrib.sessions.backends.db import SessionStore
from django.db import connections
from django.test import RequestFactory

from hitl import sockets
from hitl.accounts import admission, tokens
from hitl.accounts.models import User
from hitl.sockets import Sockets
from reviewqueue import consumers, live
from reviewqueue.domain import claims, grants, lifecycle
from reviewqueue.models import Agent, Case, Event, Queue
from reviewqueue.queries import clock, events
from tests import factories
from tests.runtime.talking import HOST, Socket, scope_of, socket
from tests.runtime.test_live import known

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.covers("R72")]

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HERE = f"http://{HOST}"


@pytest.fixture(autouse=True)
async def application() -> AsyncIterator[Sockets]:
    made = Sockets()
    yield made
    await made.close()
    await live.stop()
    await in_database(connections.close_all)


async def in_database(work: Callable[[], Any]) -> Any:
    return await sync_to_async(work)()


@pytest.fixture
def reviewer() -> User:
    return factories.person(queues=["routine"])


@pytest.fixture
def agent() -> Agent:
    factories.policy()
    return factories.agent()


def token_of(user: User) -> dict[str, str]:
    _token, secret = tokens.make(user, label="test", at=clock.now())
    return {"authorization": f"Bearer {secret}"}


def signed_in(user: User) -> SimpleNamespace:
    """A browser's session: its cookie and the request that can end it."""
    request = RequestFactory().get("/")
    request.session = SessionStore()
    login(request, user)
    request.session.save()
    cookie = f"{settings.SESSION_COOKIE_NAME}={request.session.session_key}"
    return SimpleNamespace(request=request, headers={"cookie": cookie, "origin": HERE})


async def test_a_change_is_whispered_without_any_content(application, reviewer, agent):
    headers = await in_database(lambda: token_of(reviewer))
    async with socket(application, headers, "after=0") as here:
        assert await here.open() is None
        case = await in_database(lambda: factories.case(by=agent))
        seq = await in_database(events.newest)
        assert await here.hear() == {"stream": "queue:routine", "seq": seq, "case": case.pk, "version": 1}


async def test_what_only_concerns_one_case_goes_to_that_cases_stream(application, reviewer, agent):
    grant = await in_database(lambda: factories.grant(by=agent))
    headers, before = await in_database(lambda: token_of(reviewer)), await in_database(events.newest)

    def redeem() -> None:
        action = json.loads(grant.decision.final_action)
        grants.redeem(grant, final_action=action, executor="worker-3", agent=agent, at=clock.now())

    async with socket(application, headers, f"after={before}") as here:
        assert await here.open() is None
        await in_database(redeem)
        line = await here.hear()
        assert (line["stream"], line["case"]) == (f"case:{grant.case_id}", grant.case_id)


async def test_only_changes_in_queues_of_the_person_are_whispered(application, reviewer, agent):
    headers = await in_database(lambda: token_of(reviewer))

    def make() -> tuple[Case, Case]:
        factories.policy(
            triggers=[
                {"name": "refunds", "category": "financial", "match": {"intent": ["refund"]}, "outcome": "review"}
                | {"queue": "billing"}
            ]
        )
        return factories.case(by=agent, intent="refund"), factories.case(by=agent, intent="cancel")

    async with socket(application, headers, "after=0") as here:
        assert await here.open() is None
        hidden, shown = await in_database(make)
        assert (hidden.queue_id, shown.queue_id) == ("billing", "routine")
        assert (await here.hear())["case"] == shown.pk


async def test_a_supervisor_hears_of_every_queue(application, agent):
    headers = await in_database(lambda: token_of(factories.person("supervisor", queues=[])))
    async with socket(application, headers, "after=0") as here:
        assert await here.open() is None
        case = await in_database(lambda: factories.case(by=agent))
        assert (await here.hear())["case"] == case.pk


async def test_an_administrator_hears_of_no_case(application, reviewer, agent):
    both = await in_database(lambda: [token_of(factories.person("admin", queues=[])), token_of(reviewer)])
    async with socket(application, both[0], "after=0") as admin, socket(application, both[1], "after=0") as other:
        assert await admin.open() is None
        assert await other.open() is None
        await in_database(lambda: factories.case(by=agent))
        await other.hear()
        assert await admin.silent(0.2)


async def test_after_a_break_the_page_catches_up_without_gap_or_double(application, reviewer, agent):
    made = await in_database(lambda: [factories.case(by=agent) for _number in range(5)])
    seqs = await in_database(lambda: [change.seq for change in events.after(0)])
    headers = await in_database(lambda: token_of(reviewer))
    async with socket(application, headers, f"after={seqs[1]}") as here:
        assert await here.open() is None
        made.append(await in_database(lambda: factories.case(by=agent)))
        assert [(await here.hear())["case"] for _each in range(4)] == [case.pk for case in made[2:]]
        assert await here.silent(0.2)


async def test_without_a_place_only_the_future_is_whispered(application, reviewer, agent):
    await in_database(lambda: factories.case(by=agent))
    headers = await in_database(lambda: token_of(reviewer))
    async with socket(application, headers) as here:
        assert await here.open() is None
        await known(live.tail())
        assert await here.silent(0.2)
        case = await in_database(lambda: factories.case(by=agent))
        assert (await here.hear())["case"] == case.pk


@pytest.mark.parametrize("place", ["-1", "x", "1.5", str(2**63), "9" * 400])
async def test_a_place_that_is_none_is_refused(application, reviewer, place):
    headers = await in_database(lambda: token_of(reviewer))
    async with socket(application, headers, f"after={place}") as here:
        assert await here.open() == 1000


PIECES = ("after", "stream", "queue:billing", "*", "=", "&", ";", "1", "-1", "1e9", "%00", "%ff", "../")


def test_whatever_a_page_names_it_names_a_place_or_nothing():
    chance = Random(27)
    for _each in range(1_000):
        query = "".join(chance.choices(PIECES, k=8)).encode()
        with suppress(ValueError):
            place = consumers.place(query)
            assert place is None or 0 <= place < 2**63, query


async def test_what_a_page_asks_for_opens_no_queue_that_is_not_its_own(application, reviewer, agent):
    headers = await in_database(lambda: token_of(reviewer))
    billing = {"name": "refunds", "category": "financial", "match": {"intent": ["refund"]}, "queue": "billing"}

    def make() -> tuple[Case, Case]:
        factories.policy(triggers=[billing | {"outcome": "review"}])
        return factories.case(by=agent, intent="refund"), factories.case(by=agent, intent="cancel")

    query = "after=0&stream=queue:billing&queue=billing&group=queue%3Abilling&channel=*"
    async with socket(application, headers, query) as here:
        assert await here.open() is None
        for said in ({"subscribe": "queue:billing"}, {"type": "join", "group": "*"}, {"stream": "desk", "after": 0}):
            await here.say(text=json.dumps(said))
        hidden, shown = await in_database(make)
        assert (hidden.queue_id, (await here.hear())["case"]) == ("billing", shown.pk)
        assert await here.silent(0.2)


async def test_a_signed_in_browser_hears_too(application, reviewer, agent):
    browser = await in_database(lambda: signed_in(reviewer))
    async with socket(application, browser.headers, "after=0") as here:
        assert await here.open() is None
        case = await in_database(lambda: factories.case(by=agent))
        assert (await here.hear())["case"] == case.pk


@pytest.mark.parametrize(
    "credential",
    [
        {"authorization": "Bearer hitlu_unknown"},
        {"authorization": "Bearer "},
        {"authorization": "Basic YTpi"},
        {"origin": HERE},
        {"origin": HERE, "cookie": "sessionid=unknown"},
        {"origin": HERE, "cookie": "sessionid="},
        {"origin": HERE, "cookie": "\x01;;="},
    ],
)
async def test_who_shows_nothing_valid_reads_that_they_must_sign_in(application, credential):
    async with socket(application, credential) as here:
        assert await here.open() is None
        assert await here.closed() == consumers.UNAUTHENTICATED


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "http://evil.example",
        "https://evil.example",
        "http://127.0.0.1:8001",
        "http://127.0.0.1",
        "http://127.0.0.1:80",
        "http://localhost:8000",
        f"{HERE}/",
        f"{HERE}.evil.example",
        f"http://sub.{HOST}",
        f"http://evil@{HOST}",
        f"http://{HOST}@evil.example",
        f"ftp://{HOST}",
        f"ws://{HOST}",
        f"file://{HOST}",
        HOST,
        f"{HERE}, http://evil.example",
        f"http://evil.example {HERE}",
        "http://127.0.0.1:8000\u00a0",
        "http://[::1]:8000",
        "http://0.0.0.0:8000",
        "http://2130706433:8000",
        "chrome-extension://abc",
    ],
)
async def test_a_page_of_another_origin_gets_no_socket(application, reviewer, origin):
    browser = await in_database(lambda: signed_in(reviewer))
    async with socket(application, browser.headers | {"origin": origin}) as here:
        assert await here.open() == consumers.FORBIDDEN


async def test_a_cookie_without_an_origin_is_not_enough(application, reviewer):
    browser = await in_database(lambda: signed_in(reviewer))
    async with socket(application, {"cookie": browser.headers["cookie"]}) as here:
        assert await here.open() == consumers.FORBIDDEN


async def test_an_origin_that_the_operator_trusts_gets_in(application, reviewer, settings):
    settings.CSRF_TRUSTED_ORIGINS = ["https://desk.example.org"]
    browser = await in_database(lambda: signed_in(reviewer))
    async with socket(application, browser.headers | {"origin": "https://desk.example.org"}) as here:
        assert await here.open() is None


async def test_a_host_that_is_not_ours_gets_no_socket(application, reviewer):
    browser = await in_database(lambda: signed_in(reviewer))
    strange = {"host": "evil.example", "origin": "http://evil.example"}
    async with socket(application, browser.headers | strange) as here:
        assert await here.open() == consumers.FORBIDDEN


async def test_there_is_one_socket_address(application, reviewer):
    headers = await in_database(lambda: token_of(reviewer))
    async with socket(application, headers, path="/ws/other") as here:
        assert await here.open() == consumers.FORBIDDEN


async def test_a_session_has_five_sockets_and_a_closed_one_makes_room(application, reviewer):
    browser = await in_database(lambda: signed_in(reviewer))
    open_ones = [Socket(application, scope_of(browser.headers)) for _each in range(5)]
    for one in open_ones:
        assert await one.open() is None
    async with socket(application, browser.headers) as sixth:
        assert await sixth.open() is None
        assert await sixth.closed() == sockets.TOO_MANY
    await open_ones.pop().leave()
    async with socket(application, browser.headers) as next_one:
        assert await next_one.open() is None
        assert await next_one.silent(0.1)
    for one in open_ones:
        await one.leave()


async def test_who_goes_away_while_it_is_looked_who_they_are_takes_no_place(application, reviewer):
    browser = await in_database(lambda: signed_in(reviewer))

    async def connects() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def gone(_message: Any) -> None:
        raise ConnectionError("nobody is there any more")  # as uvicorn says it

    for _each in range(sockets.SOCKETS_PER_SESSION):
        with suppress(ConnectionError):
            await application(scope_of(browser.headers), connects, gone)
    async with socket(application, browser.headers) as here:
        assert await here.open() is None
        assert await here.silent(0.1)


async def test_a_giant_message_ends_the_socket(application, reviewer):
    headers = await in_database(lambda: token_of(reviewer))
    async with socket(application, headers) as here:
        assert await here.open() is None
        await here.say(text="x" * (consumers.LONGEST_MESSAGE + 1))
        assert await here.closed() == consumers.TOO_BIG


async def test_a_flood_of_messages_ends_the_socket(application, reviewer, monkeypatch):
    monkeypatch.setattr(consumers, "time", SimpleNamespace(monotonic=lambda: 0.0))  # all of it within one second
    headers = await in_database(lambda: token_of(reviewer))
    async with socket(application, headers) as here:
        assert await here.open() is None
        for _each in range(consumers.MESSAGES_A_SECOND):
            await here.say(text="hello")
        assert await here.silent(0.1)
        await here.say(bytes=b"hello")
        assert await here.closed() == consumers.TOO_MANY


async def test_a_reader_that_takes_nothing_is_let_go(application, reviewer, agent, monkeypatch):
    monkeypatch.setattr(consumers, "SEND_SECONDS", 0.05)
    headers = await in_database(lambda: token_of(reviewer))
    inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    outbox: list[dict[str, Any]] = []
    closing = asyncio.Event()

    async def stuck(message: dict[str, Any]) -> None:
        outbox.append(message)
        if message["type"] == "websocket.send":
            await asyncio.Event().wait()
        if message["type"] == "websocket.close":
            closing.set()

    await inbox.put({"type": "websocket.connect"})
    serving = asyncio.create_task(application(scope_of(headers, "after=0"), inbox.get, stuck))
    await in_database(lambda: factories.case(by=agent))
    await asyncio.wait_for(closing.wait(), 60)
    assert [message["type"] for message in outbox] == ["websocket.accept", "websocket.send", "websocket.close"]
    assert outbox[-1]["code"] == consumers.TRY_LATER
    await inbox.put({"type": "websocket.disconnect", "code": 1006})
    await serving


async def test_any_number_of_sockets_costs_one_look_at_their_rights(monkeypatch):
    monkeypatch.setattr(sockets, "MEMORY_SECONDS", 60.0)
    looks: list[int] = []
    still = admission.still

    def counted(**arguments: Any) -> Any:
        looks.append(len(arguments["admissions"]))
        return still(**arguments)

    keeper = sockets.Doorkeeper()
    people = await in_database(lambda: [factories.person(queues=["routine"]) for _each in range(20)])
    headers = await in_database(lambda: [token_of(person) for person in people])
    inside = [await keeper.admit(each) for each in headers]
    monkeypatch.setattr(admission, "still", counted)
    seen = await asyncio.gather(*(keeper.sight(who) for who in inside if not isinstance(who, int)))
    assert [sight.queues for sight in seen if sight] == [frozenset({"routine"})] * 20
    assert len(looks) == 1
    await keeper.close()


def test_looking_at_many_rights_takes_four_queries(django_assert_num_queries):
    people = [factories.person(queues=["routine"]) for _each in range(10)]
    by_session = [admission.by_cookie(signed_in(person).headers["cookie"], clock.now()) for person in people[:5]]
    by_token = [admission.by_token(token_of(person)["authorization"][7:], clock.now()) for person in people[5:]]
    everybody = [who for who in (*by_session, *by_token) if who]
    with django_assert_num_queries(4):
        staying = admission.still(at=clock.now(), admissions=everybody)
    assert staying == dict.fromkeys(everybody, frozenset({"routine"}))
    assert len(everybody) == 10


async def test_a_case_that_moves_tells_both_queues(application, agent):
    """Whoever sees only the queue that the case left learns that it is gone."""
    left = await in_database(lambda: factories.person(queues=["routine"]))
    boss = await in_database(lambda: factories.person("supervisor"))
    case = await in_database(lambda: factories.case(by=agent))
    headers, before = await in_database(lambda: token_of(left)), await in_database(events.newest)

    def move() -> None:
        target = Queue.objects.create(name="billing")
        claims.reassign(case, reviewer=boss, to_queue=target, at=clock.now())

    async with socket(application, headers, f"after={before}") as here:
        assert await here.open() is None
        await in_database(move)
        line = await here.hear()
        assert (line["stream"], line["case"], line["version"]) == ("queue:routine", case.pk, 2)


async def test_a_pause_and_an_alarm_are_whispered_as_news_of_the_desk_and_nothing_else_without_a_case(
    application, reviewer, agent
):
    headers = await in_database(lambda: token_of(reviewer))
    async with socket(application, headers, "after=0") as here:
        assert await here.open() is None
        for kind in ("agent.paused", "alarm.raised", "agent.other"):
            await in_database(lambda kind=kind: Event.objects.create(kind=kind, agent=agent, at=NOON))
        heard = [await here.hear() for _each in range(2)]
        assert [(line["stream"], line["case"], line["version"]) for line in heard] == [("desk", None, 0)] * 2
        case = await in_database(lambda: factories.case(by=agent))
        assert (await here.hear())["case"] == case.pk


def test_the_rest_of_the_lifecycle_speaks_to_the_queue():
    """Every step of the table is a move that people in the queue want to see, also the end of a control case."""
    assert {step.kind.partition(".")[0] for step in lifecycle.TABLE.values()} == {"case", "canary"}
