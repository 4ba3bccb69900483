"""Insight: metrics computed from rows, each with its doubt."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError

from audit.actions import SYSTEM
from audit.models import Entry
from reviewqueue.domain import claims, figures, gaps, insight, letters, policies, takeover
from reviewqueue.models import Baseline, Conversation, Failure, Figure, Gap, QaVerdict, Sampled, SamplePlan
from reviewqueue.queries.insight import drill, phases
from reviewqueue.queries.insight.counted import Span
from reviewqueue.queries.insight.report import Told
from reviewqueue.refusal import Refusal
from tests import factories
from tests.domain import coached

pytestmark = pytest.mark.django_db
FREE = [{"match": {"intent": ["hours"]}, "mode": "out_of_the_loop"}, {"match": {}, "mode": "in_the_loop"}]
REJECT = {"call_id": "call_1", "type": "reject", "reason_code": "wrong_fact", "message": "Not late."}


def _told(**asked: Any) -> dict[str, Told]:
    found = insight.look(person=factories.person("supervisor"), at=factories.now(), **asked)
    assert found.uncounted == 0
    return {told.metric.key: told for told in found.metrics}


def _decided(*rulings: dict[str, Any], reviewer: Any = None, **fields: Any) -> Any:
    who = reviewer or factories.person()
    case = factories.claimed(who, **fields)
    factories.decide(case, who, *rulings)
    return case


@pytest.mark.covers("R102", "R110", "R112", "R114", "R143")
def test_rates_come_from_what_people_decided() -> None:
    factories.policy(oversight=FREE)
    for _case in range(3):
        factories.case(intent="hours")
    _decided(intent="refund")
    _decided(REJECT, intent="refund")
    told = _told()
    rate = told["escalation_rate"].now
    assert (rate.hits, rate.n, rate.value) == (2, 5, 0.4)
    assert rate.few
    assert (told["override_rate"].now.hits, told["override_rate"].now.n) == (1, 2)
    assert (told["false_escalation_rate"].now.hits, told["false_escalation_rate"].now.n) == (1, 2)
    assert told["queue_volume"].now.value == pytest.approx(2 / 28)


@pytest.mark.covers("R107", "R105", "R123")
def test_what_nobody_reported_is_not_known_instead_of_nothing() -> None:
    factories.case()
    told = _told()
    for key in ("csat", "csat_delta", "first_contact_resolution", "containment", "handling_time"):
        assert (told[key].now.value, bool(told[key].why_unknown)) == (None, True), key


@pytest.mark.covers("R107", "R123", "R105")
def test_conversations_tell_satisfaction_of_people_and_of_the_ai() -> None:
    factories.policy(oversight=FREE)
    now = factories.now()
    ai = [factories.case(intent="hours") for _case in range(3)]
    human = [_decided(intent="refund") for _case in range(2)]
    for case, csat in zip([*ai, *human], (5, 4, 3, 2, 4), strict=True):
        Conversation.objects.filter(pk=case.conversation_id).update(closed_at=now, resolved=csat > 2, csat=csat)
    told = _told()
    assert told["csat"].now.value == pytest.approx(3.6)
    assert told["csat_delta"].now.value == pytest.approx(-1.0)
    assert (told["containment"].now.hits, told["containment"].now.n) == (3, 5)
    assert told["first_contact_resolution"].now.value is None


@pytest.mark.covers("R64", "R104")
def test_what_a_briefing_saves_is_told_beside_the_cases_without_one() -> None:
    who, now = factories.person(), factories.now()
    for took, tried, csat in ((30, True, 5), (40, True, 4), (120, False, 3), (160, False, 2)):
        briefing = {"issue": "Late"} | ({"attempted": ["voucher"]} if tried else {})
        case = factories.claimed(who, at=now - timedelta(seconds=took), briefing=briefing)
        factories.decide(case, who, at=now)
        Conversation.objects.filter(pk=case.conversation_id).update(closed_at=now, csat=csat)
    told = _told()
    assert told["briefing"].now.value == 0.5
    saved = told["briefing_saves"].now
    assert saved.value == pytest.approx(120 - 30, rel=0.2)
    assert (saved.n, saved.few) == (2, True)
    assert told["briefing_csat"].now.value == pytest.approx(2.0)


def test_without_cases_of_both_kinds_nobody_knows_what_a_briefing_saves() -> None:
    who, now = factories.person(), factories.now()
    factories.decide(factories.claimed(who, at=now - timedelta(seconds=30), briefing={"attempted": ["x"]}), who, at=now)
    told = _told()
    for key in ("briefing_saves", "briefing_csat"):
        assert (told[key].now.value, bool(told[key].why_unknown)) == (None, True), key


@pytest.mark.covers("R103", "R106", "R108", "R109")
def test_a_takeover_tells_what_was_asked_twice() -> None:
    who, began = factories.person("supervisor"), factories.now() - timedelta(minutes=10)
    case = factories.claimed(who, at=began)
    takeover.take_over(case, person=who, note="", at=began + timedelta(minutes=1))
    case.refresh_from_db()
    letters.write(case, person=who, text="What is your order number?", at=began + timedelta(minutes=2))
    takeover.give_back(case, person=who, note="", at=began + timedelta(minutes=5))
    told = _told()
    assert (told["takeover_rate"].now.hits, told["takeover_rate"].now.n) == (1, 1)
    assert (told["context_retention"].now.hits, told["context_retention"].now.n) == (0, 1)
    for key, seconds in (("first_response_time", 120), ("resolution_time", 300)):
        assert told[key].now.n == 1, key
        assert told[key].now.value == pytest.approx(seconds, rel=0.1), key


@pytest.mark.covers("R120", "R143")
def test_people_and_roles_can_be_told_apart() -> None:
    ana, boss = factories.person(), factories.person("supervisor")
    _decided(reviewer=ana)
    _decided(REJECT, reviewer=ana)
    _decided(reviewer=boss)
    told = _told(by="person")
    found = {name: reading.n for name, reading in told["override_rate"].segments}
    assert found == {str(ana.pk): 2, str(boss.pk): 1}
    assert told["reviewer_load"].now.value == pytest.approx(1.5)
    assert told["escalation_rate"].segments == []
    assert [name for name, _reading in _told(by="role")["override_rate"].segments] == ["reviewer", "supervisor"]


@pytest.mark.covers("R112", "R137")
def test_each_trigger_has_its_precision() -> None:
    over = {"name": "over-100", "category": "financial", "when": {"fact": "action.value", "over": "100.00"}}
    factories.policy(triggers=[over | {"outcome": "review"}])
    _decided()
    _decided(REJECT)
    _decided(REJECT)
    ((name, reading),) = _told(by="trigger")["trigger_precision"].segments
    assert (name, reading.hits, reading.n) == ("over-100", 2, 3)


@pytest.mark.covers("R121", "R99")
def test_a_baseline_is_fixed_by_an_administrator_and_recorded() -> None:
    now = factories.now()
    factories.policy(oversight=FREE)
    before = now - timedelta(days=60)
    for _case in range(6):
        factories.case(at=before)
    for _case in range(4):
        factories.case(intent="hours")
    factories.case()
    day = figures.today(before)
    with pytest.raises(Refusal, match="administrator"):
        insight.fix_baseline(first=day, last=day, note="", person=factories.person("supervisor"), at=now)
    insight.fix_baseline(first=day, last=day, note="Before", person=factories.person("admin"), at=now)
    assert Entry.objects.filter(kind="insight.baseline").count() == 1
    told = _told()
    assert told["baseline"].now.value == pytest.approx(5 / 28)
    assert told["baseline"].before.value == 6
    assert told["baseline"].verdict == ""
    assert told["escalation_rate"].before.value == 1.0
    assert told["escalation_rate"].change is not None
    assert told["escalation_rate"].change.value == pytest.approx(-0.8)
    assert told["escalation_rate"].verdict == "better"
    assert told["escalation_fall"].now.value == pytest.approx(-0.8)
    assert told["escalation_fall"].before.value == 0.0
    assert told["escalation_fall"].change is not None


@pytest.mark.covers("R121", "R120", "R110", "R104")
def test_every_kind_of_figure_is_held_against_the_baseline() -> None:
    now, who = factories.now(), factories.person()
    before = now - timedelta(days=60)
    for at, took in ((before, 20), (before, 20), (now, 100), (now, 110)):
        case = factories.claimed(who, at=at - timedelta(seconds=took))
        factories.decide(case, who, at=at)
    day = figures.today(before)
    insight.fix_baseline(first=day, last=day, note="", person=factories.person("admin"), at=now)
    told = _told()
    for key in ("handling_time", "approval_time", "queue_volume", "override_rate", "baseline"):
        each = told[key]
        assert each.now.bounds, key
        assert each.now.few, key
        assert each.change is not None, key
    assert told["reviewer_load"].before.value == 2
    assert told["reviewer_load"].now.bounds is None  # one day says nothing of how much days differ
    assert (told["handling_time"].change or told["handling_time"].now).value == pytest.approx(85, rel=0.2)
    assert told["queue_volume"].before.value == 2


@pytest.mark.covers("R123")
def test_the_hours_that_nobody_had_to_spend_have_weeks_parts_and_a_baseline() -> None:
    factories.policy(oversight=FREE)
    now, who = factories.now(), factories.person()
    for at in (now - timedelta(days=60), now):
        for took in (120, 120):
            factories.decide(factories.claimed(who, at=at - timedelta(seconds=took)), who, at=at)
        for _case in range(2):
            factories.case(intent="hours", at=at)
    day = figures.today(now - timedelta(days=60))
    insight.fix_baseline(first=day, last=day, note="", person=factories.person("admin"), at=now)
    saved = _told(by="intent")["time_saved"]
    assert saved.now.value == pytest.approx(240 / 3600 / 4, rel=0.1)
    assert saved.before.value == pytest.approx(7 * 240 / 3600, rel=0.1)
    assert saved.change is not None
    assert [name for name, each in saved.segments if each.value] == ["hours"]
    assert [each.value for _week, each in saved.weeks if each.value] != []


@pytest.mark.covers("R119")
def test_changes_are_told_apart_by_what_was_changed() -> None:
    now = factories.now()
    factories.policy()
    factories.policy(undo_seconds=5)
    kept = {"title": "x", "first_at": now, "last_at": now, "made_at": now, "changed_at": now}
    for area in (Gap.Area.SOURCE, Gap.Area.PROMPT):
        Gap.objects.create(**kept, area=area, state=Gap.State.CHANGED)
    told = _told(by="change")["feedback_changes"]
    assert {name: each.n for name, each in told.segments} == {
        "policy": 1,
        "agent version": 0,
        "source": 1,
        "permission": 0,
        "training": 0,
    }
    assert (told.now.value, told.now.n, told.now.few) == (0.5, 2, True)
    prompt = Gap.objects.get(area=Gap.Area.PROMPT)
    case = factories.case()
    Failure.objects.create(pk="dec_x", case=case, origin="edit", gap=prompt, at=now)
    boss, span = factories.person("supervisor"), (now - timedelta(days=1), now + timedelta(days=1))
    behind = {
        name: [each.pk for each in drill.page(boss, drill.Asked("feedback_changes", *span, "change", name))]
        for name in ("agent version", "policy", "source")
    }
    assert behind["agent version"] == [case.pk]
    assert behind["policy"] == behind["source"] == []
    assert [each.pk for each in drill.page(boss, drill.Asked("feedback_changes", *span))] == [case.pk]


@pytest.mark.covers("R113", "R114", "R117", "R118")
def test_what_samples_show_has_weeks_parts_cases_and_a_baseline() -> None:
    now = factories.now()
    boss = factories.person("supervisor")
    weeks = {when: _judged_week(at) for when, at in (("before", now - timedelta(days=70)), ("now", now))}
    first, last = (figures.today(each) for each in (now - timedelta(days=70),) * 2)
    insight.fix_baseline(first=first, last=last, note="", person=factories.person("admin"), at=now)
    told = _told(by="intent")
    for key, of_refunds in (
        ("missed_escalation_rate", 0.5),
        ("needless_escalation_rate", 0.5),
        ("qa_error_rate", 0.25),
        ("reviewer_agreement", 0.5),
    ):
        each = told[key]
        assert each.now.bounds, key
        assert each.now.few, key
        assert each.before.value is not None, key
        assert each.change is not None, key
        assert sum(reading.value is not None for _week, reading in each.weeks) == 2, key
        assert dict(each.segments)["refund"].value == pytest.approx(of_refunds), key
        assert dict(each.segments)["empty"].value is None, key
        span = Span(figures.today(now) - timedelta(days=6), figures.today(now))
        start, end = figures.begins(span.first), figures.begins(span.last + timedelta(days=1))
        (found,) = drill.page(boss, drill.Asked(key, start, end, "intent", "refund"))
        assert found.pk in weeks["now"], key


def _judged_week(at: datetime) -> set[str]:
    """Four of forty cases: a person saw two, one of each kind was wrong and judged otherwise than it was handled."""
    week = f"{figures.today(at):%G-W%V}"
    sizes = [["*", kind, "shop", "1", "refund", 20] for kind in ("seen", "unseen")]
    plan = SamplePlan.objects.create(
        week=week,
        seed="1",
        from_at=at,
        to_at=at,
        rules={},
        opened_at=at,
        due_at=at,
        drawn_at=at,
        population=60,
        design={"domains": [*sizes, ["*", "seen", "shop", "1", "empty", 20]]},
    )
    made = set()
    for unseen, wrong in ((True, True), (True, False), (False, True), (False, False)):
        case = factories.case(at=at)
        made.add(case.pk)
        drawn = Sampled.objects.create(
            plan=plan,
            case=case,
            kind=Sampled.Kind.RANDOM,
            stratum="*",
            columns={"agent": "shop", "version": "1", "intent": "refund", "unseen": unseen},
            drawn_at=at,
            double=unseen,
            state=Sampled.State.SETTLED,
            verdict="error" if wrong and unseen else "ok",
            should_have_been_reviewed=wrong == unseen,
        )
        for position in (1, 2):
            if unseen:
                says = "error" if wrong and position == 2 else "ok"
                QaVerdict.objects.create(
                    sampled=drawn, by=factories.person(), position=position, verdict=says, given_at=at
                )
    return made


def test_a_reviewer_sees_nothing_but_their_own_figures() -> None:
    ana, ben = factories.person(), factories.person()
    _decided(REJECT, reviewer=ana)
    _decided(reviewer=ben)
    own = insight.look(person=ana, at=factories.now())
    found = {told.metric.key: told.now for told in own.metrics}
    assert (own.own, found["override_rate"].hits, found["override_rate"].n) == (True, 1, 1)
    assert "escalation_rate" not in found
    for who, by in ((ana, "person"), (factories.person("auditor"), "")):
        with pytest.raises(Refusal, match="everybody"):
            insight.look(person=who, at=factories.now(), by=by)


# PostgreSQL tells of what is committed only.
@pytest.mark.django_db(transaction=True)
def test_days_are_counted_once_and_again_when_something_happened() -> None:
    factories.case()
    now = factories.now()
    assert figures.keep_up(at=now) == 0
    made = Figure.objects.get(by="all").made_at
    figures.keep_up(at=now + timedelta(minutes=5))
    assert Figure.objects.get(by="all").made_at == made
    factories.case()
    figures.keep_up(at=now + timedelta(minutes=5))
    assert Figure.objects.get(by="all", day=figures.today(now)).counts["cases"] == 2


def test_days_that_another_version_counted_are_counted_again() -> None:
    factories.case()
    figures.keep_up(at=factories.now())
    Figure.objects.filter(by="all").update(counts={"cases": 99})
    figures.keep_up(at=factories.now())
    assert Figure.objects.get(by="all").counts["cases"] == 1


def test_what_is_not_counted_yet_is_said() -> None:
    now = factories.now()
    factories.case(at=now - timedelta(days=10))
    assert figures.keep_up(at=now, enough=lambda: True) == 11


def test_hostile_names_are_kept_as_text_and_bounded() -> None:
    factories.case(intent="<script>" + "x" * 80)
    assert "<script>" + "x" * 80 in dict(_told(by="intent")["escalation_rate"].segments)


def test_periods_that_cannot_be_are_refused() -> None:
    boss, now = factories.person("supervisor"), factories.now()
    today = figures.today(now)
    for span in (Span(today, today - timedelta(days=1)), Span(today, today + timedelta(days=1))):
        with pytest.raises(Refusal):
            insight.look(person=boss, at=now, span=span)
    with pytest.raises(Refusal, match="two years"):
        insight.look(person=boss, at=now, span=Span(date(2020, 1, 1), today))
    with pytest.raises(Refusal, match="Split by"):
        insight.look(person=boss, at=now, by="shoe size")
    assert not Baseline.objects.exists()


@pytest.mark.covers("R98")
def test_both_ways_of_drifting_are_told() -> None:
    now = factories.now()
    for _case in range(12):
        _decided(REJECT, at=None)
    Figure.objects.all().delete()
    found = insight.look(person=factories.person("qa_lead"), at=now)
    approve, escalate = found.drift
    assert (approve.now.hits, approve.now.n, approve.change) == (0, 12, None)
    assert (escalate.now.hits, escalate.now.n, escalate.rises) == (12, 12, False)


@pytest.mark.covers("R129")
def test_control_cases_are_in_no_figure_and_make_no_gap() -> None:
    factories.policy()
    coached.rules()
    made = coached.specimen(coached.overridden(factories.person(), factories.agent()), factories.person("supervisor"))
    ana = coached.worker()
    before = _told()
    case = coached.planted(made)
    held = claims.claim(case, reviewer=ana, at=factories.now())
    factories.decide(held, ana, REJECT)
    after = _told()
    for key in ("escalation_rate", "override_rate", "false_escalation_rate", "reviewer_load"):
        assert after[key].now == before[key].now, key
    gaps.find(at=factories.now() + timedelta(minutes=1))
    assert case.pk not in set(Failure.objects.values_list("case_id", flat=True))


@pytest.mark.covers("R113", "R117", "R118")
def test_what_no_sample_was_judged_for_is_not_known() -> None:
    told = _told()
    for key in ("missed_escalation_rate", "needless_escalation_rate", "qa_error_rate", "reviewer_agreement"):
        assert (told[key].now.value, bool(told[key].why_unknown)) == (None, True), key


@pytest.mark.covers("R63", "R115", "R125")
def test_how_long_customers_waited_and_whether_briefings_said_what_was_tried() -> None:
    factories.policy()
    who, now = factories.person(), factories.now()
    tried = {"issue": "Too late", "attempted": ["offered a voucher"]}
    for briefing in (tried, {"issue": "Too late"}, tried):
        case = factories.case(at=now - timedelta(minutes=10), briefing=briefing)
        factories.decide(claims.claim(case, reviewer=who, at=now), who)
    told = _told()
    assert told["customer_wait"].now.value == pytest.approx(600, rel=0.1)
    assert (told["briefing"].now.hits, told["briefing"].now.n) == (2, 3)


@pytest.mark.covers("R119", "R128")
def test_what_feedback_changed_is_counted_from_the_second_version_on() -> None:
    factories.policy()
    assert _told()["feedback_changes"].now.value == 0
    factories.policy(undo_seconds=5)
    assert (_told()["feedback_changes"].now.n, _told()["feedback_changes"].now.value) == (1, 0.25)


@pytest.mark.covers("R11", "R152", "R156")
def test_a_young_desk_is_told_what_every_phase_still_takes() -> None:
    factories.case()
    found = insight.look(person=factories.person("supervisor"), at=factories.now()).phases
    assert [(phase.reached, bool(phase.missing)) for phase in found] == [(False, True)] * 5
    assert [step.stands for step in found[1].steps] == [
        "versions published by people: 0",
        "0 of 0 triggers",
        "nothing to count yet",
    ]


@pytest.mark.covers("R11", "R99", "R156")
def test_each_phase_is_reached_by_evidence_alone() -> None:
    policies.publish(
        factories.PLAIN_POLICY, author=None, actor=SYSTEM, reason="the first", at=factories.now() - timedelta(days=9)
    )
    admin, now = factories.person("admin"), factories.now()
    policies.publish(factories.PLAIN_POLICY, author=admin, actor=SYSTEM, reason="ours", at=now)
    shares = {"routed": 200, "routed.right": 199, "briefed.of": 200, "briefed": 199, "handed": 200, "handed.kept": 199}
    day = figures.today(now)
    full = phases.Evidence(
        now=shares | {"overridden": 3, "why.unsaid": 0},
        before={"cases": 200},
        baseline=Span(day, day),
        triggers={"over-100": {"fired.known": 30}},
        weeks=4,
        loosened=0,
        fall=(-0.3, -0.2),
    )

    def reached(**less: Any) -> list[bool]:
        return [phase.reached for phase in phases.guide(replace(full, **less), since=now - timedelta(days=90))]

    assert reached() == [True] * 5
    assert reached(weeks=3) == reached(before={"cases": 199}) == [False, True, True, True, True]
    assert reached(triggers={"over-100": {"fired.known": 29}}) == [True, False, True, True, True]
    assert reached(now=dict(full.now) | {"briefed": 150}) == [True, True, False, True, True]
    assert reached(now=dict(full.now) | {"why.unsaid": 1}) == [True, True, True, False, True]
    assert reached(loosened=1) == reached(fall=(-0.3, -0.1)) == [True, True, True, True, False]


def test_a_day_that_somebody_else_counts_at_the_same_time_is_left_to_them(monkeypatch: pytest.MonkeyPatch) -> None:
    def overtaken(*_asked: Any, **_named: Any) -> None:
        raise IntegrityError

    factories.case()
    figures.keep_up(at=factories.now())
    Figure.objects.filter(by="all").update(counts={"cases": 99})
    monkeypatch.setattr(Figure.objects, "bulk_create", overtaken)
    figures.keep_up(at=factories.now())
    assert Figure.objects.get(by="all").counts["cases"] == 99


def test_a_case_that_two_people_decided_took_its_time_once() -> None:
    ana, ben = factories.person(), factories.person()
    case = factories.claimed(ana, actions=[factories.action(), factories.reply()], release="each")
    factories.decide(case, ana, {"call_id": "call_1", "type": "approve"})
    case = claims.release(case, reviewer=ana, token=None, at=factories.now())
    case = claims.claim(case, reviewer=ben, at=factories.now())
    factories.decide(case, ben, {"call_id": "call_2", "type": "approve"})
    told = _told(by="person")
    assert sum(reading.n for _name, reading in told["approval_time"].segments) == told["approval_time"].now.n == 1


def test_a_busy_day_is_left_to_whoever_has_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "BUSY", 1)
    now = factories.now()
    for days in (0, 3, 3):
        factories.case(at=now - timedelta(days=days))
    assert figures.keep_up(at=now, light=True) == 1
    assert figures.today(now - timedelta(days=3)) not in Figure.objects.values_list("day", flat=True)
    assert figures.keep_up(at=now) == 0
