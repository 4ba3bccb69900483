"""What a reader takes for the same text is the same text."""

import pytest

from reviewqueue.engine.wording import folded, listed, quoted, readable


@pytest.mark.parametrize("name", ["order_status", "Order-Status", "ORDER STATUS", "\uff4frder_status"])
def test_names_are_one_however_they_are_spelled(name: str) -> None:
    assert folded(name) == "order_status"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("  two\n\twords ", "two words"),
        ("don’t", "don't"),
        ("law\u200byer", "lawyer"),
        ("\u202elawyer\u202c", "lawyer"),
        ("l\U000e0061awyer", "lawyer"),
        ("law\x1cyer", "lawyer"),
        ("one\u2028two", "one two"),
        ("ku\u0308ndigen", "kündigen"),
        ("k\u200bu\u0308ndigen", "kündigen"),
        ("\u00a0Straße\u00a0", "Straße"),
        ("👩\u200d🚒 helps", "👩🚒 helps"),
        ("", ""),
    ],
)
def test_text_is_read_as_a_person_reads_it(text: str, read: str) -> None:
    assert readable(text) == read


def test_excerpts_stay_short() -> None:
    assert quoted("lawyer") == "“lawyer”"
    assert (len(quoted("x" * 500)), quoted("x" * 500)[-2:]) == (82, "…”")


def test_lists_read_like_sentences() -> None:
    assert [listed(words) for words in (["a"], ["a", "b"], ["a", "b", "c"])] == ["a", "a and b", "a, b and c"]


def test_a_name_is_read_alike_however_long_it_is() -> None:
    assert [folded("A-" * half) for half in (100, 101)] == ["a_" * 100, "a_" * 101]
