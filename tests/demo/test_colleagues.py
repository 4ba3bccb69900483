"""What the demo's reviewers type when much is at stake is what the desk asks for."""

from typing import Any

import pytest

from hitl.demo.colleagues import amount_of
from reviewqueue.domain import rulings
from tests import factories

pytestmark = pytest.mark.django_db


def moves(call_id: str, amount: str, currency: str = "EUR") -> dict[str, Any]:
    value = {"amount": amount, "currency": currency}
    return factories.action(call_id=call_id, args={"amount": amount}, value=value)


@pytest.mark.parametrize(
    ("actions", "typed"),
    [
        ([moves("a", "350.00")], "350.00"),
        ([moves("a", "20.00"), moves("b", "20.00")], "40.00"),
        ([moves("a", "20.00"), moves("b", "20.00", "USD"), moves("c", "20.00")], "40.00 EUR + 20.00 USD"),
        ([factories.action(call_id="a", value=None)], ""),
    ],
    ids=["one", "equal amounts", "two currencies", "no money"],
)
def test_a_simulated_reviewer_types_each_sum_as_the_desk_asks_for_it(actions: list[dict[str, Any]], typed: str) -> None:
    approved = [{"call_id": each["call_id"], "type": "approve"} for each in actions]
    factories.policy(risk_levels=[{"match": {}, "level": "critical"}])
    case = factories.case(actions=actions)
    assert amount_of(approved, actions) == typed
    assert len(rulings.checked(case, approved, typed_amount=typed)) == len(actions)


def test_nothing_is_typed_of_what_is_rejected_and_of_an_edit_what_it_makes() -> None:
    actions = [moves("a", "20.00"), moves("b", "35.00")]
    ruled = [{"call_id": "a", "type": "reject"}, {"call_id": "b", "type": "edit", "args": {"amount": "30.00"}}]
    assert amount_of(ruled, actions) == "30.00"
