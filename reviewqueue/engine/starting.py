"""The policies that come with the desk; an admin adopts one, changes it, and publishes the change.

One is written out; the others are the same but for where actions start and for a few limits.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from reviewqueue.engine.policy_file import load

FILE: Final = Path(__file__).with_name("starting_policy.yaml")
CONSERVATIVE: Final = "conservative"
Document = dict[str, Any]

_HANDOVER: Final = {"name": "The agent hands over", "match": {"kind": ["handoff"]}, "mode": "human_only"}
_REST: Final = {"name": "Everything else waits for a person", "match": {}, "mode": "in_the_loop"}
_TALK: Final = ["reply", "question"]
_ROUTING: Final = {
    "name": "Routing and triage are watched",
    "match": {"kind": ["tool_call"], "action": ["route_*", "triage_*", "tag_*", "assign_*", "set_priority"]},
    "mode": "on_the_loop",
}
_PARTS: Final[dict[str, Document]] = {
    "strict": {
        "name": "Strict",
        "description": "Nothing without a person, and lower limits: for an agent's first days and sensitive trades.",
        "oversight": [_HANDOVER, _REST],
        "undo_seconds": 30,
    },
    "e-mail-drafts": {
        "name": "E-mail drafts",
        "description": "The agent drafts, a person reads and sends; categories of replies may be let go one by one.",
        "oversight": [
            _HANDOVER,
            {
                "name": "Drafted replies are read and sent by a person",
                "match": {"kind": _TALK, "channel": ["email", "e-mail", "mail"]},
                "mode": "in_the_loop",
                "queue": "drafts",
            },
            _REST,
        ],
    },
    "first-phase": {
        "name": "First phase",
        "description": "Crawl: only routing and the plainest questions go out, and a supervisor sees each of them.",
        "oversight": [
            _HANDOVER,
            _ROUTING,
            {
                "name": "The plainest questions are watched",
                "match": {"kind": _TALK, "intent": ["store_hours", "opening_hours", "faq"]},
                "mode": "on_the_loop",
                "veto_seconds": 60,
            },
            _REST,
        ],
    },
    "by-use-case": {
        "name": "By use case",
        "description": "Questions alone, routing and small changes under watch, disputes and exceptions with a person.",
        "oversight": [
            _HANDOVER,
            {
                "name": "Disputes, exceptions and medical questions wait for a person",
                "match": {"intent": ["*dispute*", "billing_exception", "coverage_*", "medical*"]},
                "mode": "in_the_loop",
            },
            {
                "name": "Harmless questions are answered at once",
                "match": {
                    "kind": _TALK,
                    "intent": ["store_hours", "opening_hours", "faq", "shipment_tracking", "order_status"],
                },
                "mode": "out_of_the_loop",
            },
            _ROUTING,
            {
                "name": "Order changes, account updates and appointments are watched",
                "match": {
                    "kind": ["tool_call"],
                    "intent": ["order_change", "account_update", "address_change", "appointment*"],
                },
                "mode": "on_the_loop",
                "veto_seconds": 120,
            },
            _REST,
        ],
    },
}
NAMES: Final = (CONSERVATIVE, *_PARTS)
# Of the strict one: the trigger, and what it says otherwise.
_STRICTER: Final[dict[str, Document]] = {
    "refund-over-limit": {"when": {"fact": "action.value", "over": "50.00", "if_unknown": "fire"}},
    "refund-far-over-limit": {"when": {"fact": "action.value", "over": "200.00", "if_unknown": "fire"}, "eyes": 2},
    "value-over-limit": {"when": {"fact": "action.value", "over": "200.00", "if_unknown": "pass"}},
    "low-confidence": {"when": {"fact": "signals.confidence", "under": 0.85, "if_unknown": "fire"}},
    "very-negative": {"when": {"fact": "signals.sentiment", "under": -0.3}},
}


def starting_policy(name: str = CONSERVATIVE) -> Document:
    """The document of a starting policy; every call makes a new one."""
    document = load(FILE.read_text(encoding="utf-8"))
    if name == CONSERVATIVE:
        return document
    document |= _PARTS[name]
    if name == "strict":
        document["triggers"] = [rule | _STRICTER.get(rule["name"], {}) for rule in document["triggers"]]
    if name == "by-use-case":
        # It holds what this policy lets go under watch; what cannot be undone is still held.
        document["triggers"] = [
            rule | ({"enabled": False} if rule["name"] == "account-change" else {}) for rule in document["triggers"]
        ]
    return document
