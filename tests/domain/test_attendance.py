"""Who is there, and what protects people from working too long."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from audit.actions import SYSTEM
from hitl.accounts.models import User
from reviewqueue.domain import attendance, claims, configuring
from reviewqueue.models import Attendance, Case, Decision, WorkRules
from reviewqueue.queries import team
from reviewqueue.refusal import Refusal
from tests import factories
from tests.domain import planned
from tests.domain.planned import HOUR, MINUTE, berlin

pytestmark = [pytest.mark.django_db, pytest.mark.covers("R74")]


def standing(person: User, at: datetime) -> tuple[str, bool]:
    found = team.standings([person.pk], at=at)[person.pk]
    return found.status, found.idle


def work(person: User, *, since: datetime, every: timedelta, cases: int, risk: str = "medium") -> datetime:
    """Decide so many cases, one after the other; returns when the last one was decided."""
    at = since
    for _each in range(cases):
        case = factories.case(at=at)
        Case.objects.filter(pk=case.pk).update(risk=risk)
        factories.decide(claims.claim(case, reviewer=person, at=at), person, at=at)
        at += every
    return at - every


def rules(**changes: object) -> None:
    working = WorkRules(**changes)
    configuring.save_plan(working, actor=SYSTEM, at=factories.now())


def test_who_is_silent_for_long_is_away_until_they_are_back() -> None:
    me, at = factories.person(), factories.now()
    assert standing(me, at) == ("away", False)
    attendance.seen(me.pk, at=at)
    assert standing(me, at + 14 * MINUTE) == ("available", False)
    assert standing(me, at + 15 * MINUTE) == ("away", True)
    attendance.seen(me.pk, at=at + 20 * MINUTE)
    assert standing(me, at + 20 * MINUTE) == ("available", False)


def test_being_seen_is_written_down_every_half_minute_at_most() -> None:
    me, at = factories.person(), factories.now()
    for seconds in (0, 10, 29, 31):
        attendance.seen(me.pk, at=at + timedelta(seconds=seconds))
    assert Attendance.objects.get().seen_at == at + timedelta(seconds=31)


@pytest.mark.parametrize("status", ["busy", "away"])
def test_who_said_that_they_are_not_available_gets_no_next_case_but_may_take_one(status: str) -> None:
    me, at = factories.person(), factories.now()
    case = factories.case(at=at)
    attendance.set_status(me, status=status, at=at)
    with pytest.raises(Refusal) as refused:
        claims.claim_next(reviewer=me, at=at)
    assert (refused.value.slug, refused.value.says) == (
        "forbidden",
        f"You are set to “{status}”. Set yourself to available to get the next case.",
    )
    assert claims.claim(case, reviewer=me, at=at).state == "claimed"
    attendance.set_status(me, status="available", at=at)
    assert claims.claim_next(reviewer=me, at=at) is None


def test_a_status_is_one_of_three() -> None:
    with pytest.raises(Refusal) as refused:
        attendance.set_status(factories.person(), status="<b>asleep</b>", at=factories.now())
    assert refused.value.slug == "invalid-request"


def test_the_roster_plans_and_binds_only_where_the_desk_wants_it() -> None:
    me, at = factories.person(), berlin("2026-11-30 20:00")
    case = factories.case(at=at)
    planned.shift(me, planned.calendar())
    assert standing(me, at)[0] == "off"
    rules(roster_binds=True)
    with pytest.raises(Refusal) as refused:
        claims.claim_next(reviewer=me, at=at)
    assert refused.value.says == "You are off shift; the next case is for those who are on."
    assert claims.claim_next(reviewer=factories.person(), at=at) == case
    assert team.duties([me.pk], at=at)[me.pk].changes_at == berlin("2026-12-01 09:00")


def test_a_shift_counts_between_its_dates() -> None:
    me, hours = factories.person(), planned.calendar()
    at = berlin("2026-11-30 12:00")
    planned.shift(me, hours, from_on=at.date() + timedelta(days=1))
    assert team.duties([me.pk], at=at)[me.pk].on is False
    assert team.duties([me.pk], at=at + timedelta(days=1))[me.pk].on is True


def test_after_long_work_a_break_is_suggested_and_a_pause_ends_it() -> None:
    me, at = factories.person(), factories.now() - timedelta(hours=5)
    last = work(me, since=at, every=9 * MINUTE, cases=11)
    assert attendance.could_use_a_break(me, at=last)
    assert not attendance.could_use_a_break(me, at=last - 1 * MINUTE)
    assert not attendance.could_use_a_break(me, at=last + 10 * MINUTE)


def test_many_decisions_in_a_row_are_a_reason_for_a_break_too() -> None:
    rules(break_decisions=3)
    me, at = factories.person(), factories.now() - HOUR
    last = work(me, since=at, every=MINUTE, cases=3)
    assert attendance.could_use_a_break(me, at=last)
    assert not attendance.could_use_a_break(me, at=last - MINUTE)


@pytest.mark.parametrize("verb", ["next", "claim"])
def test_after_the_longest_stretch_there_is_no_new_case_until_a_pause(verb: str) -> None:
    rules(longest=HOUR)
    me, at = factories.person(), factories.now() - timedelta(hours=5)
    held = claims.claim(factories.case(at=at), reviewer=me, at=at)
    last = work(me, since=at, every=6 * MINUTE, cases=10) + 6 * MINUTE
    waiting = factories.case(at=last)
    with pytest.raises(Refusal) as refused:
        _take(verb, me, waiting, last)
    assert (refused.value.slug, refused.value.says) == (
        "forbidden",
        "Time for a break of 10 minutes. What you hold you can finish.",
    )
    assert claims.claim(held, reviewer=me, at=at + MINUTE).state == "claimed"
    assert _take(verb, me, waiting, last + 4 * MINUTE).claimed_by_id == me.pk


def _take(verb: str, me: User, case: Case, at: datetime) -> Case:
    if verb == "claim":
        return claims.claim(case, reviewer=me, at=at)
    taken = claims.claim_next(reviewer=me, at=at)
    assert taken is not None
    return taken


def test_after_hard_cases_comes_an_easier_one_if_there_is_one() -> None:
    me, at = factories.person(), factories.now() - HOUR
    last = work(me, since=at, every=MINUTE, cases=3, risk="high")
    hard, easy = factories.case(at=last), factories.case(at=last + MINUTE)
    Case.objects.filter(pk=hard.pk).update(risk="critical")
    Case.objects.filter(pk=easy.pk).update(risk="low")
    first, second = (claims.claim_next(reviewer=me, at=last + 2 * MINUTE) for _each in range(2))
    assert (first, second) == (easy, hard)


def test_two_hard_cases_in_a_row_are_not_too_many() -> None:
    me, at = factories.person(), factories.now() - HOUR
    work(me, since=at - MINUTE, every=MINUTE, cases=1)
    last = work(me, since=at, every=MINUTE, cases=2, risk="high")
    hard, easy = factories.case(at=last), factories.case(at=last + MINUTE)
    Case.objects.filter(pk=hard.pk).update(risk="critical")
    Case.objects.filter(pk=easy.pk).update(risk="low")
    assert claims.claim_next(reviewer=me, at=last + 2 * MINUTE) == hard


def test_a_case_with_several_rulings_is_one_case_of_a_stretch() -> None:
    me, at = factories.person(), factories.now()
    case = factories.case(actions=[factories.action(call_id=name) for name in ("call_1", "call_2")], at=at)
    factories.decide(claims.claim(case, reviewer=me, at=at), me, at=at)
    assert Decision.objects.filter(decided_by=me).count() == 2
    assert attendance.stretch(me, at=at, working=WorkRules()).decided == 1
