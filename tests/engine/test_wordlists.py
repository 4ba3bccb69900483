"""The ready-made lists: each in the language that it is offered as."""

import re

import pytest

from reviewqueue.engine.wordlists import word_lists

# Of each language, words that the other one does not have.
ENGLISH = re.compile(r"(?<![a-z])(?:the|my|not|your|you|paid|payments?|complaints?|claims?|closing)(?![a-z])")
GERMAN = re.compile(r"(?<![a-z])(?:ich|nicht|nie|konto|meine|ihr|beschwerde|zahlung|auskunft)(?![a-z])")


@pytest.mark.covers("R18", "R20")
@pytest.mark.parametrize("one", word_lists(), ids=lambda one: one.key)
def test_no_list_holds_patterns_of_the_other_language(one) -> None:
    other = {"en": GERMAN, "de": ENGLISH}[one.language]
    # A tag or an article of a law is the same in both; `nicht` also stands in the name of a group.
    assert [pattern for pattern in one.patterns if other.search(pattern.replace("(?:", " "))] == []
    assert one.patterns != ()
