"""The quality pages: what waits, one case with its scorecard, what samples show, how they were drawn, the reviews."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import Entry
from reviewqueue.domain import checking, quality, reviews, sampling
from reviewqueue.domain.quality import Judgement
from reviewqueue.models import KnownVerdict, QaRun, QaVerdict, Sampled, SamplePlan, SamplingRules
from tests import factories
from tests.web.pages import Page, Visitor

pytestmark = pytest.mark.django_db
Visit = Callable[..., Visitor]
FREE = [{"match": {"intent": ["greeting"]}, "mode": "out_of_the_loop"}, {"match": {}, "mode": "in_the_loop"}]


def a_week(count: int = 3, **rules: Any) -> SamplePlan:
    """So many released greetings, all of them in the sample."""
    SamplingRules.objects.create(**{"size": 60, "floor": 2, "live_share": 0, "double_share": 0} | rules)
    factories.policy(oversight=FREE)
    agent = factories.agent(name="shop-bot")
    for n in range(count):
        factories.case(by=agent, intent="greeting", actions=[factories.reply()], customer={"id": "c", "name": f"C{n}"})
    plan = sampling.open_plan(at=factories.now())
    return sampling.draw_early(plan, person=factories.person("qa_lead"), at=factories.now())


def send(visitor: Visitor, address: str, sent: dict[str, Any]) -> Page:
    """A form is sent and leads somewhere."""
    return Page(visitor.client.post(address, sent, follow=True))


def status(visitor: Visitor, address: str) -> int:
    return int(visitor.open(address).status)


def judged(said: Judgement = Judgement("ok", should_have_been_reviewed=False)) -> None:  # noqa: B008 - frozen
    for each in Sampled.objects.all():
        quality.judge(each, person=factories.person("qa_lead"), said=said, at=factories.now())


@pytest.mark.covers("R95")
def test_the_page_asks_for_a_why_of_an_error_and_offers_to_add_one(visit: Visit) -> None:
    a_week(1)
    which, ana = Sampled.objects.get().pk, visit("qa_lead")
    refused = send(ana, f"/qa/{which}/", {"verdict": "error", "should": "yes"})
    assert (refused.status, "Say why: choose what it was" in refused.text) == (422, True)
    assert not QaVerdict.objects.exists()
    quality.judge(Sampled.objects.get(), person=ana.user, said=Judgement("error"), at=factories.now())
    assert "Errors without a why" in ana.open("/qa/").text
    assert "You have not said why it is an error." in ana.open(f"/qa/{which}/").text
    assert "Recorded." in send(ana, f"/qa/{which}/", {"verdict": "error", "note": "It was the old limit."}).text
    assert "Errors without a why" not in ana.open("/qa/").text


@pytest.mark.covers("R71", "R93")
def test_a_lead_finds_the_sample_as_work_and_goes_from_case_to_case(visit: Visit) -> None:
    a_week()
    lead = visit("qa_lead")
    page = lead.open("/qa/")
    assert "0 of 3 judged" in page.text
    which = lead.client.get("/qa/next").headers["Location"].rstrip("/").rsplit("/", 1)[-1]
    assert "Did a person have to see this?" in lead.open(f"/qa/{which}/").text
    sent = {
        "verdict": "error",
        "should": "yes",
        "codes": ["tone"],
        "severity": "low",
        "score-tone": "0",
        "note": "rude",
    }
    following = send(lead, f"/qa/{which}/", sent)
    assert "Recorded." in following.text
    verdict = QaVerdict.objects.get()
    assert (verdict.sampled_id, verdict.verdict, verdict.codes, verdict.scores) == (
        which,
        "error",
        ["tone"],
        {"tone": 0},
    )
    assert (verdict.should_have_been_reviewed, verdict.severity, verdict.note) == (True, "low", "rude")
    assert "1 of 3 judged" in lead.open("/qa/").text


def test_the_work_list_asks_the_same_however_long_it_is(visit: Visit) -> None:
    counts = []
    a_week(1)
    lead = visit("qa_lead")
    sampling.open_plan(at=factories.now())
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            lead.open("/qa/")
        counts.append(len(queries))
        for n in range(2):
            case = factories.case(intent="greeting", actions=[factories.reply()], customer={"id": "d", "name": f"D{n}"})
            sampling.choose(case, reason="asked", at=factories.now())
    assert counts == [7, 7]


def test_whoever_may_judge_has_the_page_and_nobody_else(visit: Visit) -> None:
    a_week()
    which = Sampled.objects.all()[0].pk
    for role in ("reviewer", "supervisor", "admin", "auditor"):
        visitor = visit(role)
        assert "QA" not in visitor.open("/").says("a")
        assert status(visitor, "/qa/") == status(visitor, f"/qa/{which}/") == 403
    assert [status(visit(role), "/qa/results/") for role in ("reviewer", "admin", "supervisor", "auditor")] == [
        403,
        403,
        200,
        200,
    ]
    helper = visit("reviewer", reviews_quality=True)
    assert "QA" in helper.open("/qa/").says("a")
    assert status(helper, "/qa/plan/draw") == 405
    assert helper.client.post("/qa/plan/draw").status_code == 403


def test_a_refused_verdict_keeps_what_was_typed(visit: Visit) -> None:
    a_week()
    which, lead = Sampled.objects.all()[0].pk, visit("qa_lead")
    answer = lead.client.post(f"/qa/{which}/", {"verdict": "error", "codes": "nonsense", "note": "kept <b>"})
    assert answer.status_code == 422
    assert "kept &lt;b&gt;" in answer.content.decode()
    assert not QaVerdict.objects.exists()


@pytest.mark.covers("R118")
def test_the_second_person_does_not_read_the_first_verdict(visit: Visit) -> None:
    a_week(1, double_share=1)
    which, first, second = Sampled.objects.get(), visit("qa_lead"), visit("qa_lead")
    send(first, f"/qa/{which.pk}/", {"verdict": "critical", "note": "telltale"})
    assert "telltale" not in second.open(f"/qa/{which.pk}/").text
    assert "second look" in second.open("/qa/").text
    send(second, f"/qa/{which.pk}/", {"verdict": "ok", "note": "fine"})
    third = visit("qa_lead").open(f"/qa/{which.pk}/").text
    assert ("telltale" in third, "fine" in third) == (True, True)


@pytest.mark.covers("R94")
def test_automatic_checks_stand_beside_the_scorecard(visit: Visit) -> None:
    a_week(1)
    checking.check_waiting(at=factories.now())
    page = visit("qa_lead").open(f"/qa/{Sampled.objects.get().pk}/").text
    assert "Amounts, dates and numbers have support" in page


def test_no_number_stands_without_its_uncertainty(visit: Visit) -> None:
    plan = a_week(4)
    lead = visit("qa_lead")
    assert "There are no rates yet." not in lead.open("/qa/results/").text
    judged()
    page = lead.open(f"/qa/results/?week={plan.week}&by=intent").text
    assert "0.0 %" in page
    assert "0.0–0.0 % · 0/4" in page
    assert "Method: census." in page
    assert status(lead, "/qa/results/?week=nonsense&by=moon") == 200


def test_small_numbers_are_said_to_be_small(visit: Visit) -> None:
    a_week(20, size=8)
    judged()
    assert "few: read the interval, not the rate" in visit("qa_lead").open("/qa/results/").text


def test_a_desk_without_a_sample_says_what_comes(visit: Visit) -> None:
    lead = visit("qa_lead")
    assert "Nothing waits for your verdict." in lead.open("/qa/").text
    assert "There are no rates yet." in lead.open("/qa/results/").text
    assert "No week has a plan yet." in lead.open("/qa/plan/").text
    assert "No week has a plan yet." in lead.open("/qa/reviews/").text


@pytest.mark.covers("R93")
def test_the_plan_tells_how_it_was_drawn(visit: Visit) -> None:
    plan = a_week(4)
    page = visit("auditor").open(f"/qa/plan/?week={plan.week}").text
    assert plan.seed in page
    assert "√(p(h) · (1 \N{MINUS SIGN} p(h)))" in page
    assert "Drawn" in page
    assert "Draw now" not in page


def test_the_seed_stays_secret_until_the_draw(visit: Visit) -> None:
    plan = sampling.open_plan(at=factories.now())
    factories.case()
    lead = visit("qa_lead")
    assert plan.seed not in lead.open("/qa/plan/").text
    assert "is in the sample." in send(lead, "/qa/plan/draw", {}).text
    assert plan.seed in lead.open("/qa/plan/").text


def test_a_lead_chooses_cases_and_says_what_is_known(visit: Visit) -> None:
    lead, case, other = visit("qa_lead"), factories.case(), factories.case()
    assert "This case is looked at again." in send(lead, "/qa/plan/choose", {"case": case.pk, "known": ""}).text
    assert "This case was chosen already." in send(lead, "/qa/plan/choose", {"case": case.pk, "known": ""}).text
    said = {"case": other.pk, "known": "bad", "basis": "The money came back."}
    assert "Everybody who judges is given this case now." in send(lead, "/qa/plan/choose", said).text
    assert (KnownVerdict.objects.get().bad, Sampled.objects.get(kind="calibration").case) == (True, other)
    assert lead.client.post("/qa/plan/choose", {"case": "case_none"}).status_code == 404
    assert lead.client.post("/qa/plan/choose", {"case": case.pk, "known": "good"}).status_code == 422


@pytest.mark.covers("R93", "R118")
def test_how_well_people_see_is_told_by_known_cases(visit: Visit) -> None:
    factories.policy(oversight=FREE)
    lead, judge = visit("qa_lead"), factories.person("qa_lead", first_name="Judith")
    for n in range(24):
        case = factories.case(intent="greeting", actions=[factories.reply()])
        send(lead, "/qa/plan/choose", {"case": case.pk, "known": "bad" if n % 2 else "good", "basis": "Known."})
        which = Sampled.objects.get(case=case)
        quality.judge(which, person=judge, said=Judgement("error" if n % 2 else "ok"), at=factories.now())
    page = lead.open("/qa/results/").text
    assert "Judith" in page
    assert "12/12" in page


@pytest.mark.covers("R93", "R97")
def test_a_weekly_review_is_gone_through_signed_and_kept(visit: Visit) -> None:
    plan = a_week(3)
    lead, address = visit("qa_lead"), f"/qa/reviews/week/{plan.week}/"
    assert "not begun" in lead.open("/qa/reviews/").text
    refused = lead.client.post(address, {"do": "sign", "summary": "All well."})
    assert refused.status_code == 409
    assert "Still to be done: Every drawn case is judged" in refused.content.decode()
    judged()
    for step in ("critical", "escalations", "agreement", "follow_up"):
        send(lead, address, {"step": step, "do": "done", "note": f"looked at {step}"})
    assert lead.client.post(address, {"do": "sign", "summary": " "}).status_code == 422
    assert "Signed off." in send(lead, address, {"do": "sign", "summary": "All well."}).text
    run = QaRun.objects.get()
    assert (run.report["overall"]["errors"]["n"], run.summary, run.signed_off_by) == (3, "All well.", lead.user)
    for text in ("All well.", "looked at follow_up", "As it was signed."):
        assert text in visit("auditor").open(address).text
    assert lead.client.post(address, {"step": "critical", "do": "open"}).status_code == 409
    kinds = ["qa_run.started", *["qa_run.step"] * 4, "qa_run.signed_off"]
    assert [entry.kind for entry in _entries(run)] == kinds


@pytest.mark.covers("R93")
def test_a_monthly_audit_needs_its_weeks(visit: Visit) -> None:
    plan = a_week(1)
    lead = visit("qa_lead")
    month = f"{plan.to_at:%Y-%m}"
    address = f"/qa/reviews/month/{month}/"
    assert "0 of 1" in lead.open(address).text
    judged()
    week = reviews.begin(of="week", period=plan.week, person=lead.user, at=factories.now())
    for step in ("critical", "escalations", "agreement", "follow_up"):
        reviews.tick(week, step=step, note="", person=lead.user, at=factories.now())
    reviews.sign_off(week, summary="Well.", person=lead.user, at=factories.now())
    assert "1 of 1" in lead.open(address).text


def test_only_a_lead_signs(visit: Visit) -> None:
    plan = a_week(1)
    address = f"/qa/reviews/week/{plan.week}/"
    for role in ("supervisor", "auditor"):
        visitor = visit(role)
        assert visitor.client.post(address, {"do": "sign", "summary": "x"}).status_code == 403
    assert not QaRun.objects.exists()
    assert status(visit("qa_lead"), "/qa/reviews/week/1999-W01/") == 404
    assert status(visit("qa_lead"), "/qa/reviews/moon/2026-11/") == 404


def _entries(run: QaRun) -> Any:
    return Entry.objects.filter(subject=run.subject).order_by("seq")


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(
    ("path", "queries"), [("/qa/", 6), ("/qa/results/", 10), ("/qa/plan/", 4), ("/qa/reviews/", 4)]
)
def test_the_lists_ask_the_same_whatever_their_length(
    visit: Visit, django_assert_num_queries: Callable[..., Any], *, path: str, queries: int, count: int
) -> None:
    a_week(count)
    lead = visit("qa_lead")
    lead.open(path)
    with django_assert_num_queries(queries):
        assert lead.open(path).status == 200
