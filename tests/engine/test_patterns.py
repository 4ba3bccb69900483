"""Patterns that people type: what RE2 takes, and how long it may take."""

import time

import pytest

from reviewqueue.engine.patterns import PatternError, compiled, sieve, united
from tests.engine import given

TEXT = ("a" * 50 + " the quick brown fox 0123456789 " + "ab" * 20) * 820
SHAPES = [
    "(a+)+$",
    "(a|a)*$",
    "(a|aa)+$",
    "([a-z]+)*$",
    "(.*)*x!",
    "(x+x+)+y",
    "^(([a-z])+.)+[A-Z]([a-z])+$",
    "(a*)*b!",
    "((a*)*)*b!",
    "(?:a?){%d}a{%d}z",
    "(a{1,%d}){1,%d}z",
    "(\\w{1,%d}){1,%d}z",
    ".{0,%d}(x|a).{0,%d}z",
    "(x|a).{0,%d}z{1,%d}",
    "[ab].{%d}[ab].{%d}z",
    "(a.{0,%d}){%d}z",
    "(?i)\\pL{%d}\\pN{%d}",
    "(a|ab|abc|b){%d}(c|d){%d}z",
    "\\b(\\w+\\s){%d}(\\w+\\s){%d}z",
    "(?s).*(a|b).{%d}.{%d}!!",
]
EVIL = sorted(
    {shape % (n, n) if "%d" in shape else shape for shape in SHAPES for n in (3, 10, 20, 30, 45, 60, 100, 300, 999)}
)
NOT_RE2 = [
    "(",
    ")",
    "[",
    "*",
    "a**",
    "(?=x)",
    "(?!x)",
    "(?<=x)",
    "(x)\\1",
    "(?P<n>a)(?P=n)",
    "(?>a)",
    "a{2,1}",
    "\\p{Foo}",
]


def test_there_are_a_hundred_evil_ones() -> None:
    assert len(EVIL) >= 100


@pytest.mark.parametrize("source", EVIL)
def test_evil_patterns_are_refused_or_done_soon(source: str) -> None:
    assert len(TEXT) > 100_000
    try:
        pattern = compiled(source)
    except PatternError:
        return
    begun = time.process_time()
    pattern.search(TEXT)
    assert time.process_time() - begun < 0.5


@pytest.mark.parametrize("source", [*NOT_RE2, "a" * 1001, "(a{100}){100}", "\\pL{300}"])
def test_what_is_refused_is_said_at_its_path(source: str) -> None:
    when = {"fact": "text.customer", "matches_any": ["fine", source]}
    assert given.paths(given.document(given.rule(when))) == ["/triggers/0/when/matches_any/1"]


def test_patterns_that_are_too_much_together_are_refused_together() -> None:
    when = {"fact": "text.customer", "matches_any": [f"{letter}.{{60}}z" for letter in "abcdefghijklmnop"]}
    assert given.paths(given.document(given.rule(when))) == ["/triggers/0/when/matches_any"]


def test_flags_of_one_pattern_do_not_reach_the_next() -> None:
    patterns = united("(?i)lawyer", "court")
    assert [patterns.found(text) for text in ("LAWYER", "COURT", "court")] == [True, False, True]


def test_the_first_pattern_that_matches_gives_the_words() -> None:
    patterns = united("court", "lawyer")
    assert [patterns.first(text) for text in ("lawyer or court", "a lawyer", "peace")] == ["court", "lawyer", ""]


def test_an_alternative_in_a_pattern_stays_inside_it() -> None:
    assert united("^a|b$", "c").found("xcx")
    assert not united("^a|b$", "^c").found("xcx")


def test_a_sieve_keeps_what_one_of_its_patterns_may_find() -> None:
    both = sieve(["(?i)lawyer", "^court$"])
    assert [both.keeps(text) for text in ("a LAWYER", "court", "the COURT", "peace")] == [True, True, False, False]


def test_patterns_that_cannot_be_tried_together_make_a_sieve_that_keeps_everything() -> None:
    assert sieve(["(?P<name>a)", "(?P<name>b)"]).keeps("peace")


def test_a_sieve_keeps_texts_in_which_it_would_be_slower_than_its_parts() -> None:
    assert [sieve(["a"]).keeps("b" * length) for length in (20_000, 20_001)] == [False, True]
