"""Every fact that a policy may ask about: its name, its kind, where it stands and how a sentence calls it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reviewqueue.engine.saying import Saying


class Kind(StrEnum):
    """What sort of value a fact has; it decides which operators fit."""

    MONEY = "an amount of money"
    NUMBER = "a number"
    SHARE = "a share between 0 and 1"
    SERIES = "a series of numbers"
    WORD = "a word"
    FLAG = "yes or no"
    WORDS = "a list of words"
    TEXT = "text"
    DATE = "a date"
    FREE = "whatever the agent sends"

    @property
    def told(self) -> Saying:
        """It in words."""
        return Saying(self.value, context="kind of fact")


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact. `yes` and `no` are the sentences of a flag; `fires` says what an unknown value does by default."""

    name: str
    kind: Kind
    label: str
    path: tuple[str, ...]
    of_action: bool = False
    fires: bool = False
    yes: str = ""
    no: str = ""

    @property
    def range(self) -> tuple[int | None, int | None]:
        """Between which numbers its values, or how many words it has, lie; None where anything goes."""
        if self.name in _FEELINGS:
            return -1, 1
        if self.kind is Kind.SHARE:
            return 0, 1
        return (0, None) if self.kind is Kind.WORDS or self.name in _COUNTS else (None, None)


# As the wire has them; an agent cannot send others.
_FEELINGS = frozenset({"signals.sentiment", "conversation.sentiment"})
_COUNTS = frozenset(
    {
        *("action.hidden_characters", "conversation.same_action_count", "customer.tenure_days"),
        *("conversation.rounds_without_progress", "conversation.messages_last_minute"),
        *("conversation.contacts_last_7_days", "text.customer_messages", "text.hidden_characters"),
        "proposal.action_count",
    }
)


def fact_named(name: str) -> Fact | None:
    """The declared fact, or a free one below `action.args.` or `customer.attributes.`; None for any other name."""
    if name in FACTS:
        return FACTS[name]
    for prefix, of_action in (("action.args.", True), ("customer.attributes.", False)):
        if name.startswith(prefix) and all(name[len(prefix) :].split(".")):
            path = tuple(name.split("."))
            return Fact(name, Kind.FREE, name.removeprefix(prefix), path[1:] if of_action else path, of_action)
    return None


def _of_action(name: str, kind: Kind, label: str, *, fires: bool = False, yes: str = "", no: str = "") -> Fact:
    return Fact(name, kind, label, tuple(name.split(".")[1:]), of_action=True, fires=fires, yes=yes, no=no)


def _of_case(name: str, kind: Kind, label: str, *, fires: bool = False, yes: str = "", no: str = "") -> Fact:
    return Fact(name, kind, label, tuple(name.split(".")), fires=fires, yes=yes, no=no)


_DECLARED = (
    _of_action("action.name", Kind.WORD, "action"),
    _of_action("action.kind", Kind.WORD, "kind of action"),
    _of_action("action.value", Kind.MONEY, "value", fires=True),
    _of_action(
        "action.reversible",
        Kind.FLAG,
        "reversible",
        yes="the action can be undone",
        no="the action cannot be undone",
    ),
    _of_action(
        "action.value_understated",
        Kind.FLAG,
        "value understated",
        yes="an amount in the arguments is larger than the stated value",
        no="no amount in the arguments is larger than the stated value",
    ),
    _of_action("action.hidden_characters", Kind.NUMBER, "number of invisible characters in the arguments"),
    _of_action("conversation.same_action_count", Kind.NUMBER, "number of times this very action was proposed"),
    _of_case("agent", Kind.WORD, "agent"),
    _of_case("team", Kind.WORD, "team"),
    _of_case("intent", Kind.WORD, "intent"),
    _of_case("workflow", Kind.WORD, "workflow"),
    _of_case("signals.confidence", Kind.SHARE, "confidence", fires=True),
    _of_case("signals.sentiment", Kind.NUMBER, "sentiment"),
    _of_case("signals.discount_percent", Kind.NUMBER, "discount in percent"),
    _of_case("signals.topics", Kind.WORDS, "topics"),
    _of_case("signals.risk_flags", Kind.WORDS, "risk flags"),
    _of_case("customer.tier", Kind.WORD, "customer tier"),
    _of_case("customer.lifetime_value", Kind.MONEY, "lifetime value", fires=True),
    _of_case("customer.since", Kind.DATE, "customer since"),
    _of_case("customer.tenure_days", Kind.NUMBER, "days as a customer"),
    _of_case("conversation.channel", Kind.WORD, "channel"),
    _of_case("conversation.language", Kind.WORD, "language"),
    _of_case("conversation.sentiment", Kind.SERIES, "sentiment"),
    _of_case("conversation.rounds_without_progress", Kind.NUMBER, "number of rounds without progress"),
    _of_case("conversation.messages_last_minute", Kind.NUMBER, "number of messages in the last minute"),
    _of_case("conversation.contacts_last_7_days", Kind.NUMBER, "number of contacts in the last 7 days"),
    _of_case(
        "conversation.asks_for_human",
        Kind.FLAG,
        "asks for a human",
        yes="the customer asks for a human",
        no="the customer does not ask for a human",
    ),
    _of_case("text.customer", Kind.TEXT, "the customer's words"),
    _of_case("text.customer_messages", Kind.NUMBER, "number of messages from the customer"),
    _of_case("text.hidden_characters", Kind.NUMBER, "number of invisible characters in the customer's words"),
    _of_case("briefing.missing", Kind.WORDS, "missing pieces of information"),
    _of_case("briefing.attempted", Kind.WORDS, "attempts"),
    _of_case("proposal.action_count", Kind.NUMBER, "number of actions in the proposal"),
)
FACTS: dict[str, Fact] = {fact.name: fact for fact in _DECLARED}
# What can be heard in a conversation: a rule that asks about one of these is asked of each new message as well.
IN_TALK: frozenset[str] = frozenset(
    {
        "conversation.asks_for_human",
        "conversation.sentiment",
        "conversation.rounds_without_progress",
        "conversation.messages_last_minute",
        "conversation.contacts_last_7_days",
        "text.customer",
        "text.hidden_characters",
        "signals.sentiment",
        "signals.topics",
        "signals.risk_flags",
    }
)
