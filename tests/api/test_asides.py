"""The reviewers' wire: put aside, and remarks for colleagues."""

from datetime import timedelta

import pytest

from tests import factories


def soon(**time):
    return (factories.now() + timedelta(**time)).isoformat()


def test_what_i_snooze_is_not_given_to_me_and_not_in_my_list(agent, reviewer):
    case = agent.propose()["id"]
    reviewer.claim(case)
    reply = reviewer.post(f"/review/cases/{case}/snooze", {"until": soon(hours=1)})
    assert (reply.status, reply.body["state"], reply.body["claimed_by"]) == (200, "queued", None)
    assert reviewer.post("/review/next", {}).status == 204
    assert reviewer.get("/review/cases").body["cases"] == []
    assert [each["id"] for each in reviewer.get("/review/cases?state=queued").body["cases"]] == [case]


@pytest.mark.parametrize("until", ["2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z"])
def test_a_time_that_does_not_fit_is_named(agent, reviewer, until):
    case = agent.propose()["id"]
    reply = reviewer.post(f"/review/cases/{case}/snooze", {"until": until})
    says = "Choose a time after now and before the case expires."
    assert (reply.status, reply.slug, reply.faults) == (422, "invalid-request", [("/until", says)])


def test_a_comment_is_in_the_timeline_and_never_reaches_the_agent(agent, reviewer):
    case = agent.propose()["id"]
    reply = reviewer.post(f"/review/cases/{case}/comment", {"text": "Ask Ben about her."})
    assert (reply.status, reply.body["state"], reply.body["version"]) == (200, "queued", 1)
    entry = reviewer.get(f"/review/audit/{case}").body["entries"][-1]
    assert (entry["kind"], entry["data"]["text"]) == ("case.commented", "Ask Ben about her.")
    assert "Ask Ben" not in str(agent.get(f"/cases/{case}").body)
    assert agent.get("/events?after=0", Accept="application/json").body["events"] == []


def test_an_empty_comment_is_refused(agent, reviewer):
    case = agent.propose()["id"]
    reply = reviewer.post(f"/review/cases/{case}/comment", {"text": "  "})
    assert (reply.status, reply.faults) == (422, [("/text", "Write the comment.")])
