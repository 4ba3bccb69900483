"""What the conditions of a policy look at: one action of one proposal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reviewqueue.engine.amounts import Money, Rates, exact, size_of
from reviewqueue.engine.catalogue import Fact, Kind
from reviewqueue.engine.wording import folded

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from reviewqueue.engine.operators import Seen
    from reviewqueue.engine.patterns import Sieve
    from reviewqueue.engine.readings import Reading

# These say something to somebody; without a stated value they move no money. A tool call may move any sum.
MOVES_NO_MONEY = frozenset({"reply", "question", "handoff"})
_SCOPED = {
    "agent": ("agent",),
    "intent": ("intent",),
    "workflow": ("workflow",),
    "channel": ("conversation", "channel"),
    "language": ("conversation", "language"),
    "team": ("team",),
    "segment": ("customer", "attributes", "segment"),
    "tier": ("customer", "tier"),
}
_OF_ACTION = {"kind": ("kind",), "action": ("name",)}


class View:
    """The facts of a proposal as one of its actions sees them. An unknown value is None everywhere.

    What was read once is known from then on; `shared` is what the actions of a proposal know together.
    """

    __slots__ = ("action", "facts", "known", "rates", "risk", "shared", "sieve")

    def __init__(
        self,
        facts: Mapping[str, Any],
        action: Mapping[str, Any],
        rates: Rates,
        shared: dict[Any, Any],
        sieve: Sieve,
    ) -> None:
        self.facts = facts
        self.action = action
        self.rates = rates
        self.risk: str | None = None
        self.shared = shared
        self.sieve = sieve
        self.known: dict[Any, Any] = {}

    def raw(self, fact: Fact) -> Any:
        """The value as it was gathered."""
        return _walk(self.action if fact.of_action else self.facts, fact.path)

    def seen(self, fact: Fact, read: Reading) -> list[Seen]:
        """What a reading of this fact gives."""
        known = self.known if fact.of_action else self.shared
        seen: list[Seen] | None = known.get(read)
        if seen is None:
            seen = known[read] = read(self)
        return seen

    def scoped(self, key: str) -> str | None:
        """What `match` compares with, folded."""
        if key == "risk":
            return self.risk
        path = _OF_ACTION.get(key)
        value = _walk(self.facts, _SCOPED[key]) if path is None else _walk(self.action, path)
        return _label(value)

    def number(self, fact: Fact) -> Decimal | None:
        """A number, or how many words a list has."""
        value = self.raw(fact)
        return exact(len(value)) if isinstance(value, list) and fact.kind is Kind.WORDS else exact(value)

    def money(self, fact: Fact) -> Money:
        """What is at stake, in the policy's currency."""
        value = self.raw(fact)
        if value is None and fact.name == "action.value" and self.action.get("kind") in MOVES_NO_MONEY:
            return self.rates.money({"amount": "0", "currency": self.rates.currency})
        money = self.rates.money(value)
        return size_of(money) if fact.name == "action.value" else money

    def series(self, fact: Fact) -> list[Decimal]:
        """The known numbers of a series, oldest first."""
        value = self.raw(fact)
        found = (exact(one) for one in value) if isinstance(value, list) else ()
        return [number for number in found if number is not None]

    def text(self, fact: Fact) -> str | None:
        """All that was said, one message a line."""
        if fact.name not in self.shared:
            value = self.raw(fact)
            parts = value if isinstance(value, list) else [value]
            self.shared[fact.name] = "\n".join(part for part in parts if isinstance(part, str)) or None
        said: str | None = self.shared[fact.name]
        return said

    def worth_a_look(self, fact: Fact) -> bool:
        """Whether any pattern of the policy may be found in that text."""
        key = ("worth a look", fact.name)
        if key not in self.shared:
            self.shared[key] = self.sieve.keeps(self.text(fact) or "")
        worth: bool = self.shared[key]
        return worth


def _walk(value: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def _label(value: Any) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return folded(value) if isinstance(value, str) and value else None
