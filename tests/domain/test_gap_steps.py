"""The steps of a gap: by the wrong person, twice at once, out of order; and how failures and effects are counted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from audit.models import Entry
from hitl.accounts.models import User
from reviewqueue.domain import gaps, letters, takeover
from reviewqueue.domain.quality import Judgement
from reviewqueue.models import Case, Failure, Gap
from reviewqueue.queries import gap_effect
from reviewqueue.queries import gaps as queries
from reviewqueue.refusal import Refusal
from tests import factories
from tests.domain.test_gaps import _found, _override
from tests.domain.test_quality import decided as approved
from tests.domain.test_quality import judge, lead, sampled

pytestmark = pytest.mark.django_db
Step = Callable[[Gap, User, int], Gap]


def assign(gap: Gap, who: User, version: int) -> Gap:
    return gaps.assign(gap, owner=who, area="source", person=who, version=version, at=factories.now())


def change(gap: Gap, who: User, version: int) -> Gap:
    return gaps.change(gap, what="Rewritten", url="", person=who, version=version, at=factories.now())


def dismiss(gap: Gap, who: User, version: int) -> Gap:
    return gaps.dismiss(gap, note="None", person=who, version=version, at=factories.now())


def reopen(gap: Gap, who: User, version: int) -> Gap:
    return gaps.reopen(gap, person=who, version=version, at=factories.now())


STEPS: list[Step] = [assign, change, dismiss, reopen]


def a_gap() -> Gap:
    _override()
    (gap,) = _found()
    return gap


@pytest.mark.covers("R96")
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("role", ["reviewer", "admin", "auditor"])
def test_nobody_without_the_right_takes_a_step(step: Step, role: str) -> None:
    gap = a_gap()
    with pytest.raises(Refusal) as refused:
        step(gap, factories.person(role), 1)
    gap.refresh_from_db()
    assert (refused.value.slug, gap.state, gap.version) == ("forbidden", "open", 1)


@pytest.mark.parametrize("step", [assign, dismiss, reopen])
def test_an_owner_says_what_they_changed_and_nothing_else(step: Step) -> None:
    gap, ana, boss = a_gap(), factories.person(), factories.person("qa_lead")
    gap = gaps.assign(gap, owner=ana, area="prompt", person=boss, version=1, at=factories.now())
    with pytest.raises(Refusal, match="Your role"):
        step(gap, ana, 2)
    assert change(gap, ana, 2).state == "changed"


def test_whoever_was_replaced_as_owner_says_nothing_any_more() -> None:
    gap, ana, boss = a_gap(), factories.person(), factories.person("qa_lead")
    gap = gaps.assign(gap, owner=ana, area="prompt", person=boss, version=1, at=factories.now())
    gap = gaps.assign(gap, owner=boss, area="prompt", person=boss, version=2, at=factories.now())
    with pytest.raises(Refusal, match="Your role"):
        change(gap, ana, 3)


def test_nobody_owns_a_gap_who_does_not_work_here_any_more() -> None:
    gap, boss = a_gap(), factories.person("qa_lead")
    with pytest.raises(Refusal, match="somebody who works here"):
        gaps.assign(
            gap, owner=factories.person(is_active=False), area="source", person=boss, version=1, at=factories.now()
        )


@pytest.mark.parametrize("first", [assign, change, dismiss])
@pytest.mark.parametrize("second", [assign, change, dismiss])
def test_of_two_who_saw_the_same_the_second_is_told(first: Step, second: Step) -> None:
    gap, boss, other = a_gap(), factories.person("qa_lead"), factories.person("supervisor")
    first(gap, boss, 1)
    with pytest.raises(Refusal) as refused:
        second(gap, other, 1)
    gap.refresh_from_db()
    assert (refused.value.slug, refused.value.extra, gap.version) == ("stale-version", {"version": 2}, 2)
    assert Entry.objects.filter(subject=gap.subject).count() == 2


@pytest.mark.parametrize(
    ("steps", "state"),
    [
        ([change, assign], "changed"),
        ([dismiss, change], "changed"),
        ([dismiss, assign], "assigned"),
        ([dismiss, reopen], "open"),
        ([assign, dismiss, reopen], "assigned"),
        ([assign, change, change], "changed"),
    ],
)
def test_steps_in_any_order_lead_where_they_say(steps: list[Step], state: str) -> None:
    gap, boss = a_gap(), factories.person("qa_lead")
    for version, step in enumerate(steps, start=1):
        gap = step(gap, boss, version)
    assert (gap.state, gap.version) == (state, len(steps) + 1)


@pytest.mark.parametrize("before", [[], [assign], [change]])
def test_what_is_open_is_not_opened_again(before: list[Step]) -> None:
    gap, boss = a_gap(), factories.person("qa_lead")
    for version, step in enumerate(before, start=1):
        gap = step(gap, boss, version)
    with pytest.raises(Refusal, match="open already"):
        reopen(gap, boss, len(before) + 1)


@pytest.mark.covers("R95")
def test_a_takeover_is_a_failure_but_not_where_the_customer_asked_for_a_person() -> None:
    boss = factories.person("supervisor")
    asked = [{"name": "human", "category": "human_request", "when": {"fact": "intent", "is": "human"}}]
    factories.policy(triggers=[each | {"outcome": "review"} for each in asked])
    for intent in ("refund", "refund", "human"):
        takeover.take_over(factories.case(intent=intent), person=boss, note="", at=factories.now())
    (gap,) = _found()
    assert (gap.intent, gap.cases) == ("refund", 2)
    assert {(each.origin, each.intent) for each in Failure.objects.all()} == {("takeover", "refund")}
    gaps.find(at=factories.now() + timedelta(minutes=2))
    assert Failure.objects.count() == 2


@pytest.mark.covers("R96")
def test_what_a_person_wrote_after_taking_over_is_the_better_answer() -> None:
    boss, at = factories.person("supervisor"), factories.now()
    for text in ("Batteries are covered for two years.", ""):
        case = takeover.take_over(factories.case(), person=boss, note="It does not know the warranty.", at=at)
        if text:
            letters.write(case, person=boss, text=text, at=at)
    (gap,) = _found()
    examples = queries.examples(gap, boss)
    assert queries.best_answer(examples) == "Batteries are covered for two years."
    assert {example.words.gap for example in examples} == {"It does not know the warranty."}


@pytest.mark.covers("R95", "R96")
def test_an_error_found_in_quality_assurance_gives_its_reason_its_words_and_its_harm() -> None:
    said = Judgement("error", codes=["wrong_fact"], knowledge_gap="Batteries are covered for two years")
    judge(sampled(approved()), lead(), said)
    _override("Batteries are covered for two years")
    (gap,) = _found()
    assert (gap.cases, gap.title) == (2, "Batteries are covered for two years")
    assert sorted(Failure.objects.values_list("origin", "reason")) == [
        ("qa", "wrong_fact"),
        ("reject", "missing_information"),
    ]
    assert sorted(dict(queries.reasons(gap))) == ["missing_information", "wrong_fact"]


@pytest.mark.covers("R96")
@pytest.mark.parametrize(("failed_after", "state"), [(0, "verified"), (3, "changed")])
def test_before_and_after_are_told_with_their_intervals_and_only_a_sure_fall_verifies(
    failed_after: int, state: str
) -> None:
    now, boss = factories.now(), factories.person("qa_lead")
    changed_at = now - timedelta(days=10)
    for n in range(8):
        _override(at=changed_at - timedelta(days=9) + timedelta(hours=n))
    gap = _found()[0]
    gap = assign(gap, boss, gap.version)
    gap = gaps.change(gap, what="Rewritten", url="", person=boss, version=gap.version, at=changed_at)
    for n in range(4):
        at = changed_at + timedelta(days=1, hours=n)
        if n < failed_after:
            _override(at=at)
        else:
            factories.decide(factories.claimed(who := factories.person(), at=at), who, at=at)
    gaps.find(at=now)
    gap.refresh_from_db()
    before, after, moved = (gap.effect[name] for name in ("before", "after", "change"))
    assert (before["hits"], before["n"], after["hits"], after["n"]) == (8, 8, failed_after, 4)
    assert moved["low"] <= moved["value"] < moved["high"]
    assert ((moved["high"] < 0), gap.state) == (state == "verified", state)
    assert Case.objects.count() == 12


@pytest.mark.covers("R96", "R117")
def test_an_error_found_where_somebody_looked_for_a_reason_is_in_no_rate() -> None:
    factories.policy(oversight=[{"match": {}, "mode": "out_of_the_loop"}])
    wrong = Judgement("error", codes=["wrong_fact"], knowledge_gap="Batteries are covered for two years")
    for kind, said in (("targeted", wrong), ("random", wrong), ("random", Judgement("ok"))):
        chance = 0.5 if kind == "random" else None
        judge(sampled(factories.case(), kind=kind, inclusion_probability=chance), lead(), said)
    (gap,) = _found()
    start = factories.now() - timedelta(days=1)
    found = gap_effect.seen(gap, start, factories.now())
    assert (gap.cases, found.changed, found.approved, found.released) == (2, 0, 0, 3)
    assert sorted(found.of_released) == [(2.0, False), (2.0, True)]


@pytest.mark.covers("R96", "R117")
def test_a_drawn_case_counts_in_the_effect_as_often_as_it_stands_for() -> None:
    rulings = {"changed": 10, "approved": 90}
    rare, often = gap_effect.Drawn(50, failed=False), gap_effect.Drawn(50, failed=True)
    seen = gap_effect.Seen(**rulings, released=300, of_approved=[], of_released=[rare] * 5 + [often])
    alone = seen.share(approved=False, released=False)
    assert (alone.value, alone.hits, alone.n, alone.effective) == (0.1, 10, 100, 100)
    whole = seen.share(approved=False, released=True)
    assert whole.value == pytest.approx((10 + 50) / 400)
    assert (whole.hits, whole.n) == (11, 106)
    assert whole.effective == pytest.approx(400**2 / (100 + 6 * 50**2))
    assert whole.bounds[1] - whole.bounds[0] > alone.bounds[1] - alone.bounds[0]
    doubtful = gap_effect.Seen(**rulings, released=0, of_approved=[gap_effect.Drawn(2, failed=True)], of_released=[])
    assert doubtful.share(approved=True, released=False).value == 1.0


@pytest.mark.covers("R96")
def test_released_cases_are_looked_at_where_both_stretches_have_some() -> None:
    now, boss = factories.now(), factories.person("qa_lead")
    factories.policy(oversight=[{"match": {}, "mode": "out_of_the_loop"}])
    wrong = Judgement("error", codes=["wrong_fact"], knowledge_gap="Batteries are covered for two years")
    old = now - timedelta(days=2)
    for at, said in ((old, wrong), (old, wrong), (now, Judgement("ok"))):
        judge(sampled(factories.case(at=at), inclusion_probability=0.25), lead(), said)
    (gap,) = _found()
    gap = assign(gap, boss, gap.version)
    gap = gaps.change(gap, what="New", url="", person=boss, version=gap.version, at=now - timedelta(days=1))
    effect = gap_effect.of(gap, at=now + timedelta(days=2))
    assert (effect.before.value, effect.after.value, effect.before.n, effect.after.n) == (1.0, 0.0, 2, 1)
    alone = gap_effect.of(gap, at=now - timedelta(hours=1))
    assert (alone.before.value, alone.after.value, alone.change) == (None, None, None)
