"""Who may call, how often, and what a wrong key learns: nothing."""

import time
from datetime import timedelta
from typing import Any

import pytest

from audit.actions import SYSTEM
from hitl.accounts.models import PersonalToken, User
from hitl.api import shared_buckets, throttle
from reviewqueue.domain import configuration
from reviewqueue.models import AgentKey
from reviewqueue.queries import keys
from tests import factories
from tests.api.wire import AgentCaller, Caller, PersonCaller

pytestmark = pytest.mark.django_db
AGENTS: list[tuple[str, str, Any]] = [
    ("GET", "/cases/case_x", None),
    ("POST", "/proposals", {}),
    ("POST", "/cases/case_x/withdraw", {}),
    ("POST", "/cases/case_x/answers", {}),
    ("GET", "/events", None),
    ("POST", "/grants/grant_x/redeem", {}),
    ("POST", "/grants/grant_x/renew", {}),
    ("POST", "/grants/grant_x/outcome", {}),
]
REVIEWERS: list[tuple[str, str, Any]] = [
    ("GET", "/review/cases", None),
    ("POST", "/review/next", {}),
    ("GET", "/review/cases/case_x", None),
    *[
        ("POST", f"/review/cases/case_x/{verb}", {})
        for verb in (
            *("claim", "heartbeat", "release", "reassign", "snooze", "comment", "ask"),
            *("decide", "undo", "take_over", "return"),
        )
    ],
    ("GET", "/review/audit/case_x", None),
]


def send(caller, method, path, body):
    return caller.get(path) if method == "GET" else caller.post(path, body)


@pytest.mark.parametrize("call", [*AGENTS, *REVIEWERS])
def test_nothing_answers_without_a_token(call):
    reply = send(Caller(), *call)
    assert (reply.status, reply.slug, reply.headers["WWW-Authenticate"]) == (
        401,
        "unauthenticated",
        'Bearer realm="desk"',
    )


@pytest.mark.parametrize("call", AGENTS)
def test_a_personal_token_does_not_open_the_agents_wire(reviewer, call):
    assert send(reviewer, *call).status == 401


@pytest.mark.parametrize("call", REVIEWERS)
def test_an_agents_key_does_not_open_the_reviewers_wire(agent, call):
    assert send(agent, *call).status == 401


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic abc", "Bearer hitl_nobody", "Bearer " + "x" * 5000, "Bearer é", "hitl_x"]
)
def test_a_wrong_token_is_unauthenticated_whatever_is_wrong_with_it(header):
    assert Caller().get("/events", Authorization=header).status == 401


@pytest.mark.parametrize("scheme", ["bearer", "BEARER"])
def test_the_scheme_may_be_written_in_any_case(agent, scheme):
    assert Caller().get("/events", Authorization=f"{scheme} {agent.secret}").status == 200


@pytest.mark.parametrize("change", [{"revoked_at": True}, {"expires_at": True}])
def test_a_revoked_or_expired_key_looks_like_an_unknown_one(agent, change):
    passed = factories.now() - timedelta(seconds=1)
    AgentKey.objects.update(**dict.fromkeys(change, passed))
    reply = agent.get("/events")
    assert (reply.status, reply.body["detail"]) == (401, Caller("hitl_unknown").get("/events").body["detail"])


def test_a_key_that_another_process_revokes_opens_nothing_a_second_later(agent, monkeypatch):
    assert agent.get("/cases/case_nowhere").status == 404
    AgentKey.objects.update(revoked_at=factories.now())
    began = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: began + 1.0)
    assert agent.get("/cases/case_nowhere").status == 401


def test_calls_that_let_something_run_ask_for_the_key_each_time(agent):
    final = {"final_action": {"name": "refund_order", "args": {}}}
    assert agent.post("/grants/grant_nowhere/redeem", final).status == 404
    AgentKey.objects.update(revoked_at=factories.now())
    assert agent.post("/grants/grant_nowhere/redeem", final).status == 401


@pytest.mark.parametrize(("change", "model"), [("revoked_at", PersonalToken), ("expires_at", PersonalToken)])
def test_a_revoked_or_expired_token_looks_like_an_unknown_one(reviewer, change, model):
    model.objects.update(**{change: factories.now() - timedelta(seconds=1)})
    reply = reviewer.get("/review/cases")
    assert (reply.status, reply.body["detail"]) == (401, Caller("hitlu_unknown").get("/review/cases").body["detail"])


def test_somebody_who_left_is_out_at_once(reviewer):
    User.objects.update(is_active=False)
    assert reviewer.get("/review/cases").status == 401


def test_two_keys_work_at_a_time_so_that_one_can_be_rotated(agent):
    _key, secret = configuration.make_key(agent.agent.name, actor=SYSTEM, at=factories.now())
    assert [agent.get("/events").status, Caller(secret).get("/events").status] == [200, 200]
    configuration.revoke_key(agent.key, actor=SYSTEM, at=factories.now())
    assert [agent.get("/events").status, Caller(secret).get("/events").status] == [401, 200]


@pytest.mark.parametrize(
    ("scopes", "opened"),
    [
        (("propose",), [True] * 5 + [False] * 3),
        (("redeem",), [False] * 5 + [True] * 3),
        (("converse",), [False] * 8),
    ],
)
def test_a_key_opens_what_its_scopes_say(scopes, opened):
    caller = AgentCaller(scopes=scopes)
    assert [send(caller, *call).slug != "forbidden" for call in AGENTS] == opened
    assert [send(caller, *call).status != 403 for call in AGENTS] == opened


def test_the_last_use_is_noted_at_most_once_a_minute(agent):
    before = factories.now()
    agent.get("/events")
    noted = AgentKey.objects.filter(last_used_at__gte=before)
    assert noted.count() == 1
    AgentKey.objects.update(last_used_at=factories.now() - timedelta(seconds=50))
    keys.forget()
    agent.get("/events")
    assert noted.count() == 0
    AgentKey.objects.update(last_used_at=factories.now() - timedelta(seconds=70))
    keys.forget()
    agent.get("/events")
    assert noted.count() == 1


def test_only_the_hash_of_a_key_is_stored(agent):
    assert AgentKey.objects.filter(hash=agent.secret).count() == 0
    assert AgentKey.objects.get().hash == configuration.hashed(agent.secret)


class Hand:
    """A clock that moves when told."""

    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def _clock_that_stands(monkeypatch):
    """However long the calls of a test take, no bucket fills again meanwhile."""
    buckets = throttle.Buckets(clock=Hand())
    monkeypatch.setattr(throttle, "buckets", lambda: buckets)


@pytest.mark.usefixtures("_clock_that_stands")
def test_an_agent_that_calls_too_often_is_told_when_to_come_back():
    caller = AgentCaller(calls_per_second=1, burst=3)
    assert [caller.get("/events").status for _ in range(3)] == [200, 200, 200]
    reply = caller.get("/events")
    assert (reply.status, reply.slug, reply.headers["Retry-After"]) == (429, "rate-limited", "1")


@pytest.mark.usefixtures("_clock_that_stands")
def test_one_agents_flood_is_its_own():
    flood, other = AgentCaller(calls_per_second=1, burst=1), AgentCaller(calls_per_second=1, burst=1)
    assert [flood.get("/events").status for _ in range(3)] == [200, 429, 429]
    assert other.get("/events").status == 200


@pytest.mark.usefixtures("_clock_that_stands")
def test_all_keys_of_an_agent_share_one_bucket():
    caller = AgentCaller(calls_per_second=1, burst=1)
    _key, secret = configuration.make_key(caller.agent.name, actor=SYSTEM, at=factories.now())
    assert [caller.get("/events").status, Caller(secret).get("/events").status] == [200, 429]


def test_reviewers_are_not_counted():
    person = PersonCaller()
    assert {person.get("/review/cases").status for _ in range(5)} == {200}


def test_a_bucket_fills_again_with_time_and_never_beyond_its_size():
    clock = Hand()
    buckets = throttle.Buckets(clock=clock)
    assert [buckets.wait(1, 2.0, 2) for _ in range(3)] == [0.0, 0.0, 0.5]
    clock.seconds = 0.5
    assert [buckets.wait(1, 2.0, 2) for _ in range(2)] == [0.0, 0.5]
    clock.seconds = 1000.0
    assert [buckets.wait(1, 2.0, 2) for _ in range(3)] == [0.0, 0.0, 0.5]


def test_buckets_of_agents_long_gone_are_forgotten():
    buckets = throttle.Buckets(clock=Hand())
    for agent in range(10_050):
        buckets.wait(agent, 1.0, 1)
    assert buckets.wait(0, 1.0, 1) == 0.0
    assert buckets.wait(10_049, 1.0, 1) == 1.0


@pytest.fixture
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine takes long for an answer, and from one call to the next."""
    monkeypatch.setattr(shared_buckets, "PATIENCE", 30.0)
    monkeypatch.setattr(shared_buckets, "_ADVANCE_SECONDS", 600.0)


@pytest.mark.usefixtures("_patient")
def test_processes_share_a_bucket_in_redis(redis_url):
    first, second = shared_buckets.SharedBuckets(redis_url), shared_buckets.SharedBuckets(redis_url)
    waits = [first.wait(1, 0.01, 2), second.wait(1, 0.01, 2), first.wait(1, 0.01, 2), second.wait(2, 0.01, 2)]
    assert [wait > 0 for wait in waits] == [False, False, True, False]


@pytest.mark.usefixtures("_patient")
def test_a_process_takes_some_calls_in_advance_out_of_a_bucket_that_is_well_filled(redis_url):
    first, second = shared_buckets.SharedBuckets(redis_url), shared_buckets.SharedBuckets(redis_url)
    # Of 40, one process takes two at a time down to the half, and then one at a time, as all the others.
    waits = [first.wait(3, 0.001, 40) for _each in range(39)]
    assert ([wait > 0 for wait in waits], second.wait(3, 0.001, 40) > 0) == ([False] * 39, False)
    assert (first.wait(3, 0.001, 40) > 0, second.wait(3, 0.001, 40) > 0) == (True, True)


@pytest.mark.usefixtures("_patient")
def test_out_of_a_large_bucket_several_calls_are_taken_in_advance(redis_url):
    shared = shared_buckets.SharedBuckets(redis_url)
    assert [shared.wait(4, 0.001, 400) for _each in range(30)] == [0.0] * 30


def test_without_redis_each_process_counts_by_itself_and_nobody_waits():
    clock = Hand()
    shared = shared_buckets.SharedBuckets("redis://127.0.0.1:1/0", own=throttle.Buckets(clock=clock))
    assert [shared.wait(1, 1.0, 1), shared.wait(1, 1.0, 1)] == [0.0, 1.0]


def test_the_desk_shares_buckets_where_it_has_a_redis(redis_url, settings):
    settings.REDIS_URL = redis_url
    throttle.buckets.cache_clear()
    assert isinstance(throttle.buckets(), shared_buckets.SharedBuckets)
    throttle.buckets.cache_clear()
