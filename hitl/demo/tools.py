"""What the shop's agents can do in its systems: described once, with the arguments that each takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

_ORDER: Final = {"type": "string", "pattern": "^WF-[0-9]{5}$", "title": "Order"}
_CUSTOMER: Final = {"type": "string", "pattern": "^cus_[0-9]+$", "title": "Customer"}
_MONEY: Final = {"type": "string", "pattern": "^[0-9]{1,6}[.][0-9]{2}$", "title": "Amount"}
_CURRENCY: Final = {"type": "string", "pattern": "^[A-Z]{3}$", "title": "Currency"}
_LINE: Final = {"type": "string", "minLength": 1, "maxLength": 300}
_TEXT: Final = {"type": "string", "minLength": 1, "maxLength": 4000, "title": "Text"}


@dataclass(frozen=True, slots=True)
class Tool:
    """One change an agent may ask for; `schema` is what its arguments must be like."""

    does: str
    reversible: bool
    schema: dict[str, Any]


def _tool(does: str, *, reversible: bool, **arguments: dict[str, Any]) -> Tool:
    optional = {name for name, kind in arguments.items() if kind.get("default") is not None}
    schema = {
        "type": "object",
        "required": sorted(arguments.keys() - optional),
        "properties": arguments,
        "additionalProperties": False,
    }
    return Tool(does, reversible, schema)


def _line(title: str) -> dict[str, Any]:
    return {**_LINE, "title": title}


TOOLS: Final[dict[str, Tool]] = {
    "refund_order": _tool(
        "Pays money back to the card or account that the order was paid with",
        reversible=False,
        order_id=_ORDER,
        amount=_MONEY,
        currency={**_CURRENCY, "default": "EUR"},
        reason=_line("Reason"),
    ),
    "issue_voucher": _tool(
        "Adds a voucher to the customer's account; unused vouchers can be taken back",
        reversible=True,
        customer_id=_CUSTOMER,
        amount=_MONEY,
    ),
    "apply_discount": _tool(
        "Lowers the price of an open order",
        reversible=True,
        order_id=_ORDER,
        percent={"type": "integer", "minimum": 1, "maximum": 60, "title": "Percent"},
    ),
    "cancel_order": _tool(
        "Stops an order; the frame goes back to stock and the slot at the workshop is lost",
        reversible=False,
        order_id=_ORDER,
        reason=_line("Reason"),
    ),
    "cancel_plan": _tool(
        "Ends the repair plan on the given day",
        reversible=False,
        customer_id=_CUSTOMER,
        plan=_line("Plan"),
        ends_on={"type": "string", "format": "date", "title": "Last day"},
    ),
    "change_address": _tool(
        "Sends an order that has not left the warehouse to another address",
        reversible=True,
        order_id=_ORDER,
        street=_line("Street and number"),
        postcode=_line("Postcode"),
        city=_line("City"),
    ),
    "send_replacement": _tool(
        "Sends the item again, free of charge",
        reversible=False,
        order_id=_ORDER,
        item=_line("Item"),
    ),
    "accept_return": _tool(
        "Opens a return and mails a label to the customer",
        reversible=True,
        order_id=_ORDER,
        reason=_line("Reason"),
    ),
    "book_workshop": _tool(
        "Books a slot at the workshop",
        reversible=True,
        customer_id=_CUSTOMER,
        day=_line("Day"),
        work=_line("Work"),
    ),
    "credit_invoice": _tool(
        "Credits part of a business customer's open invoice",
        reversible=False,
        invoice=_line("Invoice"),
        amount=_MONEY,
        reason=_line("Reason"),
    ),
    "reset_second_factor": _tool(
        "Removes the second factor; the next sign-in needs the password alone",
        reversible=False,
        customer_id=_CUSTOMER,
    ),
    "change_email": _tool(
        "Moves the account to another e-mail address",
        reversible=True,
        customer_id=_CUSTOMER,
        email=_line("E-mail"),
    ),
    "close_account": _tool(
        "Closes the account and stops all mail",
        reversible=False,
        customer_id=_CUSTOMER,
        reason=_line("Reason"),
    ),
    "erase_account": _tool(
        "Erases the account and all personal data that the law does not oblige us to keep",
        reversible=False,
        customer_id=_CUSTOMER,
    ),
    "export_personal_data": _tool(
        "Sends a copy of all personal data to the address of the account",
        reversible=False,
        customer_id=_CUSTOMER,
        deliver_to=_line("E-mail"),
    ),
    "send_reply": Tool(
        "Sends this answer to the customer",
        reversible=False,
        schema={"type": "object", "required": ["text"], "properties": {"text": _TEXT}, "additionalProperties": False},
    ),
    "hand_over": _tool(
        "Passes the conversation to a person",
        reversible=True,
        team=_line("Team"),
        note=_line("Note"),
    ),
}
