"""Brakes over the wire: who pauses, what agents notice, what is refused."""

import pytest

from reviewqueue.models import Pause
from tests import factories
from tests.api.wire import AgentCaller, PersonCaller

pytestmark = pytest.mark.django_db
FREE = [{"match": {}, "mode": "out_of_the_loop"}]
ACTION = {"name": "refund_order", "args": factories.action()["args"]}


def _paused(by: PersonCaller, **more: str) -> str:
    body = {"of": "agent", "name": "shop-bot", "reason": "odd refunds"} | more
    answer = by.post("/review/pauses", body)
    assert answer.status == 201
    return str(answer.body["id"])


@pytest.mark.covers("R46", "R49")
def test_a_paused_agent_is_told_so_when_it_redeems_and_goes_on_when_it_is_resumed() -> None:
    factories.policy(oversight=FREE)
    agent, supervisor = AgentCaller(name="shop-bot"), PersonCaller("supervisor")
    grant = agent.propose()["decisions"][0]["grant"]["id"]
    pause = _paused(supervisor)
    refused = agent.post(f"/grants/{grant}/redeem", {"final_action": ACTION})
    assert (refused.status, refused.slug, refused.body["pause"]) == (409, "agent-paused", pause)
    assert "odd refunds" not in refused.raw.decode()
    held = agent.propose()
    assert (held["status"], held["oversight"], held["reasons"][0]["trigger"]) == ("pending", "in_the_loop", "paused")
    resumed = supervisor.post(f"/review/pauses/{pause}/resume", {"reason": "a sale"})
    assert (resumed.status, resumed.body["resumed_at"] is None) == (200, False)
    assert agent.post(f"/grants/{grant}/redeem", {"final_action": ACTION}).status == 200


@pytest.mark.django_db(transaction=True)  # on PostgreSQL only what has been committed is told
def test_agents_hear_of_pauses_in_their_events_in_order() -> None:
    agent, supervisor = AgentCaller(name="shop-bot"), PersonCaller("supervisor")
    pause = _paused(supervisor)
    supervisor.post(f"/review/pauses/{pause}/resume", {"reason": "a sale"})
    told = agent.get("/events", Accept="application/json").body["events"]
    assert [(event["type"], event["case"], event["data"]) for event in told] == [
        ("agent.paused", None, {"pause": pause, "of": "agent", "name": "shop-bot"}),
        ("agent.resumed", None, {"pause": pause, "of": "agent", "name": "shop-bot"}),
    ]
    stream = agent.get("/events", Accept="text/event-stream").raw.decode()
    assert [line for line in stream.splitlines() if line.startswith("event:")] == [
        "event: agent.paused",
        "event: agent.resumed",
    ]
    assert AgentCaller(name="desk-bot").get("/events", Accept="application/json").body["events"] == []


def test_what_is_paused_is_listed_with_who_and_why() -> None:
    supervisor = PersonCaller("supervisor")
    _paused(supervisor, of="everything", name="")
    (listed,) = supervisor.get("/review/pauses").body["pauses"]
    assert (listed["of"], listed["name"], listed["reason"]) == ("everything", None, "odd refunds")
    assert listed["paused_by"] == {"id": supervisor.user.reference, "display": supervisor.user.display}


def test_a_reviewer_neither_pauses_nor_resumes_nor_reads_why() -> None:
    pause, reviewer = _paused(PersonCaller("supervisor")), PersonCaller("reviewer")
    wish = {"of": "everything", "reason": "r"}
    assert reviewer.post("/review/pauses", wish).status == 403
    assert reviewer.get("/review/pauses").status == 403
    assert reviewer.post(f"/review/pauses/{pause}/resume", {"reason": "r"}).status == 404
    assert Pause.objects.get().resumed_at is None


@pytest.mark.parametrize(
    "wish",
    [
        {"of": "agent", "name": "x"},
        {"of": "agent", "reason": "r"},
        {"of": "team", "name": "x", "reason": "r"},
        {"of": "agent", "name": "x", "reason": "r", "until": "tomorrow"},
        {"of": "agent", "name": "x", "reason": ""},
    ],
)
def test_a_wish_that_does_not_fit_is_refused(wish: dict[str, str]) -> None:
    answer = PersonCaller("supervisor").post("/review/pauses", wish)
    assert (answer.status, answer.slug) == (422, "invalid-request")


def test_a_supervisor_stops_a_release_within_its_veto_window_and_a_reviewer_does_not() -> None:
    factories.policy(oversight=[{"match": {}, "mode": "on_the_loop", "veto_seconds": 60}])
    case = AgentCaller().propose()["id"]
    assert PersonCaller("reviewer").post(f"/review/cases/{case}/stop", {"reason": "r"}).status == 403
    supervisor = PersonCaller("supervisor")
    stopped = supervisor.post(f"/review/cases/{case}/stop", {"reason": "wrong address"})
    assert (stopped.status, stopped.body["state"]) == (200, "queued")
    assert supervisor.post(f"/review/cases/{case}/stop", {"reason": "again"}).status == 403
