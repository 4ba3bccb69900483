"""A case that was chosen for a reason and drawn at random is judged once, and counts when its turn comes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from audit.models import Entry
from reviewqueue.domain import once, quality, sampling
from reviewqueue.domain.quality import Judgement
from reviewqueue.models import Case, QaVerdict, Sampled, SamplePlan
from reviewqueue.queries import agreement, drawing, failures, judging
from reviewqueue.refusal import Refusal
from tests import factories
from tests.domain.test_quality import ERROR, OK, decided, judge, lead, refused, sampled

pytestmark = [pytest.mark.django_db, pytest.mark.covers("R93", "R117")]


def drawn_plan() -> SamplePlan:
    plan = sampling.open_plan(at=factories.now())
    SamplePlan.objects.filter(pk=plan.pk).update(drawn_at=factories.now())
    plan.refresh_from_db()
    return plan


def both(**fields: Any) -> tuple[Sampled, Sampled]:
    """The same case, chosen and drawn."""
    case = decided()
    return chosen(case), sampled(case, **fields)


def chosen(case: Case) -> Sampled:
    return sampled(case, kind="targeted", reason="complaint", inclusion_probability=None, stratum="")


def state(row: Sampled) -> tuple[str, str]:
    row.refresh_from_db()
    return row.state, row.verdict


def test_whoever_judges_the_drawn_one_has_judged_both() -> None:
    drawn_plan()
    other, row = both()
    who = lead()
    assert list(judging.waiting(who)) == [row]
    judge(row, who, ERROR)
    assert (state(row), state(other)) == (("settled", "error"), ("settled", "error"))
    assert QaVerdict.objects.count() == 1
    assert Entry.objects.get(subject=other.subject, kind="qa.settled").data["judged_as"] == row.pk
    assert refused(other, lead()) == "already-judged"


def test_by_the_address_of_the_chosen_one_the_drawn_one_is_judged() -> None:
    drawn_plan()
    other, row = both()
    assert judge(other, lead()).sampled_id == row.pk
    assert (state(row), state(other)) == (("settled", "ok"), ("settled", "ok"))


def test_judged_when_it_was_chosen_it_counts_when_its_turn_comes_and_is_not_asked_again() -> None:
    drawn_plan()
    first, second = sampled(position=0), sampled(position=1)
    case = decided()
    other, who = chosen(case), lead()
    judge(other, who, ERROR)
    row = sampled(case, position=2)
    assert list(judging.waiting(lead())) == [first, second]
    judge(first, who)
    assert state(row) == ("waiting", "")
    judge(second, lead())
    assert state(row) == ("settled", "error")
    assert (row.inclusion_probability, row.verdicts.count(), judging.given(row).count()) == (0.5, 0, 1)
    assert refused(row, lead()) == "already-judged"


def test_after_two_weeks_nobody_is_waited_for_any_more() -> None:
    plan = drawn_plan()
    sampled(position=0)
    case = decided()
    judge(chosen(case), lead())
    row = sampled(case, position=1)
    assert once.take_over(plan, at=factories.now()) == 0
    assert once.take_over(plan, at=factories.now() + timedelta(days=15)) == 1
    assert (state(row), once.take_over(plan, at=factories.now() + timedelta(days=15))) == (("settled", "ok"), 0)


@pytest.mark.covers("R118")
def test_of_two_who_judge_a_drawn_one_the_first_may_have_judged_it_when_it_was_chosen() -> None:
    drawn_plan()
    case, first, second, third = decided(), lead(), lead(), lead()
    other = chosen(case)
    judge(other, first, OK)
    row = sampled(case, double=True)
    assert (list(judging.waiting(first)), list(judging.waiting(second))) == ([], [row])
    assert (judging.blind_to(second, row), judging.blind_to(second, other)) == ([], [])
    judge(row, second, ERROR)
    assert state(row)[0] == "disputed"
    assert agreement.overall([row.plan_id]).same.n == 1
    judge(row, third, ERROR)
    assert (state(row), [each.position for each in judging.given(row)]) == (("settled", "error"), [1, 2, 3])


def test_chosen_after_it_was_judged_it_is_settled_at_once() -> None:
    drawn_plan()
    row = sampled()
    judge(row, lead(), ERROR)
    made = sampling.choose(row.case, reason="asked", person=lead(), at=factories.now())
    assert made is not None
    assert state(made) == ("settled", "error")


def test_a_known_case_is_judged_for_itself() -> None:
    drawn_plan()
    case, who = decided(), lead()
    known = sampled(case, kind="calibration", inclusion_probability=None)
    judge(known, who, ERROR)
    row = sampled(case)
    assert list(judging.waiting(who)) == [row]
    judge(row, who, OK)
    assert (state(row), state(known)[0]) == (("settled", "ok"), "waiting")


def test_what_is_drawn_does_not_hang_on_what_was_chosen() -> None:
    factories.policy(oversight=[{"match": {}, "mode": "out_of_the_loop"}])
    for _each in range(12):
        factories.case(intent="greeting", actions=[factories.reply()])
    plan = sampling.open_plan(at=factories.now())
    plan.rules |= {"size": 6, "floor": 2}
    plan.save()
    before = drawn_cases(plan)
    for case in Case.objects.all()[:5]:
        sampling.choose(case, reason="asked", at=factories.now())
    assert drawn_cases(plan) == before


def drawn_cases(plan: SamplePlan) -> list[str]:
    made = drawing.design(plan, end=plan.to_at)
    return [row.case for stratum in made.strata for row in stratum.drawn]


@pytest.mark.covers("R95")
def test_an_error_found_twice_is_one_failure_and_one_that_a_third_denies_is_none() -> None:
    drawn_plan()
    _other, row = both()
    judge(row, lead(), Judgement("critical", codes=["wrong_amount"], knowledge_gap="The limit", severity="high"))
    denied = sampled(double=True)
    for said in (ERROR, OK, OK):
        judge(denied, lead(), said)
    known = sampled(kind="calibration", inclusion_probability=None)
    judge(known, lead(), ERROR)
    (failure,) = [each for each in failures.new(at=factories.now()) if each.origin == "qa"]
    assert (failure.case_id, failure.reason, failure.harm) == (row.case_id, "wrong_amount", 4 + failures.CRITICAL)
    failure.save()
    assert [each for each in failures.new(at=factories.now()) if each.origin == "qa"] == []


def test_two_answers_of_one_person_to_one_case_are_one() -> None:
    drawn_plan()
    other, row = both()
    who = lead()
    assert quality.judge(row, person=who, said=OK, at=factories.now()) == quality.judge(
        other, person=who, said=OK, at=factories.now()
    )
    with pytest.raises(Refusal, match="have judged this case already"):
        quality.judge(other, person=who, said=ERROR, at=factories.now())
