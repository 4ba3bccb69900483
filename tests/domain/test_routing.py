"""Where a case waits: the queue that the policy named, or the next one when nobody can serve it there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from audit.actions import SYSTEM
from reviewqueue.domain import attendance, claims, configuring, due, escalation, routing
from reviewqueue.domain.lifecycle import locked
from reviewqueue.models import Absence, Case, Certificate, Clock, Move
from reviewqueue.queries import briefing
from reviewqueue.refusal import Refusal
from tests import factories
from tests.domain import planned
from tests.domain.planned import HOUR, MINUTE, berlin

pytestmark = [pytest.mark.django_db, pytest.mark.covers("R66", "R67")]
SATURDAY, MONDAY = "2026-11-28 12:00", "2026-11-30 12:00"


def opened(case: Case) -> dict[str, Any]:
    return dict(briefing.timeline(case)[0].data)


def test_outside_working_hours_a_case_goes_to_the_next_queue_that_is_open() -> None:
    night = planned.queue("night")
    planned.queue(calendar=planned.calendar(), overflow_to=night, overflow_when_closed=True)
    by_day, by_night = factories.case(at=berlin(MONDAY)), factories.case(at=berlin(SATURDAY))
    assert by_day.queue_id == "night"  # nobody has been seen yet, though it is open
    attendance.seen(factories.person().pk, at=berlin(MONDAY))
    by_day = factories.case(at=berlin(MONDAY))
    assert (by_day.queue_id, by_night.queue_id) == ("routine", "night")
    assert opened(by_night)["routed"] == {"from": "routine", "to": "night", "why": "closed"}
    assert "routed" not in opened(by_day)


def test_queues_of_three_continents_follow_the_sun() -> None:
    zones = {"berlin": "Europe/Berlin", "newyork": "America/New_York", "sydney": "Australia/Sydney"}
    made = {name: planned.queue(name, calendar=planned.calendar(name, zone=zone)) for name, zone in zones.items()}
    for name, following in (("berlin", "newyork"), ("newyork", "sydney"), ("sydney", "berlin")):
        planned.queue(name, overflow_to=made[following], overflow_when_closed=True)
    person = factories.person()
    for hour, where in ((10, "berlin"), (17, "berlin"), (19, "newyork"), (23, "newyork")):
        moment = berlin(f"2026-11-24 {hour}:00")
        attendance.seen(person.pk, at=moment)
        assert routing.placed(planned.queue("berlin"), language="", at=moment)[0].pk == where
    attendance.seen(person.pk, at=berlin("2026-11-25 01:00"))
    assert routing.placed(planned.queue("berlin"), language="", at=berlin("2026-11-25 01:00"))[0].pk == "sydney"


def test_what_still_waits_at_closing_time_goes_on_and_round_the_world() -> None:
    berlin_hours, ny_hours = planned.calendar("b"), planned.calendar("n", zone="America/New_York")
    there = planned.queue("newyork", calendar=ny_hours)
    here = planned.queue(calendar=berlin_hours, overflow_to=there, overflow_when_closed=True)
    planned.queue("newyork", overflow_to=here, overflow_when_closed=True)
    person = factories.person()

    def ring(text: str) -> str:
        attendance.seen(person.pk, at=berlin(text))
        due.run(at=berlin(text))
        return locked(case.pk).queue_id

    attendance.seen(person.pk, at=berlin("2026-11-24 17:00"))
    case = factories.case(at=berlin("2026-11-24 17:00"), expires_in=5 * 86_400)
    moments = ["2026-11-24 17:59", "2026-11-24 18:00", "2026-11-24 23:59", "2026-11-25 00:00", "2026-11-25 09:00"]
    assert [ring(text) for text in moments] == ["routine", "newyork", "newyork", "newyork", "routine"]
    assert list(Move.objects.order_by("id").values_list("from_queue", "to_queue", "why")) == [
        ("routine", "newyork", "overflow"),
        ("newyork", "routine", "overflow"),
    ]


def test_a_case_that_waited_too_long_is_passed_on_once_and_never_back() -> None:
    second = planned.queue("second")
    planned.queue(overflow_to=second, overflow_after=10 * MINUTE)
    planned.queue("second", overflow_to=planned.queue("routine"), overflow_after=10 * MINUTE)
    at = factories.now()
    case = factories.case(at=at)
    where = []
    for minutes in (9, 10, 19, 20, 40, 90):
        escalation.fire_due(at=at + minutes * MINUTE)
        where.append(locked(case.pk).queue_id)
    assert where == ["routine", "second", "second", "second", "second", "second"]
    assert [entry.kind for entry in briefing.timeline(case)] == ["case.queued", "case.rerouted"]


def test_what_somebody_works_on_is_not_passed_on() -> None:
    planned.queue(overflow_to=planned.queue("second"), overflow_after=MINUTE)
    me, at = factories.person(), factories.now()
    case = factories.claimed(me, at=at)
    escalation.fire_due(at=at + 2 * MINUTE)
    assert locked(case.pk).queue_id == "routine"


@pytest.mark.parametrize(("language", "where"), [("de-AT", "routine"), ("fr", "french"), (None, "routine")])
def test_a_queue_serves_its_languages(language: str | None, where: str) -> None:
    planned.queue(languages=["de", "en"], overflow_to=planned.queue("french"))
    case = factories.case(**({"language": language} if language else {}))
    assert case.queue_id == where


@pytest.mark.covers("R130")
def test_a_full_queue_sends_new_cases_on() -> None:
    planned.queue(overflow_above=2, overflow_to=planned.queue("second"))
    assert [factories.case().queue_id for _each in range(3)] == ["routine", "routine", "second"]


def test_when_nobody_can_serve_it_a_case_waits_where_the_policy_wants_it() -> None:
    planned.queue(languages=["de"], overflow_to=planned.queue("english", languages=["en"]))
    assert factories.case(language="fr").queue_id == "routine"


@pytest.mark.parametrize("away", ["idle", "said", "off shift", "absent"])
def test_when_everybody_is_away_or_off_cases_go_to_the_next_queue(away: str) -> None:
    planned.queue(overflow_to=planned.queue("second"), overflow_when_closed=True)
    person, at = factories.person(queues=["routine"]), berlin(MONDAY)
    attendance.seen(person.pk, at=at)
    assert factories.case(at=at).queue_id == "routine"
    if away == "idle":
        at += HOUR
    if away == "said":
        attendance.set_status(person, status="away", at=at)
    if away == "off shift":
        planned.shift(person, planned.calendar("early", every_day="06:00-10:00"))
    if away == "absent":
        configuring.save_plan(Absence(user=person, from_on=at.date(), until_on=at.date()), actor=SYSTEM, at=at)
    assert factories.case(at=at).queue_id == "second"


def test_next_comes_from_the_queue_of_the_shift_that_runs_and_else_from_the_others() -> None:
    factories.policy(triggers=[_billing()])
    planned.queue("billing")
    me, at = factories.person(), berlin(MONDAY)
    urgent = factories.case(at=at - 30 * MINUTE, intent="faq")
    of_shift = factories.case(at=at)
    planned.shift(me, planned.calendar(every_day="08:00-16:00"), queue=planned.queue("billing"))
    assert [claims.claim_next(reviewer=me, at=at) for _each in range(3)] == [of_shift, urgent, None]
    later = berlin("2026-11-30 17:00")
    assert (urgent.queue_id, of_shift.queue_id, later > at) == ("routine", "billing", True)


def _billing() -> dict[str, Any]:
    when = {"fact": "intent", "is": "refund"}
    return {"name": "b", "category": "scope", "when": when, "outcome": "review", "queue": "billing"}


@pytest.mark.covers("R86")
def test_a_queue_may_ask_for_certificates_which_may_run_out() -> None:
    planned.queue(certificates=["gdpr", "refunds"])
    me, at = factories.person(), factories.now()
    case = factories.case(at=at)
    assert claims.claim_next(reviewer=me, at=at) is None
    with pytest.raises(Refusal) as refused:
        claims.claim(case, reviewer=me, at=at)
    assert (refused.value.slug, refused.value.says) == (
        "forbidden",
        "This queue asks for a certificate that you do not have: gdpr, refunds.",
    )
    Certificate.objects.create(user=me, name="gdpr", until_on=at.date() - timedelta(days=1))
    Certificate.objects.create(user=me, name="refunds")
    assert claims.claim_next(reviewer=me, at=at) is None
    Certificate.objects.update(until_on=None)
    assert claims.claim_next(reviewer=me, at=at) == case


def test_a_certificate_that_is_taken_away_ends_the_right_to_decide() -> None:
    planned.queue(certificates=["gdpr"])
    me, at = factories.person(), factories.now()
    certificate = Certificate.objects.create(user=me, name="gdpr")
    case = factories.claimed(me, at=at)
    configuring.remove_plan(certificate, actor=SYSTEM, at=at)
    with pytest.raises(Refusal) as refused:
        factories.decide(case, me, at=at)
    assert refused.value.slug == "forbidden"


def test_a_queue_may_ask_for_skills_of_its_own() -> None:
    planned.queue(skills=["billing"])
    case, at = factories.case(), factories.now()
    assert claims.claim_next(reviewer=factories.person(), at=at) is None
    assert claims.claim_next(reviewer=factories.person(skills=["billing", "legal"]), at=at) == case


def test_passing_on_twice_at_the_same_moment_moves_once(django_assert_max_num_queries: Any) -> None:
    planned.queue(overflow_to=planned.queue("second"), overflow_after=MINUTE)
    at = factories.now()
    case = factories.case(at=at)
    with django_assert_max_num_queries(60):
        for _ring in range(3):
            escalation.fire_due(at=at + 2 * MINUTE)
    assert (Move.objects.count(), locked(case.pk).queue_id, Clock.objects.get().next_at) == (1, "second", None)


def test_however_long_the_chain_of_queues_is_a_case_finds_its_end() -> None:
    named, closed = None, {"overflow_when_closed": True}
    for number in range(40):
        named = planned.queue(f"next-{number}", calendar=planned.calendar(f"c{number}"), overflow_to=named, **closed)
    planned.queue(calendar=planned.calendar(), overflow_to=named, **closed)
    assert factories.case(at=berlin(SATURDAY)).queue_id == "routine"
