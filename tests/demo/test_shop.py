"""The shop's own systems: what is approved is done once and within bounds, everything else is refused."""

import random
from decimal import Decimal

import pytest

from hitl.demo.scenarios import SCENARIOS
from hitl.demo.shop import MOST_ENTRIES, VERBS, Shop, ShopError
from hitl.demo.tools import TOOLS
from hitl_client import FinalAction, OutcomeUnknownError
from tests.demo.conftest import encounter


@pytest.fixture
def shop():
    return Shop(random.Random(1), fails_percent=0, unknown_percent=0)


@pytest.fixture
def words(shop):
    """A customer with one order, known to the shop."""
    met = encounter("refund-late-delivery")
    shop.admit(met)
    return met.words


def refund(words, amount, **changes):
    return FinalAction(
        name="refund_order", args={"order_id": words["order"], "amount": amount, "reason": "x"} | changes
    )


# The slip asks for ten times what the jacket cost, which may be more than the whole order.
@pytest.mark.parametrize("name", sorted(SCENARIOS.keys() - {"refund-with-a-slip"}))
def test_the_shop_can_do_whatever_a_story_proposes(shop, name):
    met = encounter(name)
    shop.admit(met)
    for act in (*met.acts, *met.scenario.correction):
        receipt = shop.execute(FinalAction(name=act.name, args=met.arguments(act.args)))
        assert receipt.external_ref.startswith(f"wf_{act.name}_")


def test_a_refund_is_booked_on_its_order(shop, words):
    receipt = shop.execute(refund(words, "100.00"))
    paid = Decimal(words["price"])
    assert shop.orders[words["order"]].refunded == Decimal("100.00")
    assert receipt.result == {"refunded": "100.00", "currency": "EUR", "left": f"{paid - 100:.2f}"}


def test_no_more_is_paid_back_than_was_paid(shop, words):
    shop.execute(refund(words, "100.00"))
    with pytest.raises(ShopError, match="can still be paid back"):
        shop.execute(refund(words, words["price"]))
    assert shop.orders[words["order"]].refunded == Decimal("100.00")


@pytest.mark.parametrize("amount", ["0.00", "-5.00"])
def test_a_refund_of_nothing_is_refused(shop, words, amount):
    with pytest.raises(ShopError, match="more than nothing"):
        shop.execute(refund(words, amount))


def test_a_refund_in_another_currency_is_refused(shop, words):
    with pytest.raises(ShopError, match="paid in EUR"):
        shop.execute(refund(words, "10.00", currency="ISK"))


def test_an_order_that_is_not_there_is_refused(shop, words):
    with pytest.raises(ShopError, match="no order WF-00000"):
        shop.execute(refund(words, "10.00", order_id="WF-00000"))


def test_an_order_is_cancelled_once(shop, words):
    cancel = FinalAction(name="cancel_order", args={"order_id": words["order"], "reason": "x"})
    shop.execute(cancel)
    with pytest.raises(ShopError, match="cancelled already"):
        shop.execute(cancel)


def test_an_erased_account_is_gone(shop, words):
    erase = FinalAction(name="erase_account", args={"customer_id": words["customer"]})
    shop.execute(erase)
    assert shop.accounts[words["customer"]].email == ""
    with pytest.raises(ShopError, match="no account"):
        shop.execute(erase)


def test_an_action_that_the_shop_does_not_know_is_refused(shop):
    with pytest.raises(ShopError, match="no burn_down"):
        shop.execute(FinalAction(name="burn_down", args={}))


def test_every_tool_has_a_place_at_the_till():
    assert TOOLS.keys() == VERBS


@pytest.mark.parametrize(("percent", "error"), [("fails_percent", ShopError), ("unknown_percent", OutcomeUnknownError)])
def test_the_bank_sometimes_refuses_and_sometimes_does_not_answer(percent, error):
    shop = Shop(random.Random(1), **({"fails_percent": 0, "unknown_percent": 0} | {percent: 100}))
    met = encounter("refund-late-delivery")
    shop.admit(met)
    with pytest.raises(error):
        shop.execute(refund(met.words, "10.00"))
    assert shop.orders[met.words["order"]].refunded == 0


def test_an_encounter_that_comes_again_does_not_reset_the_books(shop, words):
    shop.execute(refund(words, "100.00"))
    shop.admit(encounter("refund-late-delivery"))
    assert shop.orders[words["order"]].refunded == Decimal("100.00")


def test_the_books_of_a_long_night_stay_small(shop):
    for number in range(1, MOST_ENTRIES + 10):
        shop.admit(encounter("open-on-saturday", number))
    assert {len(book) for book in (shop.orders, shop.accounts, shop.invoices)} == {MOST_ENTRIES}
    assert encounter("open-on-saturday", number).words["order"] in shop.orders
    assert encounter("open-on-saturday", 1).words["order"] not in shop.orders
