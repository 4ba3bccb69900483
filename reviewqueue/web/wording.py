"""An action in plain words, taken from its canonical name and arguments and never from what the agent says of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from reviewqueue.queries.numbers import decimal, money
from reviewqueue.web import phrasing
from reviewqueue.web.render import opening, untrusted, words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reviewqueue.models import Wording

_LONGEST = 160


@dataclass(frozen=True, slots=True)
class Plain:
    """What an action does: a headline, the money that moves, and whether it can be taken back (``None``: unknown)."""

    headline: SafeString
    short: str
    amount: str
    currency: str
    reversible: bool | None
    # Set when the arguments move another amount than the agent declared as the action's value.
    declared: str = ""
    # What an admin wrote about what follows from it.
    effect: SafeString = SafeString("")  # noqa: RUF009 - immutable

    @property
    def money(self) -> str:
        """``350.00 EUR``, empty when no money moves."""
        return f"{self.amount} {self.currency}".strip()

    @property
    def shown(self) -> str:
        """The same as people write it: ``1,350.00 EUR``."""
        return money(self.amount, self.currency)

    @property
    def consequence(self) -> str:
        """The sentence about taking it back."""
        if self.reversible is None:
            return _("Nobody said whether this can be undone: treat it as final.")
        return _("can be undone") if self.reversible else _("cannot be undone")


def plain(
    action: Mapping[str, Any],
    args: Mapping[str, Any],
    *,
    customer: str = "",
    wording: Wording | None = None,
    record: Mapping[str, Any] | None = None,
) -> Plain:
    """The action with these arguments (the proposed ones, or edited ones), in an admin's words where there are any."""
    value = action.get("value") or {}
    amount, currency = _money(args, value)
    declared = _contradiction(action["args"], value) if args == action["args"] else ""
    shown = money(amount, currency)
    told = {"args": args, "value": shown, "customer": record or {}}
    return Plain(
        headline=phrasing.headline(wording, told) or _headline(action, args, shown, customer),
        effect=phrasing.effect(wording, told),
        short=_short(action),
        amount=amount,
        currency=currency,
        reversible=action.get("reversible"),
        declared=declared,
    )


def _money(args: Mapping[str, Any], value: Mapping[str, Any]) -> tuple[str, str]:
    """The arguments are what runs, so their amount counts; the declared value only where they have none."""
    currency = args.get("currency") if isinstance(args.get("currency"), str) else value.get("currency")
    if decimal(args.get("amount")) is not None:
        return str(args["amount"]).strip(), str(currency or "")[:12]
    return str(value.get("amount") or ""), str(value.get("currency") or "")


def _contradiction(args: Mapping[str, Any], value: Mapping[str, Any]) -> str:
    told, meant = decimal(value.get("amount")), decimal(args.get("amount"))
    if told is None or meant is None or told == meant:
        return ""
    return f"{value['amount']} {value.get('currency') or ''}".strip()


def _short(action: Mapping[str, Any]) -> str:
    kinds = {"reply": _("reply"), "question": _("question"), "handoff": _("handover")}
    return kinds.get(action["kind"]) or words(action["name"])


def _headline(action: Mapping[str, Any], args: Mapping[str, Any], money: str, customer: str) -> SafeString:
    who = untrusted(customer) if customer else _("the customer")
    match action["kind"]:
        case "reply":
            return format_html(_("Sends this reply to {}"), who)
        case "question":
            return format_html(_("Asks {} this question"), who)
        case "handoff" if says := _wish(action["name"]):
            return format_html(says, who)
        case "handoff":
            return format_html("{}", _("Hands the conversation over to a person"))
    name = untrusted(opening(words(action["name"])) or "?")
    if money:
        return format_html("{}: <b class='num'>{}</b>", name, untrusted(money))
    return format_html("{}{}", name, _about(args))


def _wish(name: str) -> str:
    """What customers ask for themselves (``domain/customers.py``)."""
    wishes = {
        "call_back": _("{} wants to be called"),
        "look_again": _("{} contests a decision"),
        "answer_contact": _("{} wrote by the contact form"),
        "talk_to_a_person": _("{} wants to talk to a person"),
    }
    return wishes.get(name, "")


def _about(args: Mapping[str, Any]) -> SafeString:
    """The first short argument says what it is about: "Cancel order: A-1"."""
    short = (str(value) for value in args.values() if isinstance(value, str | int) and not isinstance(value, bool))
    first = next((text for text in short if 0 < len(text) <= _LONGEST), "")
    return format_html(": {}", untrusted(first)) if first else SafeString("")
