"""Levels on the way to a deadline: each once, whoever looks, however late, whatever happens to the clock."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest

from audit.models import Entry
from reviewqueue.domain import claims, decisions, due, escalation, letters, questions, takeover
from reviewqueue.domain.lifecycle import locked
from reviewqueue.models import Case, Clock, Event, Move, ServiceAlert
from reviewqueue.queries import briefing
from tests import factories
from tests.domain import planned
from tests.domain.planned import HOUR, MINUTE

pytestmark = [pytest.mark.django_db, pytest.mark.covers("R69", "R73")]
LEVELS = ("case.warned", "case.late", "case.escalated")


@pytest.fixture(autouse=True)
def _leases_are_long(settings: Any) -> None:
    settings.LEASE_SECONDS = 86_400


def fired(case: Case) -> list[tuple[str, int]]:
    """From the rows, once it is sure that the record and the events say the same."""
    rows = list(ServiceAlert.objects.filter(case=case).order_by("due_at", "id").values_list("of", "share"))
    told = [(e.data["of"], e.data["share"]) for e in briefing.timeline(case) if e.kind in LEVELS]
    assert sorted(told) == sorted(rows)
    assert Event.objects.filter(case=case, kind__in=LEVELS).count() == len(rows)
    return rows


def said(case: Case) -> list[str]:
    return [entry.sentence for entry in briefing.timeline(case)][1:]


def test_each_level_happens_once_in_its_time() -> None:
    planned.service(("decide", 50), ("decide", 80), ("decide", 100))
    at = factories.now()
    case = factories.case(at=at)
    assert escalation.fire_due(at=at + 30 * MINUTE - timedelta(microseconds=1)) == 0
    assert escalation.fire_due(at=at + 30 * MINUTE) == 1
    assert escalation.fire_due(at=at + 30 * MINUTE) == 0
    assert fired(case) == [("decide", 50)]
    for minutes in (48, 60, 90):
        escalation.fire_due(at=at + minutes * MINUTE)
    assert fired(case) == [("decide", 50), ("decide", 80), ("decide", 100)]
    assert said(case) == [
        "50 % of the time to decide has passed",
        "80 % of the time to decide has passed",
        "The time to decide is over",
    ]
    assert Clock.objects.get().next_at is None


def test_after_an_outage_everything_that_was_missed_happens_once_and_in_order() -> None:
    planned.service(("decide", 50), ("decide", 80), ("decide", 100), ("decide", 150))
    at = factories.now()
    cases = [factories.case(at=at) for _each in range(3)]
    assert due.run(at=at + 70 * MINUTE)["levels"] == 3
    for case in cases:
        assert fired(case) == [("decide", 50), ("decide", 80), ("decide", 100)]
        assert Clock.objects.get(case=case).next_at == at + 90 * MINUTE


def test_a_clock_that_jumps_an_hour_ahead_and_back_fires_nothing_twice() -> None:
    planned.service(("decide", 50), ("decide", 80), ("decide", 100), ("decide", 200))
    at = factories.now()
    case = factories.case(at=at)
    for step in (0, 60, 0, 30, -30, 48, 108, 48, 60, 120, 60, 121):
        escalation.fire_due(at=at + step * MINUTE)
    assert fired(case) == [("decide", 50), ("decide", 80), ("decide", 100), ("decide", 200)]


def test_whatever_the_sweepers_do_rows_and_record_agree() -> None:
    planned.service(("claim", 50), ("decide", 50), ("decide", 100), ("answer", 100), **_all_targets())
    at, dice = factories.now(), random.Random(7)
    cases = [factories.case(at=at + n * MINUTE) for n in range(6)]
    for _ring in range(60):
        escalation.fire_due(at=at + dice.randrange(0, 130) * MINUTE, limit=dice.choice([1, 2, 500]))
    for _ring in range(len(cases)):
        escalation.fire_due(at=at + 140 * MINUTE)
    for case in cases:
        assert sorted(fired(case)) == [("answer", 100), ("claim", 50), ("decide", 50), ("decide", 100)]


def _all_targets() -> dict[str, Any]:
    return {"claim_within": 10 * MINUTE, "decide_within": HOUR, "answer_within": 2 * HOUR}


def test_a_case_that_was_taken_in_time_is_not_warned_about_its_taking() -> None:
    planned.service(("claim", 100), ("decide", 100), **_all_targets())
    me, at = factories.person(), factories.now()
    case = factories.claimed(me, at=at)
    claims.release(case, reviewer=me, token=None, at=at + MINUTE)
    due.run(at=at + HOUR)
    assert fired(case) == [("decide", 100)]


def test_a_case_that_was_decided_in_time_is_late_for_nobody_but_its_customer() -> None:
    planned.service(("decide", 100), ("answer", 100), **_all_targets())
    me, at = factories.person(), factories.now()
    decided = factories.claimed(me, at=at)
    factories.decide(decided, me, at=at)
    due.run(at=at + 2 * HOUR)
    assert fired(decided) == [("answer", 100)]


def test_a_customer_whom_a_person_has_answered_waits_no_longer() -> None:
    planned.service(("answer", 100), **_all_targets())
    lead, at = factories.person("supervisor"), factories.now()
    silent, written = factories.case(at=at), factories.case(at=at)
    for case in (silent, written):
        takeover.take_over(case, person=lead, note="", at=at)
    letters.write(written, person=lead, text="I am looking into it.", at=at + MINUTE)
    due.run(at=at + 2 * HOUR)
    assert (fired(silent), fired(written)) == ([("answer", 100)], [])


def test_a_decision_that_is_taken_back_is_late_again() -> None:
    factories.policy(undo_seconds=600)
    planned.service(("decide", 50), ("decide", 100))
    me, at = factories.person(), factories.now()
    case = factories.claimed(me, at=at)
    factories.decide(case, me, at=at + 29 * MINUTE)
    escalation.fire_due(at=at + 31 * MINUTE)
    again = decisions.undo(case, reviewer=me, at=at + 32 * MINUTE)
    assert again.state == "claimed"
    escalation.fire_due(at=at + HOUR)
    assert fired(case) == [("decide", 100)]


def test_nothing_happens_while_time_stands_still() -> None:
    planned.service(("decide", 50))
    me, at = factories.person(), factories.now()
    case = factories.claimed(me, at=at)
    questions.ask(case, reviewer=me, of="customer", text="Which?", at=at + MINUTE)
    assert escalation.fire_due(at=at + 3 * HOUR) == 0
    assert fired(case) == []


def test_the_version_of_a_case_stays_so_that_its_reviewer_can_decide() -> None:
    lead = factories.person("supervisor")
    does = {"tell_role": "supervisor", "offer_to": lead, "raise_to": 3}
    planned.service(("decide", 50, does))
    me, at = factories.person(), factories.now()
    case = factories.claimed(me, at=at)
    look = factories.look(case)
    escalation.fire_due(at=at + 30 * MINUTE)
    assert locked(case.pk).version == look.version


@pytest.mark.covers("R69")
def test_a_level_escalates_to_a_role_and_keeps_the_case_for_a_person() -> None:
    lead = factories.person("supervisor", first_name="Sofia", last_name="Wernicke", queues=["other"])
    planned.service(("decide", 80, {"tell_role": "supervisor", "offer_to": lead}))
    at = factories.now()
    case = factories.case(at=at)
    escalation.fire_due(at=at + 48 * MINUTE)
    after = locked(case.pk)
    assert (after.offered_to_id, after.offered_until) == (lead.pk, at + 53 * MINUTE)
    alert = ServiceAlert.objects.get()
    assert (alert.told_id, alert.told_role) == (lead.pk, "supervisor")
    assert said(case) == [
        "80 % of the time to decide has passed; escalated to Sofia W.; escalated to supervisors",
        "The desk keeps the case for one person first: Sofia W.",
    ]
    taken = claims.claim_next(reviewer=lead, at=at + 49 * MINUTE)
    assert taken is not None
    assert taken.pk == case.pk


@pytest.mark.parametrize("unfit", ["inactive", "owner"])
def test_a_case_is_not_kept_for_somebody_who_could_not_decide_it(unfit: str) -> None:
    lead = factories.person("supervisor")
    planned.service(("decide", 80, {"offer_to": lead}))
    at = factories.now()
    case = factories.case(by=factories.agent(owner=lead if unfit == "owner" else None), at=at)
    if unfit == "inactive":
        type(lead).objects.filter(pk=lead.pk).update(is_active=False)
    escalation.fire_due(at=at + 48 * MINUTE)
    assert (locked(case.pk).offered_to_id, fired(case)) == (None, [("decide", 80)])


def test_a_level_raises_the_priority_and_with_it_the_place_in_the_queue() -> None:
    planned.service(("decide", 50, {"raise_to": 3}), ("decide", 80, {"raise_to": 1}))
    at = factories.now()
    case = factories.case(at=at)
    escalation.fire_due(at=at + 50 * MINUTE)
    after = locked(case.pk)
    assert (after.priority, after.rank_at, after.due_at) == (3, after.ranked(), case.due_at)
    assert case.rank_at is not None
    assert after.rank_at is not None
    assert after.rank_at < case.rank_at
    assert said(case)[2:] == ["The desk raised the priority: urgent"]


def test_a_level_moves_the_case_to_another_queue() -> None:
    planned.service(("decide", 50, {"move_to": planned.queue("urgent")}), ("decide", 100))
    at = factories.now()
    case = factories.case(at=at)
    escalation.fire_due(at=at + 30 * MINUTE)
    after, move = locked(case.pk), Move.objects.get()
    assert (after.queue_id, move.from_queue_id, move.why) == ("urgent", "routine", "service")
    escalation.fire_due(at=at + HOUR)
    assert fired(case) == [("decide", 50), ("decide", 100)]


def test_nothing_is_taken_out_of_the_hands_of_somebody_who_works_on_it() -> None:
    lead = factories.person("supervisor")
    planned.service(("decide", 50, {"move_to": planned.queue("urgent"), "offer_to": lead}))
    me, at = factories.person(), factories.now()
    case = factories.claimed(me, at=at)
    escalation.fire_due(at=at + 30 * MINUTE)
    after = locked(case.pk)
    assert (after.state, after.claimed_by_id, after.queue_id, after.offered_to_id) == (
        "claimed",
        me.pk,
        "routine",
        None,
    )
    assert fired(case) == [("decide", 50)]


def test_one_case_that_cannot_be_escalated_does_not_hold_up_the_others(caplog: pytest.LogCaptureFixture) -> None:
    planned.service(("decide", 50))
    at = factories.now()
    broken, *sound = (factories.case(at=at) for _each in range(3))
    Clock.objects.filter(case=broken).update(plan={"marks": "nonsense", "targets": {}})
    escalation.fire_due(at=at + 31 * MINUTE)
    assert [fired(case) for case in sound] == [[("decide", 50)]] * 2
    assert broken.pk in caplog.text
    assert Clock.objects.get(case=broken).next_at == at + 32 * MINUTE


def test_many_at_once_cost_a_handful_of_statements(django_assert_max_num_queries: Any) -> None:
    planned.service(("decide", 50, {"tell_role": "supervisor"}))
    at = factories.now()
    for _each in range(30):
        factories.case(at=at)
    with django_assert_max_num_queries(12):
        assert escalation.fire_due(at=at + 30 * MINUTE) == 30
    assert Entry.objects.filter(kind="case.escalated").count() == 30


@pytest.mark.parametrize("read", [True, False])
def test_after_an_outage_levels_happen_before_the_case_expires(read: bool) -> None:  # noqa: FBT001 - a parameter
    planned.service(("decide", 50), ("decide", 100), ("decide", 150))
    at = factories.now()
    case = factories.case(at=at, expires_in=70 * 60)
    if read:
        due.settle(case, at=at + 80 * MINUTE)
    else:
        due.run(at=at + 80 * MINUTE)
    assert (locked(case.pk).state, fired(case)) == ("expired", [("decide", 50), ("decide", 100)])


def test_a_level_that_cannot_be_carried_out_lets_the_case_expire(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_given: Any) -> None:
        raise LookupError

    planned.service(("decide", 50))
    case, at = factories.case(expires_in=40 * 60), factories.now()
    monkeypatch.setattr(escalation, "_noted", broken)
    due.settle(case, at=at + HOUR)
    assert locked(case.pk).state == "expired"
