"""Triggers to begin with, one for each thing that a business may want to be asked about, with unit and default.

Those of the starting policy are taken from it; the others are its smaller parts.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from reviewqueue.engine import telling
from reviewqueue.engine.saying import RuleName, Told, row, say
from reviewqueue.engine.starting import starting_policy
from reviewqueue.engine.tiers import lines


@dataclass(frozen=True, slots=True)
class Blueprint:
    """A trigger to begin with. `unit` says what its number counts, `default` what it starts from."""

    key: str
    unit: Told
    default: Told | str
    rule: dict[str, Any]

    @property
    def name(self) -> Told:
        """Its name in words."""
        return RuleName(self.key)

    def example(self, currency: str) -> Told:
        """What it does, as a sentence."""
        return row(*(telling.trigger(line, currency) for line in lines(self.rule)))


def _listed(name: str, category: str, fact: str, words: list[str], **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "category": category,
        "when": {"fact": fact, "has_any": words},
        "outcome": "review",
        **more,
    }


def _counted(name: str, category: str, fact: str, limit: int, **more: Any) -> dict[str, Any]:
    return {"name": name, "category": category, "when": {"fact": fact, "at_least": limit}, "outcome": "review", **more}


_BILLING: Final = {"queue": "billing", "skills": ["billing"]}
# Unit, default, and the rule: by its name in the starting policy, or as it is.
_LISTED: Final[tuple[tuple[Told, Told | str, str | dict[str, Any]], ...]] = (
    (say("share of 1 (0.7 is 70 %)"), "0.7", "low-confidence"),
    (say("amount in the policy's currency"), "200.00", "refund-over-limit"),
    (say("amount in the policy's currency"), "500.00", "refund-far-over-limit"),
    (say("amount in the policy's currency"), "500.00", "value-over-limit"),
    (say("yes or no"), say("yes"), "value-understated"),
    (say("percent"), "30", {
        "name": "discount", "category": "financial", "outcome": "review",
        "when": {"fact": "signals.discount_percent", "over": 30}, **_BILLING,
    }),
    (say("amount in the policy's currency, whatever the confidence"), "50.00", "billing-dispute"),
    (say("words of the customer, English and German"), say("the ready-made lists"), "legal-threat"),
    (say("words and intents"), say("the ready-made lists"), "formal-complaint"),
    (say("words and intents"), say("the ready-made lists"), "data-request"),
    (say("words, intents and topics"), say("the ready-made lists"), "legal-subject"),
    (say("words, intents and names of actions"), say("the ready-made lists"), "erasure"),
    (say("mood from -1 to 1, in each of the last messages"), say("-0.6 in 2 messages"), "angry"),
    (say("mood from -1 to 1, by the agent's reading"), "-0.6", "very-negative"),
    (say("words of the customer"), say("the ready-made lists"), "frustration"),
    (say("words of the customer"), say("the ready-made lists"), "urgent"),
    (say("words and topics"), say("the ready-made lists"), "distress"),
    (say("words of the customer"), say("the ready-made lists"), "threat-of-violence"),
    (say("words and topics"), say("the ready-made lists"), "our-serious-error"),
    (say("rounds at the end of the conversation"), "3", _counted(
        "no-progress", "stall", "conversation.rounds_without_progress", 3, priority="high",
    )),
    (say("attempts that the agent names"), "2", _counted("failed-attempts", "stall", "briefing.attempted", 2)),
    (say("times the very same action is proposed"), "3", "repeated-action"),
    (say("yes or no, from the customer's words"), say("yes"), "asks-for-a-human"),
    (say("intents"), say("those of the list"), "asks-for-a-human-by-intent"),
    (say("signals of the agent's guards"), say("those of the list"), "security-signal"),
    (say("intents"), say("those of the list"), "account-access"),
    (say("names of actions"), say("those of the list"), "access-change"),
    (say("words of the customer"), say("the ready-made lists"), "security-words"),
    (say("signals and intents"), say("those of the list"), "out-of-scope"),
    (say("topics and words, whatever the confidence"), say("the ready-made lists"), "churn"),
    (say("topics and words"), say("the ready-made lists"), "medical"),
    (say("topics and words"), say("the ready-made lists"), "financial-advice"),
    (say("pieces of information that are missing"), "1", "missing-context"),
    (say("signals and intents"), say("those of the list"), "novel-situation"),
    (say("messages in a minute"), "6", "message-flood"),
    (say("conversations in seven days"), "3", "repeat-contact"),
    (say("signals"), say("those of the list"), _listed(
        "policy-exception-signal", "policy", "signals.risk_flags", ["policy_exception", "policy_risk", "goodwill"],
    )),
    (say("intents"), say("those of the list"), "goodwill-money"),
    (say("tiers of customers"), say("those of the list"), {
        "name": "customer-tier", "category": "segment", "match": {"tier": ["gold", "platinum", "vip", "enterprise"]},
        "outcome": "review", "queue": "vip", "priority": "high",
    }),
    (say("worth of the customer, amount in the policy's currency"), "5000.00", {
        "name": "lifetime-value", "category": "segment", "outcome": "review", "queue": "vip",
        "when": {"fact": "customer.lifetime_value", "over": "5000.00", "if_unknown": "pass"},
    }),
    (say("days as a customer"), "3650", "long-standing-customer"),
    (say("amount from which an error with such a customer costs too much, a line for each tier"),
     "50.00, 300.00", {
        "name": "cost-of-failure-tiers", "category": "segment", "match": {"kind": ["tool_call"]},
        "tiers": [
            {"match": {"tier": ["gold", "platinum", "enterprise"]}, "over": "50.00"},
            {"match": {"segment": ["business"]}, "over": "300.00", "eyes": 2},
        ],
        "outcome": "review", "queue": "vip", "priority": "high",
    }),
    (say("yes or no"), say("not reversible, or nobody said so"), "irreversible"),
    (say("names of actions"), say("those of the list"), "account-change"),
    (say("intents and names of actions"), say("those of the list"), "cancellation"),
    (say("topics at once"), "4", _counted("many-topics", "complexity", "signals.topics", 4)),
    (say("actions in one proposal"), "4", _counted("many-actions", "complexity", "proposal.action_count", 4)),
    (say("topics, signals and number of actions"), say("those of the list, 4 topics or 4 actions"), "complex"),
    (say("an expression in CEL over the facts"), say("none"), {
        "name": "expression", "category": "general", "outcome": "review",
        "when": {"cel": "action.value.amount > 50.0 && customer.tier == 'gold'"},
    }),
)  # fmt: skip


@lru_cache(maxsize=1)
def _all() -> tuple[Blueprint, ...]:
    rules = {rule["name"]: rule for rule in starting_policy()["triggers"]}
    found = []
    for unit, default, given in _LISTED:
        rule = rules[given] if isinstance(given, str) else given
        found.append(Blueprint(rule["name"], unit, default, rule))
    return tuple(found)


def blueprints() -> tuple[Blueprint, ...]:
    """All of them, in the order in which a business thinks of them."""
    return _all()


def blueprint(key: str) -> Blueprint | None:
    """One of them, with a rule of its own to change."""
    found = next((one for one in _all() if one.key == key), None)
    return found and Blueprint(found.key, found.unit, found.default, copy.deepcopy(found.rule))
