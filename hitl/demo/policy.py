"""The demo's policy: the starting policy, with one kind of change that the shop has learned to watch only."""

from __future__ import annotations

import copy
from typing import Any, Final

from reviewqueue.engine.starting import starting_policy

VETO_SECONDS: Final = 60
_WATCHED: Final = {
    "name": "Changes of address are watched",
    "match": {"intent": ["address_change"], "action": ["change_address"]},
    "mode": "on_the_loop",
    "veto_seconds": VETO_SECONDS,
}
# What the starting policy holds as a change of an account, without the address of an order.
_ACCOUNT_CHANGES: Final = ["*account*", "*plan*", "*email*", "*factor*"]


# Whoever chats sits in front of the screen; others are called, or their request ends without a yes.
_WAIT: Final = [
    {
        "name": "Whoever chats",
        "match": {"channel": ["chat"]},
        "message": {
            "en": "Thank you. A colleague looks at this with me.",
            "de": "Vielen Dank. Eine Kollegin oder ein Kollege sieht sich das mit mir an.",
        },
        "seconds": 900,
        "then": "chat",
    },
    {
        "name": "Everybody else",
        "match": {},
        "message": {
            "en": "Thank you. A colleague looks at your request.",
            "de": "Vielen Dank. Ein Mensch bei uns sieht sich Ihr Anliegen an.",
        },
        "seconds": 3600,
        "then": "callback",
    },
]
_BUDGETS: Final = [
    {
        "name": "refunds-of-an-hour",
        "description": "Small refunds run without a person, but not any number of them.",
        "match": {"action": ["*refund*"]},
        "within": "hour",
        "sum": "2500.00",
        "queue": "billing",
    },
    {"name": "burst", "per": ["agent"], "within": "minute", "count": 120, "counts": "proposed", "pause": "agent"},
]


def demo_policy() -> dict[str, Any]:
    """The document; every call makes a new one."""
    policy = starting_policy()
    policy["name"] = "Wrenfold's policy"
    policy["description"] = "The starting policy; changes of an order's address are watched instead of held."
    policy["oversight"].insert(0, dict(_WATCHED))
    for trigger in policy["triggers"]:
        if trigger["name"] == "account-change":
            trigger["match"] = {"kind": ["tool_call"], "action": list(_ACCOUNT_CHANGES)}
    policy["wait"], policy["budgets"] = copy.deepcopy(_WAIT), copy.deepcopy(_BUDGETS)
    return policy
