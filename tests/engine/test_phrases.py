"""Sentences that an admin writes are filled with plain data, or refused with what is wrong."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewqueue.engine import phrases

REFUND: dict[str, Any] = {
    "args": {
        "card": "4111 1111 1111 4242",
        "amount": 350,
        "lines": ["A-1", "B-2"],
        "deep": [{"to": "Berlin"}],
        "express": True,
    },
    "customer": {"name": "Maya R."},
    "value": "350.00 EUR",
}


def said(text: str, data: dict[str, Any] | None = None) -> str | None:
    pieces = phrases.render(phrases.parse(text), REFUND if data is None else data)
    return None if pieces is None else "".join(piece.text for piece in pieces)


def refused(text: str) -> list[str]:
    with pytest.raises(phrases.PhraseError) as error:
        phrases.parse(text)
    return [str(fault) for fault in error.value.faults]


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("Sends {value} to {args.card|last4}. Final.", "Sends 350.00 EUR to •••• 4242. Final."),
        ("{customer.name|upper} and {customer.name | lower}", "MAYA R. and maya r."),
        ("{args.lines|count}: {args.lines|list}, first {args.lines.0}", "2: A-1, B-2, first A-1"),
        ("to {args.deep.0.to}", "to Berlin"),
        ("{{literal}} {args.amount}", "{literal} 350"),
        ("express: {args.express}", "express: yes"),
        ("nothing to fill", "nothing to fill"),
        ("", ""),
    ],
)
def test_a_sentence_is_filled_from_the_action(text: str, reads: str) -> None:
    assert said(text) == reads


@pytest.mark.parametrize(
    "path", ["args.none", "args.card.number", "args.lines.9", "args.lines", "args.deep.0", "customer.id"]
)
def test_where_a_value_is_missing_there_is_no_half_sentence(path: str) -> None:
    assert said(f"Sends {{{path}}} away") is None
    assert phrases.missing(phrases.parse(f"{{{path}}} {{value}}"), REFUND) == [path]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{arg.amount}", "{arg.amount}: there is no arg; did you mean args?"),
        ("{args.card|last5}", "{args.card|last5}: there is no filter last5; did you mean last4?"),
        ("{args}", "{args} is not one value; write for example {args.name}."),
        ("{}", "{} names nothing; write for example {args.amount}."),
        ("{args..x}", "{args..x} names nothing; write for example {args.amount}."),
        ("open { brace", "The brace at character 6 has no partner; write it twice to show one."),
        ("x" * 501, "A sentence has at most 500 characters."),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(text: str, fault: str) -> None:
    assert refused(text) == [fault]


@pytest.mark.parametrize(
    "path", ["args.__class__", "args.card.__len__", "value.format", "customer.items", "args.lines.append"]
)
def test_there_is_no_way_to_an_attribute(path: str) -> None:
    assert said(f"{{{path}}}") is None


def test_what_comes_from_the_action_is_told_apart() -> None:
    pieces = phrases.render(phrases.parse("Pays {value} back"), REFUND)
    assert pieces == [("Pays ", False), ("350.00 EUR", True), (" back", False)]


def test_true_and_false_read_in_the_language_of_the_sentence() -> None:
    phrase = phrases.parse("{args.gift} {args.paid|last4}")
    data = {"args": {"gift": True, "paid": False}}
    told = [phrases.render(phrase, data, truth=truth) or [] for truth in (phrases.ENGLISH, phrases.GERMAN)]
    assert ["".join(text for text, _foreign in pieces) for pieces in told] == ["yes no", "ja nein"]


@given(st.text(max_size=80), st.dictionaries(st.text(max_size=5), st.text(max_size=9) | st.integers(), max_size=3))
def test_any_text_is_read_or_refused_and_never_breaks(text: str, args: dict[str, Any]) -> None:
    try:
        phrase = phrases.parse(text)
    except phrases.PhraseError as error:
        assert error.faults != []  # noqa: PT017 - both ways are right
        return
    assert (phrases.render(phrase, {"args": args}) is None) == bool(phrases.missing(phrase, {"args": args}))


@given(st.text(alphabet=st.characters(exclude_characters="{}"), max_size=80))
def test_text_without_braces_is_itself(text: str) -> None:
    assert said(text) == text
