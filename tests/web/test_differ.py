"""What an edit changed, word by word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewqueue.web import differ


def marked(before: str, after: str) -> str:
    """The difference in one line: [-gone-]{+come+}."""
    signs = {"same": "{}", "del": "[-{}-]", "ins": "{{+{}+}}"}
    return "".join(signs[piece.kind].format(piece.text) for piece in differ.compare(before, after))


@pytest.mark.covers("R141")
def test_changed_words_are_marked_and_the_rest_is_left() -> None:
    assert marked("We are sorry.", "We are very sorry.") == "We are {+very +}sorry."


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("We refunded 350.00 EUR.", "We refunded 320.00 EUR.", "We refunded [-350.00 EUR-]{+320.00 EUR+}."),
        ("on 2026-11-18", "on 2026-11-04", "on [-2026-11-18-]{+2026-11-04+}"),
        ("am 18.11.2026", "am 4.11.2026", "am [-18.11.2026-]{+4.11.2026+}"),
        ("€350", "€35", "[-€350-]{+€35+}"),
        ("12 % off", "15 % off", "[-12 %-]{+15 %+} off"),
        ("1.234,50 €", "1.334,50 €", "[-1.234,50 €-]{+1.334,50 €+}"),
        ("pay 1 234,50 €", "pay 1 334,50 €", "pay [-1 234,50 €-]{+1 334,50 €+}"),
        ("350 Euro", "320 Euro", "[-350 Euro-]{+320 Euro+}"),
        ("¥500", "¥600", "[-¥500-]{+¥600+}"),
        ("Pay -5 EUR", "Pay 5 EUR", "Pay [--5 EUR-]{+5 EUR+}"),
        ("on 18 November 2026", "on 19 November 2026", "on [-18 November 2026-]{+19 November 2026+}"),
        ("am 3. Dezember", "am 4. Dezember", "am [-3. Dezember-]{+4. Dezember+}"),
        ("May 12th, 2026", "May 13th, 2026", "[-May 12th, 2026-]{+May 13th, 2026+}"),
        ("maybe 5 of us", "maybe 6 of us", "maybe [-5-]{+6+} of us"),
    ],
)
def test_amounts_and_dates_stay_whole(before: str, after: str, shown: str) -> None:
    assert marked(before, after) == shown


def test_neighbouring_changes_are_one_change() -> None:
    assert marked("red small car", "blue large car") == "[-red small-]{+blue large+} car"


def test_equal_texts_have_no_change() -> None:
    assert differ.compare("same", "same") == [differ.Piece("same", "same")]
    assert differ.compare("", "") == []


def test_very_long_texts_are_shown_as_replaced() -> None:
    before, after = "a " * 20_000, "b " * 20_000
    assert [piece.kind for piece in differ.compare(before, after)] == ["del", "ins"]


@given(st.text(), st.text())
def test_nothing_of_either_text_is_lost(before: str, after: str) -> None:
    pieces = differ.compare(before, after)
    assert "".join(p.text for p in pieces if p.kind != "ins") == before
    assert "".join(p.text for p in pieces if p.kind != "del") == after
