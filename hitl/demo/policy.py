"""The demo's policy: the starting policy, with one kind of change that the shop has learned to watch only."""

from __future__ import annotations

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


def demo_policy() -> dict[str, Any]:
    """The document; every call makes a new one."""
    policy = starting_policy()
    policy["name"] = "Wrenfold's policy"
    policy["description"] = "The starting policy; changes of an order's address are watched instead of held."
    policy["oversight"].insert(0, dict(_WATCHED))
    for trigger in policy["triggers"]:
        if trigger["name"] == "account-change":
            trigger["match"] = {"kind": ["tool_call"], "action": list(_ACCOUNT_CHANGES)}
    return policy
