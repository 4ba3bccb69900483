"""Judging the sample: nobody their own, two blind to each other, a third where they differ."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from audit.actions import SYSTEM
from audit.models import Entry
from hitl.accounts.models import User
from reviewqueue.domain import checking, gaps, knowing, policies, quality, reviews, sampling, scorecards
from reviewqueue.domain.quality import Judgement
from reviewqueue.models import Case, Failure, QaRun, QaVerdict, Sampled, SamplePlan, Score
from reviewqueue.queries import agreement, judging, rates, reproaches, reviewing
from reviewqueue.refusal import Refusal
from tests import factories

pytestmark = pytest.mark.django_db
OK = Judgement("ok", should_have_been_reviewed=False)
ERROR = Judgement("error", should_have_been_reviewed=True, codes=["wrong_amount"], severity="high")


def sampled(case: Case | None = None, **fields: Any) -> Sampled:
    """A case of the week's sample, decided by somebody."""
    plan = sampling.open_plan(at=factories.now())
    case = case or decided()
    made: Sampled = Sampled.objects.create(
        **{"plan": plan, "case": case, "kind": "random", "stratum": "approved", "inclusion_probability": 0.5}
        | {"drawn_at": factories.now()}
        | fields
    )
    return made


def decided(by: User | None = None) -> Case:
    reviewer = by or factories.person()
    case = factories.claimed(reviewer)
    factories.decide(case, reviewer)
    return case


def lead() -> User:
    return factories.person("qa_lead")


def judge(which: Sampled, who: User, said: Judgement = OK) -> QaVerdict:
    return quality.judge(which, person=who, said=said, at=factories.now())


def refused(which: Sampled, who: User, said: Judgement = OK) -> str:
    with pytest.raises(Refusal) as answer:
        judge(which, who, said)
    return answer.value.slug


@pytest.mark.covers("R93", "R117")
def test_one_verdict_settles_a_case_and_is_on_record() -> None:
    which, who = sampled(), lead()
    judge(which, who, ERROR)
    which.refresh_from_db()
    assert (which.state, which.verdict, which.should_have_been_reviewed) == ("settled", "error", True)
    assert (which.codes, which.severity) == (["wrong_amount"], "high")
    entry = Entry.objects.get(subject=which.subject, kind="qa.judged")
    assert (entry.actor.id, entry.data["verdict"], entry.data["position"]) == (who.reference, "error", 1)


def test_saying_the_same_again_changes_nothing_and_another_verdict_is_refused() -> None:
    which, who = sampled(), lead()
    assert judge(which, who) == judge(which, who)
    assert refused(which, who, ERROR) == "already-judged"
    assert (QaVerdict.objects.count(), Entry.objects.filter(kind="qa.judged").count()) == (1, 1)


def test_a_settled_case_takes_no_further_verdict() -> None:
    which = sampled()
    judge(which, lead())
    assert refused(which, lead()) == "already-judged"


def test_nobody_judges_what_they_had_a_hand_in() -> None:
    reviewer = factories.person(reviews_quality=True)
    assert refused(sampled(decided(reviewer)), reviewer) == "forbidden"
    owner = lead()
    case = factories.claimed(reviewer, by=factories.agent(owner=owner))
    factories.decide(case, reviewer)
    assert refused(sampled(case), owner) == "forbidden"


def test_only_those_with_the_right_judge() -> None:
    which = sampled()
    for role in ("reviewer", "supervisor", "admin", "auditor"):
        assert refused(which, factories.person(role)) == "forbidden"
    judge(which, factories.person("reviewer", reviews_quality=True))
    assert refused(sampled(), factories.person("reviewer", reviews_quality=True, is_active=False)) == "forbidden"


def test_a_case_of_another_queue_is_not_there() -> None:
    which = sampled()
    stranger = factories.person("reviewer", reviews_quality=True, queues=["elsewhere"])
    assert refused(which, stranger) == "not-found"
    with pytest.raises(Refusal) as answer:
        judging.find(stranger, which.pk)
    assert answer.value.slug == "not-found"


def test_a_case_that_is_not_over_waits() -> None:
    which, who = sampled(factories.case()), lead()
    assert refused(which, who) == "not-yet"
    assert list(judging.waiting(who)) == []


@pytest.mark.covers("R118")
def test_two_who_agree_settle_a_double_case_and_neither_sees_the_other() -> None:
    which, first, second = sampled(double=True), lead(), lead()
    judge(which, first, ERROR)
    which.refresh_from_db()
    assert (which.state, which.verdict) == ("second", "")
    assert judging.blind_to(second, which) == []
    assert list(judging.waiting(first)) == []
    assert list(judging.waiting(second)) == [which]
    judge(which, second, ERROR)
    which.refresh_from_db()
    assert (which.state, which.verdict) == ("settled", "error")
    assert len(judging.blind_to(first, which)) == 2


@pytest.mark.covers("R118")
def test_a_third_person_settles_what_two_see_differently() -> None:
    which, first, second, third = sampled(double=True), lead(), lead(), lead()
    judge(which, first, OK)
    judge(which, second, ERROR)
    which.refresh_from_db()
    assert (which.state, which.verdict, which.settled_at) == ("disputed", "", None)
    assert refused(which, second, OK) == "already-judged"
    assert [each.position for each in judging.blind_to(third, which)] == [1, 2]
    assert [each.position for each in judging.blind_to(first, which)] == [1]
    judge(which, third, Judgement("critical", should_have_been_reviewed=True, severity="high"))
    which.refresh_from_db()
    assert (which.state, which.verdict, which.codes) == ("settled", "critical", [])
    kinds = ["qa.judged", "qa.judged", "qa.disputed", "qa.judged", "qa.settled"]
    assert [entry.kind for entry in Entry.objects.filter(subject=which.subject).order_by("seq")] == kinds


def test_an_answer_that_only_one_gave_is_no_disagreement() -> None:
    which = sampled(double=True)
    judge(which, lead(), Judgement("ok"))
    judge(which, lead(), OK)
    which.refresh_from_db()
    assert (which.state, which.should_have_been_reviewed) == ("settled", False)


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        (Judgement("fine"), "/verdict"),
        (Judgement("error", severity="huge"), "/severity"),
        (Judgement("error", codes=["nonsense"]), "/codes/0"),
        (Judgement("ok", scores={"facts": 3}), "/scores/facts"),
        (Judgement("ok", scores={"nonsense": 1}), "/scores/nonsense"),
        (Judgement("ok", note="x" * 4_001), "/note"),
        (Judgement("ok", codes=["tone"] * 21), "/codes/20"),
    ],
)
def test_what_does_not_fit_is_named(said: Judgement, pointer: str) -> None:
    which, who = sampled(), lead()
    with pytest.raises(Refusal) as answer:
        judge(which, who, said)
    assert (answer.value.slug, answer.value.errors[0]["pointer"]) == ("invalid-request", pointer)
    assert not QaVerdict.objects.exists()


def test_hostile_text_stays_text() -> None:
    which = sampled()
    made = judge(which, lead(), Judgement("ok", note="  <script>\x00alert(1)</script> "))
    assert made.note == "<script>alert(1)</script>"


def test_judging_changes_nothing_about_the_case() -> None:
    which = sampled()
    before = Case.objects.filter(pk=which.case_id).values().get()
    judge(which, lead(), ERROR)
    assert Case.objects.filter(pk=which.case_id).values().get() == before


def test_known_cases_are_judged_by_everybody_and_never_settled() -> None:
    which = sampled(kind="calibration", inclusion_probability=None)
    for who in (lead(), lead(), lead(), lead()):
        judge(which, who)
    which.refresh_from_db()
    assert (which.state, which.verdicts.count()) == ("waiting", 4)


def test_disputes_come_first_then_second_looks_then_the_draw() -> None:
    who = lead()
    plain, second, disputed = sampled(position=0), sampled(position=1, double=True), sampled(position=2, double=True)
    judge(second, lead())
    judge(disputed, lead())
    judge(disputed, lead(), ERROR)
    assert list(judging.waiting(who)) == [disputed, second, plain]


@pytest.mark.covers("R94")
def test_checks_leave_their_marks_beside_those_of_people() -> None:
    factories.policy(oversight=[{"match": {}, "mode": "out_of_the_loop"}])
    text = {"text": "We are sorry. We have refunded 120 EUR of your order A-1 to you."}
    case = factories.case(actions=[factories.reply(args=text)], language="en")
    which = sampled(case)
    factories.policy()
    assert (checking.check_waiting(at=factories.now()), checking.check_waiting(at=factories.now())) == (1, 0)
    judge(which, lead(), Judgement("error", scores={"facts": 0, "tone": 2}))
    marks = {(each.source, each.name): (each.value, each.says) for each in Score.objects.filter(sampled=which)}
    assert marks == {
        ("check", "claims"): (0.5, "120 EUR"),
        ("check", "policy"): (0.0, "–"),
        ("check", "outcome"): (None, ""),
        ("check", "language"): (1.0, "en"),
        ("check", "length"): (1.0, str(len(text["text"]))),
        ("check", "hidden"): (1.0, ""),
        ("person", "facts"): (0.0, ""),
        ("person", "tone"): (1.0, ""),
        ("person", "verdict"): (0.0, ""),
    }


def test_two_alarm_clocks_check_once() -> None:
    which = sampled()
    policy = policies.current(at=factories.now())[1]
    assert [checking.check(which, policy=policy, at=factories.now()) for _ in range(2)] == [True, False]
    assert Entry.objects.filter(kind="qa.checked").count() == 1


def test_a_scorecard_is_never_changed_only_followed() -> None:
    which, author = sampled(), lead()
    old = scorecards.current()
    scorecards.publish(
        title="Ours",
        items=[{"key": "speed", "title": "Was it quick?"}],
        codes=[{"code": "slow", "title": "Slow"}],
        actor=SYSTEM,
        at=factories.now(),
        author=author.pk,
    )
    made = judge(which, lead(), Judgement("error", codes=["slow"], scores={"speed": 1}))
    assert old is not None
    assert (made.scorecard_id, made.scores) == (old.version + 1, {"speed": 1})
    assert refused(sampled(), lead(), ERROR) == "invalid-request"


@pytest.mark.parametrize(
    ("items", "codes"),
    [
        ([{"key": "Bad Key", "title": "?"}], []),
        ([{"key": "verdict", "title": "?"}], []),
        ([{"key": "a", "title": "?"}, {"key": "a", "title": "?"}], []),
        ([{"key": "a", "title": ""}], []),
        ([], [{"code": f"c{n}", "title": "?"} for n in range(21)]),
    ],
)
def test_a_scorecard_that_does_not_fit_is_refused(items: list[Any], codes: list[Any]) -> None:
    with pytest.raises(Refusal):
        scorecards.publish(title="Ours", items=items, codes=codes, actor=SYSTEM, at=factories.now())


def test_checks_read_customer_and_sources_and_leave_out_what_is_empty() -> None:
    source = {"id": "s1", "title": "Refund policy", "text": "Late delivery: up to 400 EUR."}
    customer = {"id": "cus-1", "name": "", "lifetime_value": {"amount": "2400.00", "currency": "EUR"}}
    reviewer = factories.person()
    case = factories.claimed(reviewer, sources=[source], customer=customer, actions=[factories.reply()])
    factories.decide(case, reviewer)
    sampled(case)
    assert checking.check_waiting(at=factories.now()) == 1
    assert Sampled.objects.get().checked_at is not None


def test_what_is_known_of_a_case_says_how_and_nothing_else_is_said_later() -> None:
    who, case, at = lead(), decided(), factories.now()
    sampling.open_plan(at=at)
    with pytest.raises(Refusal, match="how it is known"):
        knowing.record(case, bad=True, basis=" ", person=who, at=at)
    first = knowing.record(case, bad=True, basis="The refund was twice as large.", person=who, at=at)
    again = knowing.record(case, bad=True, basis="The refund was twice as large.", person=who, at=at)
    with pytest.raises(Refusal, match="Something else"):
        knowing.record(case, bad=False, basis="All was well.", person=who, at=at)
    assert (first.pk, Entry.objects.filter(kind="qa.known").count()) == (again.pk, 1)


def test_a_review_is_begun_once_gone_through_in_words_that_fit_and_signed_once() -> None:
    who, at = lead(), factories.now()
    plan = sampling.open_plan(at=at)
    run = reviews.begin(of="week", period=plan.week, person=who, at=at)
    assert reviews.begin(of="week", period=plan.week, person=who, at=at).pk == run.pk
    with pytest.raises(Refusal, match="no such step"):
        reviews.tick(run, step="judged", note="", person=who, at=at)
    with pytest.raises(Refusal, match="at most 8000"):
        reviews.tick(run, step="critical", note="x" * 8001, person=who, at=at)
    reviews.tick(run, step="critical", note="none", person=who, at=at)
    assert "critical" not in reviews.tick(run, step="critical", note="", person=who, at=at, done=False).steps
    with pytest.raises(Refusal, match="Sum up"):
        reviews.sign_off(run, summary=" ", person=who, at=at)
    assert Entry.objects.filter(kind="qa_run.started").count() == 1


def test_a_review_that_is_signed_stays_as_it_was_signed() -> None:
    who, at = lead(), factories.now()
    run = reviews.begin(of="week", period=sampling.open_plan(at=at).week, person=who, at=at)
    QaRun.objects.filter(pk=run.pk).update(signed_off_at=at, signed_off_by=who, summary="All is well.")
    assert reviews.sign_off(run, summary="Nothing is well.", person=who, at=at).summary == "All is well."
    assert not Entry.objects.filter(kind="qa_run.signed_off").exists()
    with pytest.raises(Refusal, match="signed off"):
        reviews.tick(run, step="critical", note="late", person=who, at=at)


@pytest.mark.covers("R95")
def test_an_error_without_a_why_is_taken_said_to_be_one_and_completed_by_whoever_found_it() -> None:
    one, ana, boss = sampled(), lead(), lead()
    verdict = judge(one, ana, Judgement("error", should_have_been_reviewed=True))
    assert Entry.objects.get(kind="qa.judged").data["why"] == "not said why"
    gaps.find(at=factories.now() + timedelta(minutes=1))
    assert Failure.objects.get().reason == ""
    assert [each.pk for each in reproaches.unsaid(ana)] == [each.pk for each in reproaches.unsaid(boss)] == [verdict.pk]
    why = Judgement("error", codes=["wrong_fact"], knowledge_gap="The new limit")
    assert refused(one, ana, Judgement("critical", codes=["wrong_fact"])) == "already-judged"
    assert refused(one, boss, why) == "already-judged"
    for _twice in range(2):
        judge(one, ana, replace(why, should_have_been_reviewed=True))
    assert Entry.objects.filter(kind="qa.completed").count() == 1
    assert (QaVerdict.objects.get().knowledge_gap, Failure.objects.get().reason) == ("The new limit", "wrong_fact")
    one.refresh_from_db()
    assert (one.codes, reproaches.unsaid(ana)) == (["wrong_fact"], [])


def test_the_first_of_two_leaves_no_trace_in_the_list_of_a_lead() -> None:
    one, ana, boss = sampled(double=True), lead(), lead()
    judge(one, ana, Judgement("error"))
    assert (len(reproaches.unsaid(ana)), reproaches.unsaid(boss)) == (1, [])


@pytest.mark.covers("R93", "R117")
def test_the_report_tells_codes_of_drawn_cases_as_rates_and_those_of_chosen_ones_apart() -> None:
    chosen = Judgement("error", codes=["tone"])
    judge(sampled(), lead(), ERROR)
    judge(sampled(), lead(), OK)
    judge(sampled(kind="targeted", reason="asked", stratum="", inclusion_probability=None), lead(), chosen)
    plan = SamplePlan.objects.get()
    cell = ["approved", "seen", "", "", ""]
    SamplePlan.objects.update(drawn_at=factories.now(), design={"domains": [[*cell, 8]]})
    report = reviewing.report(QaRun(of="week", period=plan.week))
    assert list(report["codes"]) == ["wrong_amount"]
    assert (report["codes"]["wrong_amount"]["rate"], report["codes"]["wrong_amount"]["n"]) == (0.5, 2)
    assert report["chosen_codes"] == {"tone": 1}


def _knows(who: User, *, sees: bool) -> None:
    """Five known cases of each kind: somebody sees them as they are, or says the same of all."""
    for n in range(10):
        bad = n % 2 == 0
        known = knowing.record(decided(), bad=bad, basis="Known.", person=lead(), at=factories.now())
        judge(known, who, ERROR if bad and sees else OK)


@pytest.mark.covers("R118", "R94")
def test_each_ones_verdicts_are_corrected_by_what_is_known_of_them_alone() -> None:
    ana, ben = lead(), lead()
    _knows(ana, sees=True)
    for verdict in (ERROR, OK, OK, OK):
        judge(sampled(), ana, verdict)
    plan = SamplePlan.objects.get()
    SamplePlan.objects.update(drawn_at=factories.now(), design={"domains": [["approved", "seen", "", "", "", 80]]})
    alone = agreement.corrected(rates.judged([plan.week]))
    assert alone.rate is not None
    assert alone.rate[0] == pytest.approx(0.25)
    assert [(part.cases, part.share, part.skill.sensitivity.n) for part in alone.parts] == [(4, 1.0, 5)]
    _knows(ben, sees=False)
    for verdict in (OK, OK, OK, OK):
        judge(sampled(), ben, verdict)
    both = agreement.corrected(rates.judged([plan.week]))
    assert both.rate is None
    assert [(part.name, part.cases, part.share) for part in both.refused] == [(ben.display, 4, 0.5)]
    assert {part.name: part.rate is not None for part in both.parts} == {ana.display: True, ben.display: False}


def test_a_part_stands_for_its_share_of_the_population() -> None:
    cell = rates.Cell("2026-W01", "all", "seen", "a", "1", "x")
    settled = [rates.Settled(cell, n < 2, None, (), f"case_{n}") for n in range(8)]
    found = rates.Judgements(Counter({cell: 80}), Counter({cell: 8}), settled)
    share, estimate = rates.share_of(found, lambda each: each.case < "case_4")
    assert estimate is not None
    assert (share, estimate.rate, estimate.population) == (0.5, 0.5, 40)
    assert rates.share_of(found, lambda _each: False) == (0.0, None)
