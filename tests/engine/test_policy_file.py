"""A policy is one YAML or JSON file, read strictly."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reviewqueue.engine import policy_file
from reviewqueue.engine.policy import PolicyError, parse
from reviewqueue.engine.starting import FILE, starting_policy

words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
documents = st.dictionaries(
    words,
    st.recursive(
        st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.floats(-1e9, 1e9) | words,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
        max_leaves=8,
    ),
    max_size=5,
)


@pytest.mark.covers("R35")
def test_yaml_and_json_say_the_same() -> None:
    document = starting_policy()
    assert policy_file.load(json.dumps(document)) == document
    assert policy_file.load(policy_file.dump(document)) == document
    assert parse(policy_file.load(json.dumps(document))).digest == parse(document).digest


@given(documents)
@example({"0E0": "1e3", "1": "~", "true": "null", "": "no"})
def test_what_is_written_reads_back_equal(document: dict[str, Any]) -> None:
    assert policy_file.load(policy_file.dump(document)) == document


def test_words_stay_words() -> None:
    text = "{a: no, b: on, c: 12:30, d: 2026-01-31, e: 1_000, f: 0o17, g: 007, h: .5, i: .inf, j: Null, k: True}"
    document = policy_file.load(text)
    assert document == dict(
        zip(
            "abcdefghijk",
            ["no", "on", "12:30", "2026-01-31", "1_000", "0o17", "007", ".5", ".inf", "Null", "True"],
            strict=True,
        )
    )


def test_numbers_are_those_of_json() -> None:
    assert policy_file.load("{a: 10, b: -0.6, c: 1e3, d: 1.5E-2, e: true, f: null, g: ~, h: }") == {
        "a": 10,
        "b": -0.6,
        "c": 1000.0,
        "d": 0.015,
        "e": True,
        "f": None,
        "g": None,
        "h": None,
    }


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name: a\nname: b", "the key name stands twice at line 1, column 1"),
        ("a: {b: 1, b: 2}", "the key b stands twice at line 1, column 4"),
        ("a: &x [1]\nb: *x", "anchors and aliases have no place here at line 2, column 4"),
        ("a: [1", "expected ',' or ']', but got '<stream end>' at line 1, column 6"),
        ("a: !!python/object/apply:os.system [ls]", None),
        ("a: !custom 1", None),
        ("- a", "must be a mapping of keys to values"),
        ("", "must be a mapping of keys to values"),
        ("just words", "must be a mapping of keys to values"),
        ("[" * 100_000, "is not YAML that can be read"),
        ("a: \x07", None),
        ("? {a: 1}\n: 2", None),
        ("a" * (1 << 20 | 1), "the file is longer than 1048576 characters"),
    ],
)
def test_what_cannot_be_read_safely_is_refused_with_its_place(text: str, says: str | None) -> None:
    with pytest.raises(PolicyError) as refused:
        policy_file.load(text)
    (fault,) = refused.value.faults
    assert fault.says == (says or fault.says)
    assert fault.says


def test_merge_keys_are_plain_keys() -> None:
    assert policy_file.load("a: 1\n<<: {b: 2}") == {"a": 1, "<<": {"b": 2}}


def test_the_starting_policy_comes_with_its_reasons() -> None:
    text = FILE.read_text(encoding="utf-8")
    assert text.startswith("# The policy a new desk starts with.")
