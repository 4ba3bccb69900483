"""What a live agent's shop would have known beside the conversation: customers' records and passages of the policy."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from hitl.replay.conversation import Conversation, ToolCall, Unreadable, fit
from hitl_client import Action, AgentVersions, Briefing, Customer, Message, Money, Proposal, Source
from hitl_client import Conversation as Talk
from hitl_client.proposal import MOST_SOURCES

LONGEST_ISSUE = 500


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Customers by id, sources by the section of the policy that they come from."""

    customers: Mapping[str, Customer] = field(default_factory=dict)
    sources: Mapping[str, tuple[Source, ...]] = field(default_factory=dict)

    def proposal(self, talk: Conversation, call: ToolCall, messages: tuple[Message, ...]) -> Proposal:
        """Propose one write call with all that is known around it."""
        return Proposal(
            dedupe_key=key_of(talk, call),
            agent=AgentVersions(version=fit(talk.agent)) if talk.agent else None,
            conversation=Talk(id=talk.id, channel=fit(talk.channel), messages=messages),
            customer=self._customer(talk),
            actions=(Action(call_id=call.call_id, name=call.name, args=call.arguments, value=_money(call)),),
            briefing=_briefing(talk, call),
            sources=self._sources(call),
        )

    def _customer(self, talk: Conversation) -> Customer | None:
        if not talk.customer_id:
            return None
        return self.customers.get(talk.customer_id) or Customer(id=fit(talk.customer_id))

    def _sources(self, call: ToolCall) -> tuple[Source, ...] | None:
        found = {source.id: source for section in call.sections for source in self.sources.get(section, ())}
        return tuple(found.values())[:MOST_SOURCES] or None


def key_of(talk: Conversation, call: ToolCall) -> str:
    """Name a write for the desk: call ids repeat inside real conversations, places do not."""
    return f"replay:{talk.id}:{call.seq}:{call.index}"


def read_customers(file: Path, currency: str) -> dict[str, Customer]:
    """Read customers: `{"customer_id", "name"?, "address"?: {"country"}, "orders"?: [{"status", "total"}]}` a line.

    What they are worth is the sum of their orders that were not cancelled, in `currency`.
    Raises Unreadable with the line's number for a line that is none.
    """
    return {said["customer_id"]: _read_customer(said, currency) for said in _lines(file, "customer_id")}


def read_sources(file: Path) -> dict[str, tuple[Source, ...]]:
    """Read a policy's passages by section: `{"id", "section", "text", "path"?}` a line; raises like read_customers."""
    sections: dict[str, list[Source]] = defaultdict(list)
    for said in _lines(file, "id"):
        source = Source(id=said["id"], title=fit(said.get("path") or said.get("section")), text=fit(said.get("text")))
        sections[str(said.get("section"))].append(source)
    return {section: tuple(sources) for section, sources in sections.items()}


def _read_customer(said: Mapping[str, Any], currency: str) -> Customer:
    orders = [order for order in said.get("orders") or () if order.get("status") != "cancelled"]
    worth = sum((Decimal(str(order.get("total") or 0)) for order in orders), Decimal(0))
    country = (said.get("address") or {}).get("country")
    return Customer(
        id=said["customer_id"],
        name=fit(said.get("name")),
        lifetime_value=Money(amount=worth, currency=currency),
        attributes={"orders": len(orders), **({"country": country} if country else {})},
    )


def _lines(file: Path, needed: str) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(file.read_bytes().splitlines(), start=1):
        if not line.strip():
            continue
        said = json.loads(line)
        if not isinstance(said, dict) or not isinstance(said.get(needed), str):
            message = f"{file}, line {number}: no {needed}"
            raise Unreadable(message)
        yield said


def _money(call: ToolCall) -> Money | None:
    return Money(amount=call.value.amount, currency=call.value.currency) if call.value else None


def _briefing(talk: Conversation, call: ToolCall) -> Briefing | None:
    """The issue in the customer's own first words; a recording has no other summary."""
    words = (turn.text for turn in talk.turns if turn.role == "customer" and turn.text and turn.seq < call.seq)
    issue = next(words, None)
    return Briefing(issue=issue[:LONGEST_ISSUE]) if issue else None
