"""An invented order, from the proposal to the outcome; tests hold every example against its schema."""

from typing import Any, Final

_DIGEST: Final = "sha256:79e35a49b83c548797a03676b7d12a6053b57575f197f8fd3a6df48c8840e8ba"
_SEEN: Final = "sha256:4a1e1a4c7ac8a4e6a6f0a3f1e4b5c6d7e8f90123456789abcdef0123456789ab"
_FINAL: Final = {"name": "refund_order", "args": {"order_id": "A-1", "amount": "120.00"}}

PROPOSAL: Final[dict[str, Any]] = {
    "dedupe_key": "thread-8812:ckpt-1ef9:call_1",
    "agent": {"version": "2026.11.3", "model": "some-model", "prompt": "p-41", "knowledge": "kb-2026-11-18"},
    "intent": "refund",
    "workflow": "orders",
    "language": "en",
    "conversation": {
        "id": "conv_8812",
        "channel": "chat",
        "messages": [
            {
                "seq": 1,
                "role": "customer",
                "text": "My order A-1 came two weeks late.",
                "at": "2026-11-20T12:00:00Z",
                "sentiment": -0.4,
            }
        ],
    },
    "customer": {
        "id": "cus_71",
        "name": "Maya R.",
        "tier": "gold",
        "since": "2023-05-01",
        "lifetime_value": {"amount": "2400.00", "currency": "USD"},
        "attributes": {"country": "DE"},
    },
    "actions": [
        {
            "call_id": "call_1",
            "kind": "tool_call",
            "name": "refund_order",
            "args": {"order_id": "A-1", "amount": "350.00"},
            "args_schema": {"type": "object", "required": ["order_id", "amount"]},
            "description": "Refund for late delivery",
            "value": {"amount": "350.00", "currency": "EUR"},
            "reversible": False,
            "allowed_decisions": ["approve", "edit", "reject", "respond"],
        }
    ],
    "release": "together",
    "briefing": {
        "issue": "Order A-1 arrived two weeks late",
        "summary": "Late delivery; customer refused the voucher.",
        "attempted": ["offered a 10 % voucher"],
        "recommendation": "exception refund",
        "missing": [],
    },
    "signals": {
        "confidence": 0.62,
        "sentiment": -0.7,
        "topics": ["refund"],
        "risk_flags": [],
        "discount_percent": None,
    },
    "sources": [
        {
            "id": "s1",
            "title": "Refund policy v7",
            "url": "https://kb.example.org/7",
            "text": "Late delivery: up to 400 EUR.",
            "score": 0.83,
        }
    ],
    "on_expiry": "expire",
    "expires_in": 86400,
    "resume": {"checkpoint": "1ef9"},
    "supersedes": None,
    "callback": "we_orders",
}
SMALLEST: Final[dict[str, Any]] = {
    "dedupe_key": "conv_8812:call_1",
    "conversation": {"id": "conv_8812"},
    "actions": [{"call_id": "call_1", "kind": "tool_call", "name": "cancel_order", "args": {"order_id": "A-1"}}],
}
DECISION: Final[dict[str, Any]] = {
    "id": "dec_01kagq8m3c4t7y2xw9v5n6b8rd",
    "call_id": "call_1",
    "type": "edit",
    "final_action": _FINAL,
    "message": "Policy: 120 without a receipt",
    "reason_code": "wrong_amount",
    "response": None,
    "decided_by": {"type": "user", "id": "u_17", "display": "Ana R."},
    "decided_at": "2026-11-20T12:04:10Z",
    "grant": {"id": "grant_01kagq8vcfq2m6h3e9t4s5x7za", "digest": _DIGEST, "expires_at": "2026-11-20T12:19:20Z"},
}
_CASE: Final[dict[str, Any]] = {
    "id": "case_01kagq7z8k5e2m4n6p8r0t3v5x",
    "dedupe_key": "thread-8812:ckpt-1ef9:call_1",
    "oversight": "in_the_loop",
    "reasons": [
        {
            "trigger": "refund-over-limit",
            "category": "financial",
            "says": "refund 350.00 EUR is over 200.00 EUR",
            "observed": "350.00",
            "threshold": "200.00",
        }
    ],
    "policy_version": 12,
    "queue": "billing",
    "priority": "high",
    "created_at": "2026-11-20T12:00:01Z",
    "due_at": "2026-11-20T12:15:01Z",
    "expires_at": "2026-11-21T12:00:01Z",
    "status_url": "https://desk.example.org/wait/01kagq7z8k5e2m4n6p8r0t3v5xk4u7w2ndx5q3ahb6tzm2c7rfe3yvoi5j",
    "questions": [],
    "resume": {"checkpoint": "1ef9"},
}
PENDING: Final[dict[str, Any]] = _CASE | {
    "status": "pending",
    "version": 1,
    "waiting_on": "reviewer",
    "customer_message": "We are reviewing your case and will answer within about 10 minutes.",
    "wait": {"p50_seconds": 240, "p80_seconds": 600},
    "decisions": [],
}
DECIDED: Final[dict[str, Any]] = _CASE | {
    "status": "decided",
    "version": 4,
    "waiting_on": None,
    "customer_message": None,
    "wait": None,
    "decisions": [DECISION],
}
REDEMPTION: Final[dict[str, Any]] = {"final_action": _FINAL, "executor": "worker-3"}
OUTCOME: Final[dict[str, Any]] = {"status": "succeeded", "result": {}, "external_ref": "re_77", "error": None}
WITHDRAWAL: Final[dict[str, Any]] = {"reason": "The customer has cancelled the order."}
ANSWER: Final[dict[str, Any]] = {
    "question_id": "q_01kagq8f1d5s7h9k2m4p6r8t0v",
    "text": "The parcel came on 18 November.",
}
DECIDE: Final[dict[str, Any]] = {
    "claim_token": "case_01kagq7z8k5e2m4n6p8r0t3v5x.1",
    "version": 2,
    "seen_digest": _SEEN,
    "decisions": [
        {
            "call_id": "call_1",
            "type": "edit",
            "args": {"order_id": "A-1", "amount": "120.00"},
            "message": "Policy: 120 without a receipt",
            "reason_code": "wrong_amount",
        }
    ],
    "note": "Receipt is missing.",
}
EVENT: Final[dict[str, Any]] = {
    "id": "4711",
    "type": "case.decided",
    "at": "2026-11-20T12:04:20Z",
    "case": "case_01kagq7z8k5e2m4n6p8r0t3v5x",
    "dedupe_key": "thread-8812:ckpt-1ef9:call_1",
    "status": "decided",
    "version": 4,
    "data": {
        "case_id": "case_01kagq7z8k5e2m4n6p8r0t3v5x",
        "dedupe_key": "thread-8812:ckpt-1ef9:call_1",
        "status": "decided",
        "version": 4,
        "url": "https://desk.example.org/api/v1/cases/case_01kagq7z8k5e2m4n6p8r0t3v5x",
    },
}
FEED: Final[dict[str, Any]] = {
    "messages": [
        {
            "seq": 4,
            "role": "customer",
            "text": "I want to speak to a person, please.",
            "at": "2026-11-20T12:03:00Z",
            "sentiment": -0.3,
        }
    ],
    "customer": {"id": "cus_71", "name": "Maya R."},
    "channel": "chat",
    "language": "en",
}
CONVERSATION: Final[dict[str, Any]] = {
    "id": "conv_8812",
    "control": "human",
    "case_id": "case_01kagq7z8k5e2m4n6p8r0t3v5x",
    "outbox": [
        {
            "id": "msg_01kagq9b2r4t6v8x0z1c3e5g7j",
            "text": "Hello Maya, Ana here. Your new parcel leaves today.",
            "by": "Ana R.",
            "at": "2026-11-20T12:05:00Z",
        }
    ],
    "note": None,
    "closed_at": None,
    "resolved": None,
    "csat": None,
    "version": 3,
}
CONVERSATION_EVENT: Final[dict[str, Any]] = {
    "id": "4712",
    "type": "conversation.message",
    "at": "2026-11-20T12:05:00Z",
    "conversation": "conv_8812",
    "case": "case_01kagq7z8k5e2m4n6p8r0t3v5x",
    "control": "human",
    "version": 3,
    "data": {
        "case_id": "case_01kagq7z8k5e2m4n6p8r0t3v5x",
        "conversation_id": "conv_8812",
        "control": "human",
        "version": 3,
        "url": "https://desk.example.org/api/v1/conversations/conv_8812",
    },
}
PROBLEM: Final[dict[str, Any]] = {
    "type": "/problems/invalid-proposal",
    "title": "The proposal does not fit",
    "status": 422,
    "detail": "The body is JSON, but not a proposal. “errors” names each place (JSON pointer) and what is wrong there.",
    "instance": "/api/v1/proposals",
    "errors": [{"pointer": "/actions/0/arg", "detail": "Unknown field “arg”; did you mean “args”?"}],
}
JUDGEMENT: Final[dict[str, Any]] = {
    "verdict": "error",
    "should_have_been_reviewed": True,
    "codes": ["wrong_amount"],
    "knowledge_gap": "The limit for late deliveries is 120 EUR since October.",
    "severity": "medium",
    "scores": {"facts": 0, "tone": 2},
    "note": "Refunded without a receipt.",
}
RATE: Final[dict[str, Any]] = {
    "estimate": 0.048333,
    "interval": [0.032036, 0.097357],
    "confidence": 0.95,
    "n": 200,
    "errors": 28,
    "population": 10000,
    "strata": 3,
    "method": "stratified Horvitz–Thompson, Jeffreys by class of weight, combined by MOVER",
    "not_seen": 0,
    "few": False,
}
QUALITY: Final[dict[str, Any]] = {
    "group": None,
    "population": 10000,
    "drawn": 200,
    "estimate": RATE["estimate"],
    "interval": RATE["interval"],
    "n": RATE["n"],
    "method": RATE["method"],
    "error_rate": RATE,
    "missed_escalation_rate": None,
    "false_escalation_rate": None,
}
_KEYS: Final = {"id": "grant_01kagq8vcfq2m6h3e9t4s5x7za", "digest": _DIGEST}
_ARTICLE: Final[dict[str, Any]] = {
    "slug": "late-delivery",
    "language": "en",
    "title": "My parcel is late",
    "text": "Look at the tracking page first. After ten days we send it again.",
    "version": 3,
    "changed_at": "2026-11-02T08:00:00Z",
    "url": "https://desk.example.org/help/late-delivery/",
}
# By operation: the request's examples, and those of its first answer.
REQUESTS: Final[dict[str, dict[str, Any]]] = {
    "propose": {"whole": PROPOSAL, "smallest": SMALLEST},
    "withdrawCase": {"withdrawal": WITHDRAWAL},
    "answerQuestion": {"answer": ANSWER},
    "redeemGrant": {"redemption": REDEMPTION},
    "reportOutcome": {"outcome": OUTCOME},
    "tellMessages": {"live": FEED, "smallest": {"messages": [{"role": "customer", "text": "Hello?"}]}},
    "closeConversation": {"resolved": {"resolved": True, "csat": 4, "closed_at": "2026-11-20T12:30:00Z"}},
}
_BACK: Final = CONVERSATION | {"control": "agent", "case_id": None, "outbox": [], "version": 6}
ANSWERS: Final[dict[str, dict[str, Any]]] = {
    "propose": {"pending": PENDING},
    "readCase": {"decided": DECIDED},
    "withdrawCase": {"withdrawn": DECIDED | {"status": "withdrawn", "version": 2, "decisions": []}},
    "answerQuestion": {"back with the reviewer": PENDING | {"version": 4}},
    "readEvents": {"page": {"events": [EVENT, CONVERSATION_EVENT], "cursor": "4712"}},
    "redeemGrant": {
        "redeemed": {
            **_KEYS,
            "final_action": _FINAL,
            "canonical": '{"args":{"amount":"120.00","order_id":"A-1"},"name":"refund_order"}',
            "executor": "worker-3",
            "redeemed_at": "2026-11-20T12:05:00Z",
        }
    },
    "renewGrant": {"renewed": {**_KEYS, "expires_at": "2026-11-20T12:34:20Z"}},
    "reportOutcome": {"kept": {"id": _KEYS["id"], "status": "succeeded", "reported_at": "2026-11-20T12:05:03Z"}},
    "tellMessages": {
        "nobody is needed": {"control": "agent", "case": None, "customer_message": None},
        "a person is called": {"control": "agent", "case": PENDING, "customer_message": PENDING["customer_message"]},
    },
    "readConversation": {"taken over": CONVERSATION},
    "acknowledgeDelivery": {
        "delivered": {"id": "msg_01kagq9b2r4t6v8x0z1c3e5g7j", "delivered_at": "2026-11-20T12:05:02Z"}
    },
    "closeConversation": {
        "closed": _BACK | {"closed_at": "2026-11-20T12:30:00Z", "resolved": True, "csat": 4, "version": 7}
    },
    "reopenConversation": {"open again": _BACK | {"version": 8}},
    "findArticles": {"one": {"articles": [_ARTICLE]}},
    "readArticle": {"article": _ARTICLE},
}
