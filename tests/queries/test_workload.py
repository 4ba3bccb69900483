"""How long cases would wait: with the people of the roster, the targets of each priority and segment, to the minute."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from audit.actions import SYSTEM
from hitl.accounts.models import User
from reviewqueue.domain import configuring
from reviewqueue.engine.policy import Policy, parse
from reviewqueue.models import Absence, Case, Membership
from reviewqueue.queries import caveats, what_if, workload
from reviewqueue.queries.recorded import Period
from tests import factories
from tests.domain import planned
from tests.domain.planned import berlin

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases, pytest.mark.covers("R74", "R104")]
MINUTE = timedelta(minutes=1)
# A Monday.
MONDAY = berlin("2026-10-05T00:00")


def monday(hour: int, minute: int = 0) -> datetime:
    return MONDAY + timedelta(hours=hour, minutes=minute)


def everything(**more: Any) -> Policy:
    return parse(factories.PLAIN_POLICY | {"oversight": [{"match": {}, "mode": "in_the_loop"}]} | more)


def came(at: datetime, **more: Any) -> Case:
    return factories.case(at=at, **more)


def lanes(policy: Policy | None = None) -> dict[str, dict[str, Any]]:
    told = what_if.report(policy or everything(), Period(start=MONDAY))
    return {lane["queue"]: lane for lane in told["queues"]}


@pytest.fixture(autouse=True)
def _ten_minutes_each(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    if "measured" not in request.node.name:
        monkeypatch.setattr(workload, "measured", lambda _period: workload.Work({"routine": [600.0] * 5}))


def rostered(calendar: Any = None, **more: Any) -> User:
    person = factories.person()
    planned.shift(person, calendar or planned.calendar(), **more)
    return person


def test_a_case_of_the_night_waits_for_the_shift_and_the_next_for_the_one_before() -> None:
    rostered()
    came(monday(8))
    came(monday(8, 5))
    lane = lanes()["routine"]
    assert (lane["people"], lane["staffed"], lane["handling_seconds"]) == (1, "roster", 600)
    assert lane["after"]["wait_seconds"] == (60 * 60 + 65 * 60) / 2
    assert (lane["after"]["cases"], lane["after"]["hours"], lane["after"]["never_begun"]) == (2, 0.33, 0)
    assert (lane["before"], lane["after"]["late"]) == (lane["after"], 1.0)


def test_more_people_on_shift_let_fewer_wait() -> None:
    office = planned.calendar()
    for _each in range(2):
        rostered(office)
    came(monday(8))
    came(monday(8, 5))
    assert lanes()["routine"]["after"]["wait_seconds"] == (60 * 60 + 55 * 60) / 2


def test_who_is_absent_and_what_is_a_holiday_is_not_worked() -> None:
    person = rostered(planned.calendar(country="DE", region="BE"))
    away = Absence(user=person, from_on=date(2026, 10, 5), until_on=date(2026, 10, 6))
    configuring.save_plan(away, actor=SYSTEM, at=MONDAY)
    came(monday(10))
    assert lanes()["routine"]["after"]["wait_seconds"] == 47 * 3600
    Case.objects.filter(created_at__gte=MONDAY).delete()
    came(berlin("2026-12-25T10:00"))  # a Friday, and the next days are none either
    assert lanes()["routine"]["after"]["wait_seconds"] == 71 * 3600


def test_a_shift_in_one_queue_serves_no_other() -> None:
    person = rostered(queue=planned.queue("billing"))
    for name in ("billing", "routine"):
        Membership.objects.get_or_create(user=person, queue=planned.queue(name))
    came(monday(10))
    lane = lanes()["routine"]
    assert (lane["staffed"], lane["after"]["never_begun"], lane["after"]["late"]) == ("nobody", 1, 1.0)


def test_without_a_roster_those_who_work_there_count_in_its_opening_hours_and_the_page_says_so() -> None:
    planned.queue("routine", calendar=planned.calendar())
    Membership.objects.get_or_create(user=factories.person(), queue_id="routine")
    came(monday(8))
    told = what_if.report(everything(), Period(start=MONDAY))
    (lane,) = told["queues"]
    assert (lane["staffed"], lane["people"], lane["after"]["wait_seconds"]) == ("members", 1, 3600)
    assert any("no roster for routine" in sentence for sentence in caveats.of(told))


def test_before_a_roster_begins_those_who_work_there_count() -> None:
    planned.queue("routine", calendar=None)
    person = rostered(from_on=date(2026, 10, 7))
    Membership.objects.get_or_create(user=person, queue_id="routine")
    came(monday(3))
    came(berlin("2026-10-07T08:00"))
    lane = lanes()["routine"]
    assert (lane["staffed"], lane["after"]["wait_seconds"]) == ("both", 1800)


def test_what_is_urgent_goes_first_and_has_the_target_of_its_priority() -> None:
    rostered()
    refund = {"name": "refund", "match": {"intent": ["refund"]}, "outcome": "review", "priority": "urgent"}
    came(monday(8, 58), intent="faq")
    came(monday(8, 59), intent="refund")
    lane = lanes(everything(triggers=[refund]))["routine"]
    # The urgent one takes ten minutes and has five; the other waits for it and has an hour.
    assert (lane["after"]["wait_seconds"], lane["after"]["late"]) == ((60 + 12 * 60) / 2, 0.5)
    assert (lane["before"]["wait_seconds"], lane["before"]["late"]) == ((2 * 60 + 11 * 60) / 2, 0.0)


def test_a_service_level_of_a_segment_counts_in_its_own_hours() -> None:
    office = planned.calendar()
    rostered(office)
    planned.service(tiers="Gold", calendar=office, decide_within=timedelta(minutes=15))
    came(monday(1), customer={"id": "cus-1", "tier": "gold"})
    assert lanes()["routine"]["after"]["late"] == 0.0
    came(monday(1, 1), customer={"id": "cus-2", "tier": "gold"})
    assert lanes()["routine"]["after"]["late"] == 0.5


def test_a_draft_that_holds_more_shows_what_it_does_to_the_wait() -> None:
    rostered()
    factories.policy(oversight=[{"match": {}, "mode": "out_of_the_loop"}])
    for minute in range(3):
        came(monday(9, minute))
    lane = lanes()["routine"]
    assert (lane["before"]["cases"], lane["before"]["wait_seconds"]) == (0, None)
    assert (lane["after"]["cases"], lane["after"]["wait_seconds"]) == (3, (0 + 9 * 60 + 18 * 60) / 3)


def test_where_the_forecast_looks_at_the_newest_only_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (workload, caveats):
        monkeypatch.setattr(module, "PLAYED", 2)
    rostered()
    for minute in range(3):
        came(monday(9, minute))
    told = what_if.report(everything(), Period(start=MONDAY))
    assert (told["queues"][0]["after"]["cases"], told["queues"][0]["after"]["wait_seconds"]) == (3, 9 * 60 / 2)
    assert any("the newest 2 are played through" in sentence for sentence in caveats.of(told))


def test_how_long_cases_take_is_measured_from_taking_one_to_deciding_it() -> None:
    reviewer, at = factories.person(), factories.now() - timedelta(hours=3)
    for minutes in (1, 2, 3, 2, 2):
        case = factories.claimed(reviewer, at=at)
        factories.decide(case, reviewer, at=at + minutes * MINUTE)
    work = workload.measured(Period())
    assert (sorted(work.of("routine")), work.of("new")) == ([60, 120, 120, 120, 180], work.of("routine"))
    assert workload.measured(Period(end=at - timedelta(days=1))).of("routine") == ()
