"""The shop's own systems: orders, accounts and money in memory, and the till where actions are carried out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Any, Final

from hitl.demo.encounters import Encounter
from hitl_client import FinalAction, OutcomeUnknownError, Receipt

# Out of a hundred payments so many fail, and of so many nobody knows.
FAILS_PERCENT: Final = 5
UNKNOWN_PERCENT: Final = 2
# The books of a demo that runs all night stay small.
MOST_ENTRIES: Final = 2000


class ShopError(Exception):
    """The shop's systems said no; nothing changed."""


@dataclass(slots=True)
class Order:
    """An order as the books have it."""

    customer: str
    paid: Decimal
    currency: str
    state: str = "open"
    refunded: Decimal = Decimal(0)
    sent_to: str = ""
    remarks: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Account:
    """A customer's account as the books have it."""

    email: str
    state: str = "open"
    vouchers: Decimal = Decimal(0)
    second_factor: bool = True
    remarks: list[str] = field(default_factory=list)


class Shop:
    """Executes what was approved. A refusal raises ShopError; OutcomeUnknownError when the bank did not answer."""

    def __init__(
        self, chance: Random, *, fails_percent: int = FAILS_PERCENT, unknown_percent: int = UNKNOWN_PERCENT
    ) -> None:
        self.orders: dict[str, Order] = {}
        self.accounts: dict[str, Account] = {}
        self.invoices: dict[str, Decimal] = {}
        self.sent: list[str] = []
        self._chance = chance
        self._fails, self._unknown = fails_percent, unknown_percent
        self._receipts = 0

    def admit(self, encounter: Encounter) -> None:
        """Open the books for the customer and the order of an encounter; what is there already stays."""
        words, scenario = encounter.words, encounter.scenario
        paid = max(Decimal(words["price"]), Decimal(words["amount"]))
        self.accounts.setdefault(words["customer"], Account(words["email"]))
        self.orders.setdefault(words["order"], Order(words["customer"], paid, scenario.currency))
        self.invoices.setdefault(words["invoice"], Decimal(48_900))
        for book in (self.orders, self.accounts, self.invoices):
            _forget_oldest(book)

    def execute(self, action: FinalAction) -> Receipt:
        """Carry out one approved action; its arguments are taken as they stand."""
        perform = _TILL.get(action.name)
        if perform is None:
            raise ShopError(f"The shop has no {action.name}.")
        result = perform(self, action.args)
        self._receipts += 1
        return Receipt(result, external_ref=f"wf_{action.name}_{self._receipts}")

    def refund_order(self, args: dict[str, Any]) -> dict[str, Any]:
        order = self._order(args)
        amount, currency = Decimal(str(args["amount"])), args.get("currency", "EUR")
        if amount <= 0:
            raise ShopError("A refund is more than nothing.")
        if currency != order.currency:
            raise ShopError(f"The order was paid in {order.currency}.")
        if order.refunded + amount > order.paid:
            raise ShopError(f"Only {order.paid - order.refunded} {currency} of this order can still be paid back.")
        self._bank_may_fail()
        order.refunded += amount
        return {"refunded": f"{amount:.2f}", "currency": currency, "left": f"{order.paid - order.refunded:.2f}"}

    def issue_voucher(self, args: dict[str, Any]) -> dict[str, Any]:
        account = self._account(args)
        account.vouchers += Decimal(str(args["amount"]))
        return {"vouchers": f"{account.vouchers:.2f}"}

    def apply_discount(self, args: dict[str, Any]) -> dict[str, Any]:
        order = self._order(args)
        order.paid -= (order.paid * args["percent"] / 100).quantize(Decimal("0.01"))
        return {"price": f"{order.paid:.2f}"}

    def cancel_order(self, args: dict[str, Any]) -> dict[str, Any]:
        order = self._order(args)
        if order.state != "open":
            raise ShopError(f"The order is {order.state} already.")
        order.state = "cancelled"
        return {"state": order.state}

    def change_address(self, args: dict[str, Any]) -> dict[str, Any]:
        order = self._order(args)
        order.sent_to = f"{args['street']}, {args['postcode']} {args['city']}"
        return {"sent_to": order.sent_to}

    def credit_invoice(self, args: dict[str, Any]) -> dict[str, Any]:
        invoice, amount = args["invoice"], Decimal(str(args["amount"]))
        if self.invoices.get(invoice, Decimal(0)) < amount:
            raise ShopError(f"Invoice {invoice} is not open for that much.")
        self.invoices[invoice] -= amount
        return {"open": f"{self.invoices[invoice]:.2f}"}

    def change_email(self, args: dict[str, Any]) -> dict[str, Any]:
        self._account(args).email = args["email"]
        return {"email": args["email"]}

    def reset_second_factor(self, args: dict[str, Any]) -> dict[str, Any]:
        self._account(args).second_factor = False
        return {"second_factor": False}

    def close_account(self, args: dict[str, Any]) -> dict[str, Any]:
        self._account(args).state = "closed"
        return {"state": "closed"}

    def erase_account(self, args: dict[str, Any]) -> dict[str, Any]:
        account = self._account(args)
        account.email, account.state, account.remarks = "", "erased", []
        return {"state": "erased"}

    def note_on_order(self, args: dict[str, Any]) -> dict[str, Any]:
        remark = ", ".join(str(value) for name, value in args.items() if name != "order_id")
        self._order(args).remarks.append(remark)
        return {"noted": remark}

    def note_on_account(self, args: dict[str, Any]) -> dict[str, Any]:
        remark = ", ".join(str(value) for name, value in args.items() if name != "customer_id")
        self._account(args).remarks.append(remark)
        return {"noted": remark}

    def send(self, args: dict[str, Any]) -> dict[str, Any]:
        self.sent.append(str(args.get("text", args.get("note", ""))))
        del self.sent[:-MOST_ENTRIES]
        return {"delivered": True}

    def _order(self, args: dict[str, Any]) -> Order:
        order = self.orders.get(args["order_id"])
        if order is None:
            raise ShopError(f"There is no order {args['order_id']}.")
        return order

    def _account(self, args: dict[str, Any]) -> Account:
        account = self.accounts.get(args["customer_id"])
        if account is None or account.state == "erased":
            raise ShopError(f"There is no account {args['customer_id']}.")
        return account

    def _bank_may_fail(self) -> None:
        roll = self._chance.randrange(100)
        if roll < self._unknown:
            raise OutcomeUnknownError("The bank did not answer in time; the payment may or may not have gone out.")
        if roll < self._unknown + self._fails:
            raise ShopError("The bank refused the payment: this card has expired.")


def _forget_oldest(book: dict[str, Any]) -> None:
    while len(book) > MOST_ENTRIES:
        del book[next(iter(book))]


_TILL: Final[dict[str, Callable[[Shop, dict[str, Any]], dict[str, Any]]]] = {
    "refund_order": Shop.refund_order,
    "issue_voucher": Shop.issue_voucher,
    "apply_discount": Shop.apply_discount,
    "cancel_order": Shop.cancel_order,
    "change_address": Shop.change_address,
    "credit_invoice": Shop.credit_invoice,
    "change_email": Shop.change_email,
    "reset_second_factor": Shop.reset_second_factor,
    "close_account": Shop.close_account,
    "erase_account": Shop.erase_account,
    "send_replacement": Shop.note_on_order,
    "accept_return": Shop.note_on_order,
    "cancel_plan": Shop.note_on_account,
    "book_workshop": Shop.note_on_account,
    "export_personal_data": Shop.note_on_account,
    "send_reply": Shop.send,
    "hand_over": Shop.send,
}
VERBS: Final = frozenset(_TILL)
