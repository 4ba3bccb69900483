"""What a policy says, what changed in it and what looks wrong, in German: every kind of sentence has one.

`policy_sentences.txt` has them, the English above the German. A new kind of sentence fails until it stands there.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from django.utils.translation import override

from reviewqueue.engine.blueprints import blueprints
from reviewqueue.engine.catalogue import FACTS, Kind
from reviewqueue.engine.differences import differences
from reviewqueue.engine.lints import lints
from reviewqueue.engine.policy import faults_of, parse
from reviewqueue.engine.policy_file import TOLD
from reviewqueue.engine.saying import Capital, Row, Saying, Told, row, say
from reviewqueue.queries.reader import said
from reviewqueue.queries.reason_words import CLAUSES, KINDS, LABELS, WITHIN
from tests import messages
from tests.engine import given
from tests.house import tree
from tests.web.policies_told import CHANGES, DESK, FINDINGS, RULES

pytestmark = pytest.mark.covers("R33", "R34")

FILE = tree.ROOT / "tests" / "web" / "policy_sentences.txt"
MODULES = (
    "differences",
    "first_match",
    "instead",
    "scope_changes",
    "changed_conditions",
    "wait_changes",
    "budget_changes",
    "lints",
    "limit_lints",
    "surroundings",
    "unmet",
    "telling",
    "telling_limits",
)


def _whole() -> Iterator[Told]:
    for before, after in CHANGES:
        yield from (one.words for one in differences(parse(before).document, parse(after).document))
    unheard = parse(FINDINGS[0]).document
    yield from (one.words for one in differences(unheard, unheard | {"of a later format": 1}))
    yield from (one.words for one in lints(unheard, replace(DESK, staffed=None)))
    for document in FINDINGS:
        yield from (one.words for one in lints(parse(document).document, DESK))
    for group, rule in RULES:
        yield row(*TOLD[group](rule, "EUR"))


def _written() -> str:
    told = dict.fromkeys((str(one), _german(one)) for one in _whole())
    return "".join(f"{english}\n  {german}\n" for english, german in told)


def _german(words: Told) -> str:
    with override("de"):
        return said(words)


def test_each_sentence_is_told_in_german_as_it_is_written_down() -> None:
    assert _written() == FILE.read_text()


def _kinds() -> list[messages.Message]:
    sources = [tree.text(tree.ROOT / "reviewqueue" / "engine" / f"{name}.py") for name in MODULES]
    return sorted({message for source in sources for message, _line in messages.in_python(source)})


@pytest.mark.parametrize("kind", _kinds(), ids=lambda kind: f"{kind.context}:{kind.text}")
def test_every_kind_of_sentence_is_among_them(kind: messages.Message) -> None:
    assert (kind.context, kind.text) in _used()


@cache
def _used() -> frozenset[tuple[str, str]]:
    return frozenset(found for one in _whole() for found in _templates(one))


def _templates(words: Told | str) -> Iterator[tuple[str, str]]:
    parts: list[Told | str] = []
    if isinstance(words, Saying):
        yield words.context, words.template
        parts = list(words.values.values())
    elif isinstance(words, Row):
        parts = [*words.parts, words.between]
    elif isinstance(words, Capital):
        parts = [words.of]
    for part in parts:
        yield from _templates(part)


@pytest.mark.parametrize("fact", FACTS.values(), ids=lambda fact: fact.name)
def test_every_fact_has_a_name_and_its_clauses(fact: Any) -> None:
    names = [fact.label] + ([f"number of {fact.label}"] if fact.kind is Kind.WORDS else [])
    assert all(name in LABELS and name in WITHIN for name in names)
    assert {fact.yes, fact.no} - {""} <= set(map(str, CLAUSES))


def test_every_kind_of_fact_has_a_name() -> None:
    assert list(map(str, KINDS)) == [kind.value for kind in Kind]


def test_every_trigger_to_begin_with_says_what_it_does_in_german() -> None:
    with override("de"):
        told = [(said(one.name), said(one.unit), said(one.example("EUR"))) for one in blueprints()]
    english = [(str(one.name), str(one.unit), str(one.example("EUR"))) for one in blueprints()]
    same = [one for one, other in zip(told, english, strict=True) if one[1] == other[1] or one[2] == other[2]]
    assert same == []


def test_in_english_the_reader_has_what_the_file_has() -> None:
    with override("en"):
        assert [said(one) for one in _whole()] == [str(one) for one in _whole()]


def test_a_fault_is_told_in_german() -> None:
    with override("de"):
        (fault,) = faults_of(given.document(name=""))
        assert said(fault.words) == "muss ein Text sein, der nicht leer ist"


def test_text_of_the_policy_is_never_taken_for_a_template() -> None:
    assert str(say("%(name)s is %(what)s", name="100 % %(what)s %s", what="so")) == "100 % %(what)s %s is so"
