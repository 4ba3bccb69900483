"""Text as a search sees it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewqueue.engine.terms import terms


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Maya R.", ["maya", "r"]),
        ("Order A-1, order a-1", ["order", "a", "1"]),
        ("Müller straße", ["muller", "strasse"]),
        ("MU\u0308LLER", ["muller"]),
        ("re\u200bfund \u202ebidi", ["refund", "bidi"]),
        ("\ufb01ne \uff12\uff15", ["fine", "25"]),
        ("返金です", ["返", "金", "て", "す"]),
        ("환불 refund", ["환", "불", "refund"]),
        ("case_01jd cus_71", ["01jd", "cus", "71"]),
        ("\x00 \" ' * ( ) & | : ! -", []),
        ("", []),
    ],
)
def test_words_lose_case_accents_and_what_nobody_sees(text: str, found: list[str]) -> None:
    assert terms(text) == found


@given(st.text(max_size=400))
def test_whatever_is_written_only_letters_and_digits_are_left_and_none_twice(text: str) -> None:
    found = terms(text)
    assert [word for word in found if not word.isalnum() or len(word) > 60] == []
    assert len(found) == len(set(found))


@given(st.text(max_size=200))
def test_a_text_finds_itself(text: str) -> None:
    assert terms(" ".join(terms(text))) == terms(text)
