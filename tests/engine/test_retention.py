"""Who is asked again for what stands in the record."""

import pytest

from reviewqueue.engine import retention
from reviewqueue.engine.retention import Known

CUSTOMER = {
    "id": "cus_71",
    "name": "Maya R.",
    "attributes": {"email": "maya@example.org", "city": "Bonn", "zip": 53111},
}
SAID = [
    {"seq": 1, "role": "customer", "text": "My order #W2378156 came late. Call me: +49 228 123456"},
    {"seq": 2, "role": "agent", "text": "Order A-9 you mean?"},
]
KNOWN = retention.known(CUSTOMER, [{"address": "Larch Lane 3", "items": [{"invoice_id": "INV-1"}]}], SAID)

pytestmark = pytest.mark.covers("R62", "R108")


def test_the_record_knows_what_customer_agent_and_case_said() -> None:
    assert {(fact.kind, fact.value, fact.where) for fact in KNOWN} == {
        ("name", "Maya R.", "the customer's record"),
        ("customer_number", "cus_71", "the customer's record"),
        ("email", "maya@example.org", "the customer's record"),
        ("postcode", "53111", "the customer's record"),
        ("address", "Larch Lane 3", "the agent's proposal"),
        ("invoice_number", "INV-1", "the agent's proposal"),
        ("order_number", "#W2378156", "message 1"),
        ("phone", "+49 228 123456", "message 1"),
    }


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Could you please tell me your order number?", ["order_number"]),
        ("What's your e-mail address and your name?", ["name", "email"]),
        ("I need your postcode and the invoice number.", ["postcode", "invoice_number"]),
        ("May I have your phone number?", ["phone"]),
        ("Wie lautet Ihre Bestellnummer?", ["order_number"]),
        ("Bitte nennen Sie mir Ihre E-Mail-Adresse.", ["email"]),
        ("Können Sie mir Ihre Anschrift schicken?", ["address"]),
        ("Order number?", ["order_number"]),
    ],
)
def test_a_question_for_a_known_fact_is_found(text: str, kinds: list[str]) -> None:
    assert [fact.kind for fact in retention.asked_again(text, KNOWN)] == kinds


@pytest.mark.parametrize(
    "text",
    [
        "Is it still the order number #W2378156?",
        "Shall I use maya@example.org as your email?",
        "I have your order number and will look at once.",
        "Thank you for your address.",
        "Wir haben Ihre Bestellnummer, ich schaue nach.",
        "Your parcel leaves today.",
        "What is your tracking number?",
        "",
    ],
)
def test_confirming_stating_and_asking_for_the_unknown_are_fine(text: str) -> None:
    assert retention.asked_again(text, KNOWN) == []


def test_a_very_long_or_hostile_text_is_read_in_bounded_time() -> None:
    text = "please " * 30_000 + "order number?" + "\u202e" * 1000
    assert retention.asked_again(text, [Known("order_number", "A-1", "message 1")]) == []
