"""Snoozing: out of one's own sight until a time; for colleagues and clocks nothing changes."""

from datetime import timedelta

import pytest

from hitl.accounts.models import User
from reviewqueue.domain import claims, due, snoozes
from reviewqueue.models import Case, Snooze
from reviewqueue.queries import briefing, cases
from reviewqueue.refusal import Refusal
from tests import factories

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def listed(person: User) -> list[str]:
    """What one's list shows."""
    return [case.pk for case in cases.page(person, cases.Wanted(awake_for=person.pk)).cases]


def test_a_snoozed_case_leaves_my_list_and_my_turn_and_nobody_elses() -> None:
    me, colleague, at = factories.person(), factories.person(), factories.now()
    case = factories.claimed(me, at=at)
    snoozes.snooze(case, person=me, until=at + HOUR, at=at)
    after = Case.objects.get()
    assert (after.state, after.claimed_by, after.due_at, after.expires_at) == (
        "queued",
        None,
        case.due_at,
        case.expires_at,
    )
    assert (listed(me), listed(colleague)) == ([], [case.pk])
    assert claims.claim_next(reviewer=me, at=at) is None
    taken = claims.claim_next(reviewer=colleague, at=at)
    assert taken is not None
    assert taken.pk == case.pk


def test_one_finds_again_what_one_put_aside() -> None:
    me, at = factories.person(), factories.now()
    case = factories.case(at=at)
    factories.case(at=at)
    snoozes.snooze(case, person=me, until=at + HOUR, at=at)
    aside = cases.page(me, cases.Wanted(snoozed_by=me.pk)).cases
    assert [each.pk for each in aside] == [case.pk]


def test_when_its_time_has_come_it_is_back_once() -> None:
    me, at = factories.person(), factories.now()
    case = factories.case(at=at)
    snoozes.snooze(case, person=me, until=at + HOUR, at=at)
    assert due.run(at=at + HOUR - timedelta(seconds=1))["snoozes"] == 0
    assert due.run(at=at + HOUR)["snoozes"] == 1
    assert due.run(at=at + HOUR)["snoozes"] == 0
    assert listed(me) == [case.pk]
    assert [entry.kind for entry in briefing.timeline(case)][-2:] == ["case.snoozed", "case.woken"]
    taken = claims.claim_next(reviewer=me, at=at + HOUR)
    assert taken is not None
    assert taken.pk == case.pk


def test_nobody_waits_for_the_alarm_clock() -> None:
    me, at = factories.person(), factories.now()
    case = factories.case(at=at)
    snoozes.snooze(case, person=me, until=at + HOUR, at=at)
    Snooze.objects.update(until_at=at - HOUR)
    assert listed(me) == [case.pk]


def test_the_later_word_counts_and_a_claim_ends_it() -> None:
    me, at = factories.person(), factories.now()
    case = factories.case(at=at)
    for hours in (1, 2):
        snoozes.snooze(case, person=me, until=at + hours * HOUR, at=at)
    assert Snooze.objects.get().until_at == at + 2 * HOUR
    claims.claim(case, reviewer=me, at=at)
    assert not Snooze.objects.exists()


def test_a_case_that_ended_meanwhile_does_not_come_back() -> None:
    me, at = factories.person(), factories.now()
    case = factories.case(at=at, expires_in=600)
    snoozes.snooze(case, person=me, until=at + timedelta(seconds=500), at=at)
    colleague = factories.person()
    factories.decide(claims.claim(case, reviewer=colleague, at=at), colleague, at=at)
    assert due.run(at=at + timedelta(seconds=500))["snoozes"] == 1
    assert "case.woken" not in [entry.kind for entry in briefing.timeline(case)]


@pytest.mark.parametrize("seconds", [-1, 0, 600, 601])
def test_a_case_is_snoozed_to_a_time_before_it_expires(seconds: int) -> None:
    at = factories.now()
    case = factories.case(at=at, expires_in=600)
    with pytest.raises(Refusal) as refused:
        snoozes.snooze(case, person=factories.person(), until=at + timedelta(seconds=seconds), at=at)
    assert (refused.value.slug, refused.value.says) == (
        "invalid-request",
        "Choose a time after now and before the case expires.",
    )


def test_what_a_colleague_works_on_is_not_mine_to_put_aside() -> None:
    case, at = factories.claimed(factories.person()), factories.now()
    with pytest.raises(Refusal) as refused:
        snoozes.snooze(case, person=factories.person(), until=at + HOUR, at=at)
    assert refused.value.says == "Somebody else is working on this case."


def test_who_brings_a_case_back_first_does_it_alone() -> None:
    me, at = factories.person(), factories.now()
    case = factories.claimed(me, at=at)
    snoozes.snooze(case, person=me, until=at + HOUR, at=at)
    stale = Snooze.objects.get()
    later = at + HOUR
    woken = [snoozes._wake([stale], later) for _alarm_clock in range(2)]  # noqa: SLF001 - both had found the same row
    assert woken == [1, 0]
    assert [step.kind for step in briefing.timeline(case)].count("case.woken") == 1
