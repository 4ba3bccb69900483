"""Grants over the wire: spent once, renewed, settled."""

from datetime import timedelta
from typing import Any

import pytest

from reviewqueue.engine import canonical
from reviewqueue.models import Case, Grant
from tests import factories
from tests.api.wire import AgentCaller

FINAL: dict[str, Any] = {"name": "refund_order", "args": {"order_id": "A-1", "amount": "350.00"}}


@pytest.fixture
def grant(agent, reviewer):
    """A grant for ``FINAL``."""
    case = agent.propose()["id"]
    reviewer.decide(reviewer.claim(case))
    return agent.get(f"/cases/{case}").body["decisions"][0]["grant"]["id"]


@pytest.mark.covers("R47")
def test_a_grant_is_redeemed_once_and_returns_the_approved_bytes(agent, grant):
    reply = agent.post(f"/grants/{grant}/redeem", {"final_action": FINAL, "executor": "worker-3"})
    body = reply.body
    assert (reply.status, body["final_action"], body["executor"]) == (200, FINAL, "worker-3")
    assert body["canonical"].encode() == canonical.canonical(FINAL)
    assert body["digest"] == canonical.digest(FINAL)
    again = agent.post(f"/grants/{grant}/redeem", {"final_action": FINAL, "executor": "worker-4"})
    assert (again.status, again.slug, again.body["executor"]) == (409, "grant-redeemed", "worker-3")


@pytest.mark.parametrize(
    "changed",
    [
        {"name": "refund_order", "args": {"order_id": "A-1", "amount": "350.01"}},
        {"name": "refund_order", "args": {"order_id": "A-1", "amount": 350}},
        {"name": "refund_orders", "args": FINAL["args"]},
        {"name": "refund_order", "args": FINAL["args"] | {"more": None}},
    ],
)
def test_other_bytes_than_the_approved_ones_are_refused_and_spend_nothing(agent, grant, changed):
    reply = agent.post(f"/grants/{grant}/redeem", {"final_action": changed})
    assert (reply.status, reply.slug) == (403, "grant-digest-mismatch")
    assert Grant.objects.get().redeemed_at is None


def test_the_order_of_keys_is_not_part_of_the_digest(agent, grant):
    turned = {"args": {"amount": "350.00", "order_id": "A-1"}, "name": "refund_order"}
    assert agent.post(f"/grants/{grant}/redeem", {"final_action": turned}).status == 200


def test_an_expired_grant_is_refused_until_it_is_renewed(agent, grant):
    Grant.objects.update(expires_at=factories.now() - timedelta(seconds=1))
    refused = agent.post(f"/grants/{grant}/redeem", {"final_action": FINAL})
    assert (refused.status, refused.slug) == (403, "grant-expired")
    renewed = agent.post(f"/grants/{grant}/renew")
    assert (renewed.status, renewed.body["id"]) == (200, grant)
    assert agent.post(f"/grants/{grant}/redeem", {"final_action": FINAL}).status == 200


def test_a_grant_of_an_expired_case_cannot_be_renewed(agent, grant):
    Grant.objects.update(expires_at=factories.now() - timedelta(seconds=1))
    Case.objects.update(expires_at=factories.now() - timedelta(seconds=1))
    reply = agent.post(f"/grants/{grant}/renew", {})
    assert (reply.status, reply.slug) == (403, "grant-expired")


def test_a_spent_grant_cannot_be_renewed(agent, grant):
    agent.post(f"/grants/{grant}/redeem", {"final_action": FINAL})
    reply = agent.post(f"/grants/{grant}/renew")
    assert (reply.status, reply.slug) == (409, "grant-redeemed")


@pytest.mark.parametrize("status", ["succeeded", "failed", "unknown"])
def test_the_outcome_is_kept(agent, grant, status):
    agent.post(f"/grants/{grant}/redeem", {"final_action": FINAL})
    outcome = {"status": status, "result": {"paid": "350.00"}, "external_ref": "re_77", "error": None}
    reply = agent.post(f"/grants/{grant}/outcome", outcome)
    assert (reply.status, reply.body["status"]) == (200, status)
    outcome.pop("status")
    assert Grant.objects.get().outcome_data == outcome


def test_an_outcome_needs_a_redeemed_grant(agent, grant):
    reply = agent.post(f"/grants/{grant}/outcome", {"status": "succeeded"})
    assert (reply.status, reply.slug) == (409, "grant-not-redeemed")


def test_an_outcome_is_final_unless_it_was_unknown(agent, grant):
    agent.post(f"/grants/{grant}/redeem", {"final_action": FINAL})
    assert agent.post(f"/grants/{grant}/outcome", {"status": "unknown"}).status == 200
    assert agent.post(f"/grants/{grant}/outcome", {"status": "succeeded"}).status == 200
    assert agent.post(f"/grants/{grant}/outcome", {"status": "succeeded"}).status == 200
    reply = agent.post(f"/grants/{grant}/outcome", {"status": "failed"})
    assert (reply.status, reply.slug) == (409, "outcome-reported")


@pytest.mark.parametrize(
    ("call", "body"),
    [("redeem", {"final_action": FINAL}), ("renew", {}), ("outcome", {"status": "succeeded"})],
)
def test_the_grant_of_another_agent_looks_like_one_that_never_was(grant, call, body):
    stranger = AgentCaller()
    foreign = stranger.post(f"/grants/{grant}/{call}", body)
    unknown = stranger.post(f"/grants/grant_{'0' * 26}/{call}", body)
    assert (foreign.status, foreign.body["detail"]) == (unknown.status, unknown.body["detail"])
    assert (foreign.status, Grant.objects.get().redeemed_at) == (404, None)


@pytest.mark.parametrize(
    ("call", "body", "fault"),
    [
        ("redeem", {}, ("/final_action", "This field is required.")),
        ("redeem", {"final_action": {"name": "x"}}, ("/final_action/args", "This field is required.")),
        (
            "redeem",
            {"final_action": FINAL, "executer": "w"},
            ("/executer", "Unknown field “executer”; did you mean “executor”?"),
        ),
        (
            "redeem",
            {"final_action": FINAL, "executor": "w" * 201},
            ("/executor", "String should have at most 200 characters"),
        ),
        ("renew", {"zzz": "later"}, ("/zzz", "Unknown field “zzz”.")),
        ("outcome", {"status": "fine"}, ("/status", "Input should be 'succeeded', 'failed' or 'unknown'")),
    ],
)
def test_what_does_not_fit_is_refused_by_place(agent, grant, call, body, fault):
    reply = agent.post(f"/grants/{grant}/{call}", body)
    assert (reply.status, reply.slug, reply.faults) == (422, "invalid-request", [fault])
