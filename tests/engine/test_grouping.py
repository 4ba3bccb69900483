"""Failures that are about the same thing come together; the same ones give the same groups."""

from __future__ import annotations

import pytest

from reviewqueue.engine import grouping
from reviewqueue.engine.grouping import Failure

RETURNS = (
    "The 45 day return window is missing from the article about returns",
    "Return window for members is 45 days, article says 30",
    "Returns: window of 45 days for members is not in the article",
)
BATTERIES = (
    "Battery warranty is two years, not one",
    "The warranty for a battery covers two years",
)


def _failures(texts: tuple[str, ...], *, intent: str = "refund", start: int = 0, group: str = "") -> list[Failure]:
    return [Failure(f"f{start + n}", intent, text, (), group) for n, text in enumerate(texts)]


@pytest.mark.covers("R95", "R96")
def test_what_is_said_alike_comes_together() -> None:
    found = grouping.groups([*_failures(RETURNS), *_failures(BATTERIES, start=10)])
    assert found == {"f0": "f0", "f1": "f0", "f2": "f0", "f10": "f10", "f11": "f10"}


def test_the_same_failures_give_the_same_groups() -> None:
    several = [*_failures(RETURNS), *_failures(BATTERIES, start=10), *_failures(RETURNS, start=20, intent="return")]
    assert grouping.groups(several) == grouping.groups(list(several))


def test_intents_are_kept_apart() -> None:
    found = grouping.groups([*_failures(RETURNS[:1]), *_failures(RETURNS[1:2], start=5, intent="exchange")])
    assert found == {"f0": "f0", "f5": "f5"}


def test_what_is_near_joins_a_group_that_exists() -> None:
    known = _failures(RETURNS[:2], group="gap_1")
    found = grouping.groups([*known, *_failures(RETURNS[2:], start=7), *_failures(BATTERIES, start=10)])
    assert found == {"f7": "gap_1", "f10": "f10", "f11": "f10"}


def test_nothing_and_wordless_text_are_no_trouble() -> None:
    assert grouping.groups([]) == {}
    assert grouping.groups([Failure("f0", "", "1234 !!"), Failure("f1", "", "")]) == {"f0": "f0", "f1": "f1"}


def test_a_word_of_one_failure_alone_is_in_no_title() -> None:
    told = [Failure("f0", "", "Maya wants batteries"), Failure("f1", "", "Ben wants batteries")]
    assert grouping.telling(told) == ["batteries", "wants"]
