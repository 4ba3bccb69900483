"""What names somebody is swapped, the same for the same everywhere, and nothing else changes."""

import json
import re

import pytest

from reviewqueue.engine.redaction import among, swap

DOCUMENT = {
    "intent": "refund",
    "agent": {"version": "2026.11.3"},
    "customer": {
        "id": "cus_71",
        "name": "Maya Rivera",
        "tier": "gold",
        "attributes": {"city": "Hamburg"},
    },
    "conversation": {
        "id": "conv_8812",
        "messages": [
            {
                "seq": 1,
                "role": "customer",
                "at": "2026-11-20T12:00:00Z",
                "text": "Order A-4892 is late. Maya Rivera, Lindenstraße 12, 20095 Hamburg, +49 40 1234567, "
                "maya@rivera.example, DE89 3704 0044 0532 0130 00",
            },
            {"seq": 2, "role": "agent", "text": "Dear Maya, I refund 350.00 EUR for A-4892. Ask Mr Hoffmann."},
        ],
    },
    "actions": [
        {
            "call_id": "call_1",
            "kind": "tool_call",
            "name": "refund_order",
            "args": {"order_id": "A-4892", "amount": "350.00"},
            "value": {"amount": "350.00", "currency": "EUR"},
        }
    ],
}
PERSONAL = (
    "Maya",
    "Rivera",
    "rivera",
    "Lindenstraße",
    "20095",
    "Hamburg",
    "1234567",
    "DE89",
    "4892",
    "cus_71",
    "Hoffmann",
)


def test_nothing_that_names_anybody_is_left() -> None:
    text = json.dumps(swap(DOCUMENT, "a").document, ensure_ascii=False)
    assert [word for word in PERSONAL if word in text] == []


def test_the_same_thing_is_swapped_for_the_same_everywhere() -> None:
    swapped = swap(DOCUMENT, "a").document
    said = [message["text"] for message in swapped["conversation"]["messages"]]
    order, given = swapped["actions"][0]["args"]["order_id"], swapped["customer"]["name"].split()[0]
    assert (order in said[0], order in said[1]) == (True, True)
    assert (given in said[0], f"Dear {given}," in said[1]) == (True, True)


def test_what_is_proposed_and_when_stays() -> None:
    swapped = swap(DOCUMENT, "a").document
    (action,) = swapped["actions"]
    assert (action["name"], action["args"]["amount"], action["value"]) == (
        "refund_order",
        "350.00",
        {"amount": "350.00", "currency": "EUR"},
    )
    assert swapped["conversation"]["messages"][0]["at"] == "2026-11-20T12:00:00Z"
    assert "350.00 EUR" in swapped["conversation"]["messages"][1]["text"]
    assert (swapped["agent"], swapped["intent"]) == ({"version": "2026.11.3"}, "refund")
    assert swapped["customer"]["tier"] == "gold"


def test_the_same_seed_gives_the_same_and_another_gives_another() -> None:
    assert swap(DOCUMENT, "a") == swap(DOCUMENT, "a")
    assert swap(DOCUMENT, "a").document != swap(DOCUMENT, "b").document


def test_it_says_how_much_of_each_kind_was_swapped() -> None:
    assert swap(DOCUMENT, "a").counts == {
        "number": 5,
        "name": 4,
        "address": 3,
        "phone": 1,
        "e-mail": 1,
        "account": 1,
    }


@pytest.mark.parametrize("text", ["thread-8812:ckpt-1ef9", "A-1", "c7", "#4892"])
def test_an_id_of_the_same_shape_shares_no_digit_with_it_in_its_place(text: str) -> None:
    other = among([text], "a")
    assert len(other) == len(text)
    assert all(one != two for one, two in zip(text, other, strict=True) if one.isdecimal())


SEVEN = "0193f3a1-7c2e-7abc-8def-0123456789ab"


@pytest.mark.parametrize(
    ("known", "shape"),
    [
        (["conv-1044", "conv-1042", "conv-1039"], r"conv-10(40|41|43)"),
        (["conv-101", "conv-100", "conv-99"], r"conv-10[2-6]"),
        (["c00101", "c00099"], r"c00100"),
        (["t-3fa9", "t-b01c", "t-77de"], r"t-[0-9][a-f][a-f][0-9]"),
        (
            ["3f2a1b00-0000-4000-8000-00000000000a"],
            r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
        ),
        ([SEVEN], r"0193f3a1-7c2e-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
        ([SEVEN.upper()], r"0193F3A1-7C2E-7[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}"),
        (["only-one", "only-one"], r"only-[a-z]{3}"),
    ],
)
def test_an_id_among_others_could_be_one_of_them(known: list[str], shape: str) -> None:
    made = [among(known, f"seed {n}") for n in range(30)]
    assert [text for text in made if not re.fullmatch(shape, text)] == []
    assert set(made).isdisjoint(known)


@pytest.mark.parametrize("document", [{}, {"customer": {}, "actions": []}, {"customer": {"name": ""}}])
def test_a_proposal_that_names_nobody_stays_as_it_is(document: dict[str, object]) -> None:
    assert swap(document, "a").document == document


def test_hostile_names_are_text_and_no_pattern() -> None:
    document = {"customer": {"name": "(a+)+$ [x"}, "conversation": {"messages": [{"text": "I am (a+)+$ [x!"}]}}
    assert "(a+)+$" not in json.dumps(swap(document, "a").document)
