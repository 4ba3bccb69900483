"""POST /proposals."""

import json

import pytest

from reviewqueue.models import Case
from tests import factories
from tests.api.wire import AgentCaller

SMALLEST = {
    "dedupe_key": "conv_1:call_1",
    "conversation": {"id": "conv_1"},
    "actions": [{"call_id": "call_1", "kind": "tool_call", "name": "cancel_order", "args": {"order_id": "A-1"}}],
}


@pytest.mark.covers("R1", "R139")
def test_a_proposal_becomes_a_pending_case(agent):
    factories.policy()
    reply = agent.post("/proposals", SMALLEST)
    assert (reply.status, reply.headers["ETag"]) == (201, '"1"')
    body = reply.body
    told = {
        name: body[name]
        for name in ("dedupe_key", "status", "version", "oversight", "waiting_on", "queue", "priority", "decisions")
    }
    assert told == {
        "dedupe_key": "conv_1:call_1",
        "status": "pending",
        "version": 1,
        "oversight": "in_the_loop",
        "waiting_on": "reviewer",
        "queue": "routine",
        "priority": "normal",
        "decisions": [],
    }
