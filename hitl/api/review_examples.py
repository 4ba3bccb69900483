"""The same order as its reviewers see it; tests hold every example against its schema."""

from typing import Any, Final

from hitl.api import examples

_RITA: Final = {"id": "u_17", "display": "Ana R."}
_ACTION: Final = examples.PROPOSAL["actions"][0]
ROW: Final[dict[str, Any]] = {
    "id": examples.PENDING["id"],
    "state": "queued",
    "status": "pending",
    "version": 1,
    "queue": "billing",
    "priority": "high",
    "risk": "high",
    "intent": "refund",
    "issue": "Order A-1 arrived two weeks late",
    "customer": {"name": "Maya R.", "tier": "gold"},
    "value": {"amount": "350", "currency": "EUR"},
    "agent": "support-bot",
    "reasons": ["refund 350.00 EUR is over 200.00 EUR"],
    "waiting_on": "reviewer",
    "claimed_by": None,
    "created_at": examples.PENDING["created_at"],
    "due_at": examples.PENDING["due_at"],
    "expires_at": examples.PENDING["expires_at"],
}
CLAIMED: Final = ROW | {"state": "claimed", "version": 2, "claimed_by": _RITA}
CLAIM: Final = {"by": _RITA, "token": examples.DECIDE["claim_token"], "expires_at": "2026-11-20T12:08:20Z"}
BRIEFING: Final[dict[str, Any]] = {
    "id": ROW["id"],
    "case": CLAIMED
    | {
        "dedupe_key": examples.PROPOSAL["dedupe_key"],
        "oversight": "in_the_loop",
        "workflow": "orders",
        "language": "en",
        "skills": ["billing"],
        "eyes": 1,
        "release": "together",
        "policy_version": 12,
        "agent_versions": examples.PROPOSAL["agent"],
        "updated_at": "2026-11-20T12:03:20Z",
        "release_at": None,
        "effective_at": None,
    },
    "customer": examples.PROPOSAL["customer"],
    "conversation": examples.PROPOSAL["conversation"],
    "actions": [
        _ACTION
        | {
            "canonical": '{"args":{"amount":"350.00","order_id":"A-1"},"name":"refund_order"}',
            "digest": "sha256:fd38599cd9b89dda662e23adfd5cdcbb6bde1bf2398df7de9055560eeb91a54b",
        }
    ],
    "sources": examples.PROPOSAL["sources"],
    "briefing": examples.PROPOSAL["briefing"],
    "signals": examples.PROPOSAL["signals"],
    "reasons": examples.PENDING["reasons"],
    "similar": [
        {
            "id": "case_01kafz2w5c8r1m7p4t9v3x6b0d",
            "score": 0.71,
            "issue": "Order B-7 came ten days late",
            "decision": "edit",
            "resolution": "Refunded 120 EUR",
        }
    ],
    "risk_flags": [],
    "hidden_characters": 0,
    "questions": [],
    "first_ruling": None,
    "decisions": [],
    "claim": CLAIM,
    "allowed": {"claim": True, "release": True, "decide": True, "undo": "There is nothing to undo."},
    "version": 2,
    "seen_digest": examples.DECIDE["seen_digest"],
}
_RULED: Final = examples.DECISION | {
    "grant": None,
    "note": "Receipt is missing.",
    "knowledge_gap": None,
    "effective_at": "2026-11-20T12:04:20Z",
    "took_effect_at": None,
}
DECIDED: Final[dict[str, Any]] = {
    "status": "decided",
    "effective_at": _RULED["effective_at"],
    "decisions": [_RULED],
    "id": ROW["id"],
    "state": "decided",
    "version": 3,
}
TIMELINE: Final[dict[str, Any]] = {
    "case": ROW["id"],
    "entries": [
        {
            "seq": 2,
            "kind": "case.claimed",
            "at": "2026-11-20T12:03:20Z",
            "actor": {"type": "user", "id": "u_17", "display": "Ana R."},
            "sentence": "Ana R. took the case",
            "data": {"fence": 1, "version": 2},
            "hash": "3b91d76ddbdc5099a8e03585579f27ab29ece0b7888da91f0795e510801a4de5",
        }
    ],
}
PAUSE: Final[dict[str, Any]] = {
    "id": "pause_01kagqbz7d4f6h8k0m2p4r6t8v",
    "of": "action",
    "name": "refund*",
    "reason": "The payment provider books twice.",
    "paused_by": {"id": "u_3", "display": "Sam S."},
    "paused_at": "2026-11-20T12:10:00Z",
    "resumed_at": None,
}
_WRITTEN: Final[dict[str, Any]] = {
    "id": examples.CONVERSATION["outbox"][0]["id"],
    "text": examples.CONVERSATION["outbox"][0]["text"],
    "at": examples.CONVERSATION["outbox"][0]["at"],
    "asked_again": [],
}
_POLICY: Final[dict[str, Any]] = {
    "format": 1,
    "name": "Everything to a person",
    "currency": "EUR",
    "oversight": [{"match": {}, "mode": "in_the_loop"}],
    "triggers": [],
}
_TAKEN: Final = ROW | {"state": "taken_over", "status": "taken_over", "version": 3, "waiting_on": None}
REQUESTS: Final[dict[str, dict[str, Any]]] = {
    "claimNext": {"anywhere": {}, "billing": {"queues": ["billing"]}},
    "renewClaim": {"my lease": {"claim_token": CLAIM["token"]}},
    "releaseCase": {"my lease": {"claim_token": CLAIM["token"]}},
    "reassignCase": {
        "to a person": {"to_user": "u_17", "note": "You know this customer."},
        "to a queue": {"to_queue": "legal"},
    },
    "snoozeCase": {"until": {"until": "2026-11-20T12:00:00Z"}},
    "commentCase": {"comment": {"text": "The warehouse calls back at noon."}},
    "ask": {"agent": {"of": "agent", "text": "When did the parcel arrive?"}},
    "decide": {"edit": examples.DECIDE},
    "writeMessage": {"message": {"text": _WRITTEN["text"]}},
    "takeOver": {"note": {"note": "I know the customer."}},
    "giveBack": {"note": {"note": "Settled by phone."}, "resolved": {"note": "Settled by phone.", "resolved": True}},
    "stopCase": {"reason": {"reason": "Wrong address."}},
    "pause": {"an action": {"of": PAUSE["of"], "name": PAUSE["name"], "reason": PAUSE["reason"]}},
    "resume": {"reason": {"reason": "The provider has mended it."}},
    "whatIf": {"a month": {"policy": _POLICY, "from": "2026-11-01", "to": "2026-11-30"}},
    "judge": {"right": {"verdict": "ok", "should_have_been_reviewed": False}, "an error": examples.JUDGEMENT},
}
ANSWERS: Final[dict[str, dict[str, Any]]] = {
    "listCases": {"page": {"cases": [ROW], "cursor": None}},
    "claimNext": {"claimed": BRIEFING},
    "readBriefing": {"claimed by me": BRIEFING},
    "claimCase": {"claimed": BRIEFING},
    "renewClaim": {"renewed": {"claim": CLAIM, "version": 2}},
    "releaseCase": {"back in its queue": ROW | {"version": 3}},
    "reassignCase": {"in another queue": ROW | {"version": 3, "queue": "legal"}},
    "snoozeCase": {"put aside": ROW | {"version": 3}},
    "commentCase": {"unmoved": CLAIMED},
    "ask": {"asked": ROW | {"state": "asked", "version": 3, "waiting_on": "agent"}},
    "decide": {"edited": DECIDED},
    "undo": {"mine again": BRIEFING | {"version": 4, "case": BRIEFING["case"] | {"version": 4}}},
    "takeOver": {"taken over": BRIEFING | {"version": 3, "case": BRIEFING["case"] | _TAKEN}},
    "writeMessage": {"in the outbox": _WRITTEN},
    "giveBack": {"given back": _TAKEN | {"state": "closed", "version": 4}},
    "readTimeline": {"an entry": TIMELINE},
    "listPauses": {"one": {"pauses": [PAUSE]}},
    "pause": {"paused": PAUSE},
    "resume": {"resumed": PAUSE | {"resumed_at": "2026-11-20T12:40:00Z"}},
    "stopCase": {"waits for a person": ROW | {"version": 2}},
    "readSampleReport": {
        "by agent": {
            "week": "2026-W48",
            "by": "agent",
            "drawn": True,
            "overall": examples.QUALITY,
            "groups": [{**examples.QUALITY, "group": "shop-bot"}],
        }
    },
}
