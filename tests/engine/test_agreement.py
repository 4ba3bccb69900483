"""Agreement equals what other people's programs compute; who cannot tell bad from good corrects nothing."""

from __future__ import annotations

import random
import warnings

import krippendorff
import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from reviewqueue.engine import agreement
from reviewqueue.engine.estimates import Share

VALUES = ["ok", "error", "critical"]


def judged(seed: int, cases: int, people: int, *, missing: float = 0.3) -> list[list[str | None]]:
    """Invented verdicts of several people, who agree more often than not and leave some cases out."""
    dice = random.Random(seed)
    told = []
    for _case in range(cases):
        truth = dice.choice(VALUES)
        each = [truth if dice.random() < 0.7 else dice.choice(VALUES) for _person in range(people)]
        told.append([None if dice.random() < missing else value for value in each])
    return told


@pytest.mark.covers("R118")
@pytest.mark.parametrize("seed", range(5))
def test_kappa_is_what_scikit_learn_computes(seed: int) -> None:
    pairs = [(a, b) for a, b in judged(seed, 80, 2, missing=0) if a and b]
    theirs = cohen_kappa_score([a for a, _b in pairs], [b for _a, b in pairs])
    assert agreement.cohen_kappa(pairs) == pytest.approx(theirs, abs=1e-6)


@pytest.mark.covers("R118")
@pytest.mark.parametrize("seed", range(5))
def test_alpha_is_what_the_library_of_that_name_computes(seed: int) -> None:
    told = judged(seed, 60, 4)
    data = np.array([[VALUES.index(each) if each else np.nan for each in row] for row in told]).T
    theirs = krippendorff.alpha(reliability_data=data, level_of_measurement="nominal")
    ours = agreement.krippendorff_alpha([[each for each in row if each] for row in told])
    assert ours == pytest.approx(theirs, abs=1e-6)


def test_where_everybody_always_says_the_same_there_is_nothing_to_agree_about() -> None:
    assert agreement.cohen_kappa([("ok", "ok")] * 9) is None
    assert agreement.krippendorff_alpha([["ok", "ok"]] * 9) is None
    assert agreement.cohen_kappa([]) is None
    assert agreement.krippendorff_alpha([["ok"], ["error"]]) is None


def test_a_reviewer_who_sees_well_corrects_the_rate() -> None:
    said = [(True, True)] * 45 + [(True, False)] * 5 + [(False, False)] * 190 + [(False, True)] * 10
    skill = agreement.skill(said)
    assert (skill.sensitivity.value, skill.specificity.value, skill.informs) == (0.9, 0.95, True)
    true, low, high = agreement.rogan_gladen((0.135, 0.10, 0.18), skill)
    assert true == pytest.approx((0.135 + 0.95 - 1) / 0.85)
    assert low < 0.09 < true < 0.11 < high


@pytest.mark.parametrize(
    "said",
    [
        [],
        [(True, True)] * 8,
        [(True, True), (True, False), (False, True), (False, False)] * 20,
        [(True, True)] * 12 + [(True, False)] * 8 + [(False, True)] * 9 + [(False, False)] * 11,
    ],
)
def test_a_reviewer_who_may_be_guessing_corrects_nothing(said: list[tuple[bool, bool]]) -> None:
    skill = agreement.skill(said)
    assert not skill.informs
    with pytest.raises(agreement.NoInformationError):
        agreement.rogan_gladen((0.1, 0.05, 0.2), skill)


def test_the_corrected_interval_holds_as_often_as_it_says() -> None:
    dice, held, runs = np.random.default_rng(5), 0, 2_000
    true, found, left, n, bad, good = 0.1, 0.85, 0.92, 300, 80, 160
    for _run in range(runs):
        hits, kept = int(dice.binomial(bad, found)), int(dice.binomial(good, left))
        apparent = Share(int(dice.binomial(n, true * found + (1 - true) * (1 - left))), n)
        skill = agreement.Skill(Share(hits, bad), Share(kept, good))
        _rate, low, high = agreement.rogan_gladen((apparent.value or 0.0, *apparent.bounds), skill)
        held += low <= true <= high
    assert 0.93 <= held / runs <= 0.97


def test_ratings_given_as_numbers_or_words_agree_alike() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        words = agreement.krippendorff_alpha([["a", "b"], ["a", "a"], ["b", "b"]])
    assert words == agreement.krippendorff_alpha([[0, 1], [0, 0], [1, 1]])
