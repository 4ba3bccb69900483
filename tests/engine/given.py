"""Proposals, policies and verdicts for tests of the engine, in as few words as the test needs."""

from collections.abc import Mapping, Sequence
from typing import Any

from reviewqueue.engine.facts import gather
from reviewqueue.engine.policy import Policy, PolicyError, parse
from reviewqueue.engine.triggers import Reason, Verdict, evaluate

__all__ = [
    "NOW",
    "RELEASE_ALL",
    "action",
    "document",
    "evaluate",
    "facts",
    "faults",
    "fires",
    "gather",
    "paths",
    "policy",
    "proposal",
    "reason",
    "reply",
    "rule",
    "said",
    "verdict",
    "worth",
]

RELEASE_ALL = [{"match": {}, "mode": "out_of_the_loop"}]
NOW = "2026-11-20T12:00:00Z"


def action(**changes: Any) -> dict[str, Any]:
    """A refund of 350 EUR that cannot be undone."""
    return {
        "call_id": "call_1",
        "kind": "tool_call",
        "name": "refund_order",
        "args": {"order_id": "A-1"},
        "value": {"amount": "350.00", "currency": "EUR"},
        "reversible": False,
    } | changes


def reply(**changes: Any) -> dict[str, Any]:
    """A drafted answer."""
    return {"call_id": "call_2", "kind": "reply", "name": "send_reply", "args": {"text": "Hello."}} | changes


def worth(amount: Any, currency: Any = "EUR") -> dict[str, Any]:
    """A refund of this value."""
    return action(value={"amount": amount, "currency": currency})


def said(*texts: str, sentiments: Sequence[Any] = ()) -> list[dict[str, Any]]:
    """Messages of the customer; `sentiments` belong to the last of them."""
    feelings = [None] * (len(texts) - len(sentiments)) + list(sentiments)
    return [
        {"seq": seq, "role": "customer", "text": text, "sentiment": feeling}
        for seq, (text, feeling) in enumerate(zip(texts, feelings, strict=True), 1)
    ]


def proposal(*actions: Mapping[str, Any], messages: Sequence[Mapping[str, Any]] = (), **changes: Any) -> dict[str, Any]:
    """A harmless conversation unless changed."""
    return {
        "intent": None,
        "workflow": None,
        "language": None,
        "conversation": {"id": "conv_1", "channel": None, "messages": list(messages or said("Where is my order?"))},
        "customer": None,
        "actions": list(actions or [action()]),
        "release": "together",
        "signals": {"confidence": 0.95},
        "briefing": None,
    } | changes


def facts(*actions: Mapping[str, Any], history: Mapping[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """The facts of such a proposal."""
    agent, team = changes.pop("agent", "shop-bot"), changes.pop("team", "")
    return gather(proposal(*actions, **changes), agent=agent, team=team, history=history)


def document(*triggers: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """A policy that releases everything but what its triggers hold."""
    return {
        "format": 1,
        "name": "For a test",
        "currency": "EUR",
        "currency_rates": {"USD": "0.92", "GBP": "1.15"},
        "oversight": RELEASE_ALL,
        "triggers": list(triggers),
    } | changes


def policy(*triggers: Mapping[str, Any], **changes: Any) -> Policy:
    """The same, read."""
    return parse(document(*triggers, **changes))


def rule(when: Any = None, **changes: Any) -> dict[str, Any]:
    """A trigger that asks for a review."""
    asked = {"when": when} if when is not None else {"match": {}}
    return {"name": "rule", "category": "test", "outcome": "review"} | asked | changes


def verdict(when: Any, *actions: Mapping[str, Any], **changes: Any) -> Verdict:
    """What a policy with this one condition says."""
    return evaluate(policy(rule(when)), facts(*actions, **changes))


def fires(when: Any, *actions: Mapping[str, Any], **changes: Any) -> bool:
    """Whether a rule with this condition fires."""
    return bool(verdict(when, *actions, **changes).reasons)


def reason(when: Any, *actions: Mapping[str, Any], **changes: Any) -> Reason:
    """The one reason that a rule with this condition gives."""
    (only,) = verdict(when, *actions, **changes).reasons
    return only


def faults(document: Any) -> list[tuple[str, str]]:
    """Path and sentence of everything wrong with a policy document."""
    try:
        parse(document)
    except PolicyError as error:
        return [(fault.path, fault.says) for fault in error.faults]
    return []


def paths(document: Any) -> list[str]:
    """The paths alone."""
    return [path for path, _says in faults(document)]
