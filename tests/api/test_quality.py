"""The quality sample over the wire: what was drawn, a verdict, and the rates that verdicts show."""

from __future__ import annotations

from typing import Any

import pytest

from reviewqueue.domain import quality, sampling
from reviewqueue.domain.quality import Judgement
from reviewqueue.models import Sampled, SamplePlan, SamplingRules
from tests import factories
from tests.api.wire import AgentCaller, PersonCaller

pytestmark = pytest.mark.django_db
FREE = [{"match": {"intent": ["greeting"]}, "mode": "out_of_the_loop"}, {"match": {}, "mode": "in_the_loop"}]


def a_drawn_week(**rules: Any) -> SamplePlan:
    """20 released greetings and 10 refunds that a person approved, all of them in the sample but for 10 greetings."""
    SamplingRules.objects.create(
        **{"size": 20, "floor": 5, "strata": ["decision"], "live_share": 0, "double_share": 0, "risk_weights": {}}
        | {"released_weight": "0.1"}
        | rules
    )
    factories.policy(oversight=FREE)
    agent, reviewer = factories.agent(name="shop-bot"), factories.person()
    for _ in range(20):
        factories.case(by=agent, intent="greeting", actions=[factories.reply()])
    for _ in range(10):
        factories.decide(factories.claimed(reviewer, by=agent), reviewer)
    plan = sampling.open_plan(at=factories.now())
    return sampling.draw_early(plan, person=factories.person("qa_lead"), at=factories.now())


@pytest.mark.covers("R93")
def test_the_sample_is_listed_with_the_chance_of_each_case_and_judged_once() -> None:
    plan, lead = a_drawn_week(), PersonCaller("qa_lead")
    told = lead.get(f"/review/qa?week={plan.week}").body
    assert (told["week"], told["population"], len(told["items"])) == (plan.week, 30, 20)
    assert {item["inclusion_probability"] for item in told["items"]} == {0.5, 1.0}
    assert all(item["waits_for_me"] for item in told["items"])
    which = told["items"][0]["id"]
    body = {"verdict": "error", "should_have_been_reviewed": True, "codes": ["wrong_amount"], "severity": "high"}
    answer = lead.post(f"/review/qa/{which}", body)
    assert (answer.status, answer.body["state"], answer.body["verdict"]) == (200, "settled", "error")
    assert answer.body["verdicts"][0]["codes"] == ["wrong_amount"]
    assert lead.post(f"/review/qa/{which}", body).status == 200
    refused = PersonCaller("qa_lead").post(f"/review/qa/{which}", {"verdict": "ok"})
    assert (refused.status, refused.slug) == (409, "already-judged")
    assert lead.get("/review/qa").body["items"][0]["waits_for_me"] is False


@pytest.mark.covers("R113", "R114")
def test_the_report_weighs_each_stratum_by_its_cases() -> None:
    plan, lead = a_drawn_week(), PersonCaller("qa_lead")
    for each in Sampled.objects.filter(plan=plan):
        bad = each.stratum == "approved" and each.pk == Sampled.objects.filter(stratum="approved").earliest("pk").pk
        said = Judgement("error" if bad else "ok", should_have_been_reviewed=bad)
        quality.judge(each, person=lead.user, said=said, at=factories.now())
    told = lead.get(f"/review/qa/report?week={plan.week}&by=stratum").body
    groups = {group["group"]: group for group in told["groups"]}
    assert told["overall"]["estimate"] == round(1 / 30, 6)
    assert (told["overall"]["n"], told["overall"]["population"]) == (20, 30)
    assert (groups["approved"]["estimate"], groups["approved"]["method"]) == (0.1, "census")
    assert groups["approved"]["interval"] == [0.1, 0.1]
    assert groups["released"]["estimate"] == 0
    assert 0.1 < groups["released"]["interval"][1] < 0.3
    assert groups["released"]["error_rate"]["few"] is True
    assert groups["released"]["missed_escalation_rate"]["estimate"] == 0
    assert groups["released"]["false_escalation_rate"] is None
    assert groups["approved"]["false_escalation_rate"]["estimate"] == 0.9
    for by, names in (("agent", ["shop-bot"]), ("intent", ["greeting", "refund"]), ("version", ["shop-bot –"])):
        found = lead.get(f"/review/qa/report?by={by}").body
        assert [group["group"] for group in found["groups"]] == names


def test_cases_chosen_for_a_reason_are_in_no_rate() -> None:
    plan, lead = a_drawn_week(), PersonCaller("qa_lead")
    reviewer = factories.person()
    case = factories.claimed(reviewer)
    factories.decide(case, reviewer)
    chosen = sampling.choose(case, reason="asked", person=lead.user, at=factories.now())
    assert chosen is not None
    lead.post(f"/review/qa/{chosen.pk}", {"verdict": "critical"})
    overall = lead.get(f"/review/qa/report?week={plan.week}").body["overall"]
    assert (overall["estimate"], overall["n"], overall["population"]) == (None, 0, 30)


@pytest.mark.covers("R118")
def test_the_second_person_is_not_told_what_the_first_said() -> None:
    plan = a_drawn_week(double_share=1)
    first, second = PersonCaller("qa_lead"), PersonCaller("qa_lead")
    which = first.get(f"/review/qa?week={plan.week}").body["items"][0]["id"]
    first.post(f"/review/qa/{which}", {"verdict": "critical", "note": "telltale"})
    seen = second.get(f"/review/qa?week={plan.week}")
    (item,) = [each for each in seen.body["items"] if each["id"] == which]
    assert (item["state"], item["verdict"], item["waits_for_me"]) == ("second", None, True)
    assert "telltale" not in seen.raw.decode()
    answer = second.post(f"/review/qa/{which}", {"verdict": "ok"})
    assert (answer.body["state"], [each["verdict"] for each in answer.body["verdicts"]]) == ("disputed", ["ok"])


def test_who_has_no_right_hears_nothing_of_the_sample() -> None:
    plan = a_drawn_week()
    which = Sampled.objects.filter(plan=plan)[0].pk
    for role in ("reviewer", "supervisor", "admin", "auditor"):
        caller = PersonCaller(role)
        assert caller.get("/review/qa").status == 403
        assert caller.post(f"/review/qa/{which}", {"verdict": "ok"}).status == 403
    assert {PersonCaller(role).get("/review/qa/report").status for role in ("reviewer", "admin")} == {403}
    assert {PersonCaller(role).get("/review/qa/report").status for role in ("supervisor", "auditor")} == {200}
    assert AgentCaller().get("/review/qa").status == 401


@pytest.mark.parametrize(
    ("path", "status", "slug"),
    [
        ("/review/qa?week=last", 422, "invalid-request"),
        ("/review/qa/report?by=moon", 422, "invalid-request"),
        ("/review/qa/report?week=%00", 422, "invalid-request"),
    ],
)
def test_what_there_is_not_is_refused(path: str, status: int, slug: str) -> None:
    answer = PersonCaller("qa_lead").get(path)
    assert (answer.status, answer.slug) == (status, slug)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"verdict": "fine"},
        {"verdict": "ok", "codes": ["nonsense"]},
        {"verdict": "ok", "scores": {"facts": 3}},
        {"verdict": "ok", "unknown": 1},
        {"verdict": "ok", "note": "x" * 4_001},
    ],
)
def test_a_verdict_that_does_not_fit_is_refused(body: dict[str, Any]) -> None:
    a_drawn_week()
    which = Sampled.objects.all()[0].pk
    answer = PersonCaller("qa_lead").post(f"/review/qa/{which}", body)
    assert (answer.status, answer.slug) == (422, "invalid-request")


def test_a_lead_draws_early_and_drawing_again_changes_nothing() -> None:
    lead = PersonCaller("qa_lead")
    assert lead.post("/review/qa/draw").slug == "not-yet"
    factories.case()
    drawn = lead.post("/review/qa/draw")
    assert (drawn.status, drawn.body["population"], len(drawn.body["items"])) == (200, 1, 1)
    assert lead.post("/review/qa/draw").body["items"] == drawn.body["items"]
    assert PersonCaller("supervisor").post("/review/qa/draw").status == 403


def test_a_desk_without_a_sample_says_so() -> None:
    lead = PersonCaller("qa_lead")
    assert lead.get("/review/qa").body == {"week": None, "drawn_at": None, "population": None, "items": []}
    told = lead.get("/review/qa/report").body
    assert (told["week"], told["drawn"], told["overall"]["estimate"], told["groups"]) == (None, False, None, [])
    assert lead.post("/review/qa/qa_none", {"verdict": "ok"}).status == 404


def test_a_week_without_a_sample_is_an_empty_one() -> None:
    lead = PersonCaller("qa_lead")
    told = lead.get("/review/qa?week=2026-W02")
    assert (told.status, told.body) == (200, {"week": "2026-W02", "drawn_at": None, "population": None, "items": []})
    rates = lead.get("/review/qa/report?week=2026-W02")
    assert (rates.status, rates.body["week"], rates.body["drawn"], rates.body["groups"]) == (200, "2026-W02", False, [])
    assert rates.body["overall"]["error_rate"] is None


@pytest.mark.parametrize("sampled", ["qa_nothing_of_this_kind!", "qa_0123456789"])
def test_what_is_in_no_sample_is_not_found(sampled: str) -> None:
    answer = PersonCaller("qa_lead").post(f"/review/qa/{sampled}", {"verdict": "ok"})
    assert (answer.status, answer.slug) == (404, "not-found")
