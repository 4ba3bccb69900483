"""The evidence beside each claim of a draft: customer record, conversation and sources as grounds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from reviewqueue.engine import evidence
from reviewqueue.engine.evidence import Claim, Finding, Ground, Support
from reviewqueue.web.render import opening, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from reviewqueue.models import Case
    from reviewqueue.web.briefing import Briefing
    from reviewqueue.web.card import Card

# Arguments of such names hold a number that means one thing in the shop.
_NAMING = ("id", "number", "order", "iban", "card", "account", "invoice")


@dataclass
class Evidence:
    """The claims of a card's draft as typed now, each with its support."""

    card: Card
    grounds: Sequence[Ground]

    @cached_property
    def findings(self) -> list[Finding]:
        """What has no support first."""
        order = {Support.NONE: 0, Support.OWN: 1, Support.FOUND: 2}
        return sorted(evidence.check(_stated(self.card), self.grounds), key=lambda found: order[found.support])

    @property
    def unsupported(self) -> int:
        """How many claims nobody but the agent supports."""
        return sum(found.support is not Support.FOUND for found in self.findings)

    @property
    def supported(self) -> int:
        """How many claims are supported."""
        return len(self.findings) - self.unsupported


def of(cards: Iterable[Card], case: Case, told: Briefing) -> dict[str, Evidence]:
    """The evidence of each card by its prefix."""
    grounds = [*_record(case), *_conversation(told), *_sources(told)]
    return {card.prefix: Evidence(card, grounds) for card in cards}


def summary(checked: Iterable[Evidence]) -> dict[str, int]:
    """What goes on record with a decision: how many claims there were and how many without support."""
    counted = [(len(each.findings), each.unsupported) for each in checked]
    return {"claims": sum(all_ for all_, _none in counted), "unsupported": sum(none for _all, none in counted)}


def _stated(card: Card) -> Iterator[Claim]:
    currency = card.plain.currency
    for key, value in _leaves(card.args):
        if key == "amount" and isinstance(value, str | int | float) and not isinstance(value, bool):
            yield evidence.amount(str(value), currency)
        elif isinstance(value, str | int) and not isinstance(value, bool) and _names_something(key):
            yield evidence.number(str(value))
        elif isinstance(value, str):
            yield from evidence.claims(value)


def _names_something(key: str) -> bool:
    return words(key).rsplit(" ", 1)[-1] in _NAMING


def _record(case: Case) -> Iterator[Ground]:
    record = case.document.get("customer") or {}
    label = _("Customer record")
    for key, value in record.items():
        if key == "attributes" and isinstance(value, dict):
            yield from (Ground(f"{label}: {words(name)}", _text(held)) for name, held in value.items())
        elif value:
            yield Ground(f"{label}: {words(key)}", _text(value))


def _text(value: Any) -> str:
    if isinstance(value, dict) and {"amount", "currency"} <= value.keys():
        return f"{value['amount']} {value['currency']}"
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_text(held)}" for key, held in value.items())
    return ", ".join(map(_text, value)) if isinstance(value, list) else str(value)


def _conversation(told: Briefing) -> Iterator[Ground]:
    for n, message in enumerate(told.messages, 1):
        label = _("%(who)s, message %(number)d") % {"who": message.origin, "number": n}
        yield Ground(opening(label), message.text, own=message.role == "agent")


def _sources(told: Briefing) -> Iterator[Ground]:
    for source in told.sources:
        yield Ground(source.title or _("Source"), f"{source.title}\n{source.text}")


def cited(source: str, cards: Iterable[Card]) -> list[tuple[str, bool]]:
    """A source's text in pieces, each with whether a draft repeats it."""
    drafts = [value for card in cards for value in _texts(card.args)]
    pieces, at = [], 0
    for start, end in evidence.cited(source, drafts):
        pieces += [(source[at:start], False), (source[start:end], True)]
        at = end
    return [piece for piece in (*pieces, (source[at:], False)) if piece[0]]


def _texts(args: Mapping[str, Any]) -> list[str]:
    return [value for _key, value in _leaves(args) if isinstance(value, str)]


def _leaves(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Every single value in arguments, with the last name on the way to it."""
    if isinstance(value, dict):
        for name, held in value.items():
            yield from _leaves(held, name)
    elif isinstance(value, list):
        for held in value:
            yield from _leaves(held, key)
    else:
        yield key, value
