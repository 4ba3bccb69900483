"""What a customer asks for by their link, and who may deal with it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from audit import ledger
from audit.actions import SYSTEM
from reviewqueue import rules
from reviewqueue.domain import claims, configuring, customers, decisions, endings, intake, takeover
from reviewqueue.models import Case, Request, WorkRules
from reviewqueue.queries import calls, standing
from reviewqueue.refusal import Refusal
from tests import factories
from tests.domain import planned

pytestmark = pytest.mark.django_db
HOSTILE = ["<script>alert(1)</script>", "\x00\ud800 gone", "\u202ereversed", "'; DROP TABLE reviewqueue_case; --"]
RELEASED: list[dict[str, Any]] = [{"match": {}, "mode": "out_of_the_loop"}]


def answer(made: Case, text: str) -> None:
    """Somebody answers the customer's wish."""
    ben = factories.person()
    claims.claim(made, reviewer=ben, at=factories.now())
    factories.decide(made, ben, {"call_id": "wish", "type": "respond", "response": text})


@pytest.mark.covers("R88")
def test_a_wish_for_a_person_is_a_case_of_its_own_ahead_of_others() -> None:
    case = factories.case(language="de")
    made = customers.ask_for_human(case, text=" Bitte ein Mensch ", at=factories.now()).made
    assert (made.queue_id, made.priority, made.oversight, made.language) == (case.queue_id, 2, "human_only", "de")
    assert (made.issue, made.conversation_id, made.customer_ref) == (
        "Bitte ein Mensch",
        case.conversation_id,
        case.customer_ref,
    )
    assert made.verdict["reasons"][0]["says"] == "the customer asks for a person"


def test_the_record_of_both_cases_says_what_the_customer_asked_for() -> None:
    case = factories.case()
    made = customers.ask_for_human(case, text="please", at=factories.now()).made
    kinds = [[entry.kind for entry in ledger.timeline(each.subject)] for each in (case, made)]
    assert kinds == [["case.queued", "case.customer_asked"], ["case.queued"]]


def test_asking_twice_is_asking_once_and_never_without_end() -> None:
    case = factories.case()
    first = customers.ask_for_human(case, text="", at=factories.now())
    assert customers.ask_for_human(case, text="again", at=factories.now()) == first
    for _each in range(3):
        answer(customers.ask_for_human(case, text="", at=factories.now()).made, "done")
    with pytest.raises(Refusal, match="several times"):
        customers.ask_for_human(case, text="", at=factories.now())
    assert Request.objects.count() == 3


@pytest.mark.covers("R76")
def test_a_callback_waits_in_its_own_queue_until_the_time_that_was_chosen() -> None:
    at = factories.now()
    case, wanted = factories.case(), tomorrow(at)
    request = customers.leave_callback(case, phone="+49 (30) 12 34-567", wanted_at=wanted, text="", at=at)
    made = request.made
    assert (made.queue_id, made.due_at, made.expires_at) == ("callbacks", wanted, wanted + timedelta(days=2))
    assert made.actions[0]["args"]["phone"] == "+49 (30) 12 34-567"


@pytest.mark.covers("R76")
def test_a_call_for_tomorrow_is_nobody_s_next_case_today() -> None:
    at, ana = factories.now(), factories.person()
    wanted, case = tomorrow(at), factories.claimed(ana)
    factories.decide(case, ana)
    made = customers.leave_callback(case, phone="030 1234567", wanted_at=wanted, text="", at=at).made
    assert claims.claim_next(reviewer=factories.person(), at=at) is None
    assert claims.claim_next(reviewer=factories.person(), at=wanted - timedelta(minutes=5)) == made


def hours(at: datetime) -> list[datetime]:
    return [hour for day in calls.offered(at=at) for hour in day.hours]


def tomorrow(at: datetime) -> datetime:
    return next(hour for hour in hours(at) if hour > at + timedelta(days=1))


@pytest.mark.covers("R76")
def test_no_more_calls_are_promised_for_an_hour_than_people_can_make() -> None:
    at = factories.now()
    *_earlier, wanted, later = hours(at)
    configuring.save_plan(WorkRules(calls_per_hour=2), actor=SYSTEM, at=at)
    for _each in range(2):
        customers.leave_callback(factories.case(), phone="030 1234567", wanted_at=wanted, text="", at=at)
    with pytest.raises(Refusal, match="This hour is full") as refused:
        customers.leave_callback(factories.case(), phone="030 1234567", wanted_at=wanted, text="", at=at)
    assert refused.value.errors[0]["pointer"] == "/wanted_at"
    assert customers.leave_callback(factories.case(), phone="030 1234567", wanted_at=later, text="", at=at).pk
    assert customers.leave_callback(factories.case(), phone="030 1234567", wanted_at=None, text="", at=at).pk


def test_a_call_that_was_made_makes_room_and_asking_twice_takes_none() -> None:
    at = factories.now()
    wanted = tomorrow(at)
    configuring.save_plan(WorkRules(calls_per_hour=1), actor=SYSTEM, at=at)
    case = factories.case()
    first = customers.leave_callback(case, phone="030 1234567", wanted_at=wanted, text="", at=at)
    assert customers.leave_callback(case, phone="030 1234567", wanted_at=wanted, text="", at=at) == first
    assert [calls.free(wanted), wanted in hours(at)] == [False, False]
    answer(first.made, "called")
    assert calls.free(wanted)


def test_calls_are_offered_when_their_queue_is_open_and_not_full() -> None:
    at = planned.berlin("2026-11-27 16:10")  # a Friday
    planned.queue("callbacks", calendar=planned.calendar(zone="Europe/Berlin"))
    offered = calls.offered(at=at)
    assert [day.day.strftime("%a") for day in offered] == ["Fri", "Mon", "Tue", "Wed", "Thu"]
    assert [hour.hour for hour in offered[0].hours] == [17]
    assert [hour.hour for hour in offered[1].hours] == list(range(9, 18))


NO_NUMBERS = [
    "",
    "12",
    "call me",
    "+49 30 1234567; rm",
    "1" * 20,
    "\uff11\uff12\uff13\uff14\uff15\uff16",
    "1" * 9 + " " * 40 + "1",
]


@pytest.mark.parametrize("phone", NO_NUMBERS)
def test_what_is_no_telephone_number_is_refused(phone: str) -> None:
    with pytest.raises(Refusal) as refused:
        customers.leave_callback(factories.case(), phone=phone, wanted_at=None, text="", at=factories.now())
    assert refused.value.errors[0]["pointer"] == "/phone"
    assert Request.objects.count() == 0


FRIDAY = "2026-11-27 16:10"
NO_TIMES = {
    "over": ("2026-11-27 16:00", "within the next two weeks"),
    "now": (FRIDAY, "within the next two weeks"),
    "too far": ("2026-12-14 10:00", "within the next two weeks"),
    "far future": ("9999-01-01 10:00", "within the next two weeks"),
    "the weekend": ("2026-11-28 11:00", "Nobody calls at that time"),
    "night": ("2026-11-30 03:00", "Nobody calls at that time"),
    "after closing": ("2026-11-30 18:00", "Nobody calls at that time"),
    "no full hour": ("2026-11-30 10:30", "Nobody calls at that time"),
    "a second off": ("2026-11-30 10:00:01", "Nobody calls at that time"),
}


@pytest.mark.covers("R76")
@pytest.mark.parametrize(("wanted", "says"), NO_TIMES.values(), ids=NO_TIMES)
@pytest.mark.parametrize("calendar", [True, False])
def test_a_call_is_wished_for_at_a_full_hour_in_which_somebody_calls(
    wanted: str,
    says: str,
    calendar: bool,  # noqa: FBT001 - a parameter
) -> None:
    if calendar:
        planned.queue("callbacks", calendar=planned.calendar(zone="Europe/Berlin"))
    case, at = factories.case(), planned.berlin(FRIDAY)
    with timezone.override("Europe/Berlin"), pytest.raises(Refusal, match=says) as refused:
        customers.leave_callback(case, phone="030 1234567", wanted_at=planned.berlin(wanted), text="", at=at)
    assert refused.value.errors[0]["pointer"] == "/wanted_at"
    assert Request.objects.count() == 0


def test_every_hour_that_is_offered_is_taken() -> None:
    at = planned.berlin(FRIDAY)
    for hour in hours(at):
        assert customers.leave_callback(factories.case(), phone="030 1234567", wanted_at=hour, text="", at=at).pk


def test_where_full_hours_lie_between_ours_an_hour_is_full_all_the_same() -> None:
    at = planned.berlin(FRIDAY)
    planned.queue("callbacks", calendar=planned.calendar(zone="Asia/Kolkata"))
    configuring.save_plan(WorkRules(calls_per_hour=1), actor=SYSTEM, at=at)
    first = hours(at)[0]
    customers.leave_callback(factories.case(), phone="030 1234567", wanted_at=first, text="", at=at)
    assert (first.astimezone(UTC).minute, first in hours(at), calls.free(first)) == (30, False, False)


def test_the_hour_that_spring_leaves_out_is_not_offered() -> None:
    night = planned.calendar(zone="Europe/Berlin", every_day="01:00-05:00")
    planned.queue("callbacks", calendar=night)
    at = planned.berlin("2027-03-27 12:00")
    assert [hour.hour for hour in calls.offered(at=at)[0].hours] == [1, 3, 4]


@pytest.mark.covers("R87", "R88")
def test_an_automatic_decision_is_contested_and_any_person_may_look() -> None:
    factories.policy(oversight=RELEASED)
    case = factories.case(actions=[factories.reply()])
    assert case.outcome == "decided"
    made = customers.contest(case, text="Not fair", at=factories.now()).made
    assert (made.contests_id, made.state) == (case.pk, "queued")
    assert rules.why_not(factories.person(), "claim", made) is None
    assert made.expires_at > factories.now() + timedelta(days=29)


@pytest.mark.covers("R88")
def test_whoever_decided_first_cannot_decide_what_is_contested() -> None:
    ana, ben = factories.person(), factories.person()
    case = factories.claimed(ana)
    factories.decide(case, ana)
    case.refresh_from_db()
    made = customers.contest(case, text="", at=factories.now()).made
    says = "The customer contests a decision of yours; somebody else must look."
    assert [rules.why_not(ana, verb, made) for verb in ("claim", "decide", "take_over")] == [says] * 3
    assert claims.claim_next(reviewer=ana, at=factories.now()) is None
    assert claims.claim_next(reviewer=ben, at=factories.now()) == made
    with pytest.raises(Refusal, match="decision of this person"):
        claims.reassign(made, reviewer=ben, to_user=ana, note="", at=factories.now())


def test_nothing_is_contested_before_it_is_decided_nor_a_contest_itself() -> None:
    case = factories.case()
    with pytest.raises(Refusal, match="Nothing has been decided"):
        customers.contest(case, text="", at=factories.now())
    factories.policy(oversight=RELEASED)
    decided = factories.case(actions=[factories.reply()])
    made = customers.contest(decided, text="", at=factories.now()).made
    answer(made, "It stands.")
    made.refresh_from_db()
    with pytest.raises(Refusal):
        customers.contest(made, text="", at=factories.now())


def test_the_answer_to_a_wish_is_for_the_customer_and_lets_no_agent_act() -> None:
    case = factories.case()
    made = customers.ask_for_human(case, text="", at=factories.now()).made
    ben = factories.person()
    claims.claim(made, reviewer=ben, at=factories.now())
    with pytest.raises(Refusal):
        factories.decide(made, ben, {"call_id": "wish", "type": "approve"})
    factories.decide(made, ben, {"call_id": "wish", "type": "respond", "response": "We spoke."})
    (asked,) = standing.of(case, at=factories.now()).asked
    assert (asked.phase, asked.answers) == ("decided", (standing.Ruled("answered", "We spoke."),))


def test_an_agent_neither_withdraws_nor_replaces_what_a_customer_asked_for() -> None:
    agent = factories.agent()
    case = factories.case(by=agent)
    made = customers.ask_for_human(case, text="", at=factories.now()).made
    with pytest.raises(Refusal, match="only a person can settle it"):
        endings.withdraw(made, agent=agent, reason="", at=factories.now())
    proposal = factories.proposal(supersedes=made.pk, conversation={"id": case.conversation.external_id})
    with pytest.raises(Refusal, match="does not fit"):
        intake.propose(proposal, agent=agent, at=factories.now())
    made.refresh_from_db()
    assert made.state == "queued"


def test_a_takeover_answers_the_wish_for_a_person_and_leaves_a_call_owed() -> None:
    case = factories.case()
    human = customers.ask_for_human(case, text="", at=factories.now()).made
    call = customers.leave_callback(case, phone="030 1234567", wanted_at=None, text="", at=factories.now()).made
    takeover.take_over(case, person=factories.person("supervisor"), note="", at=factories.now())
    for each in (human, call):
        each.refresh_from_db()
    assert (human.outcome, call.state) == ("taken_over", "queued")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_stay_words(text: str) -> None:
    made = customers.ask_for_human(factories.case(), text=text, at=factories.now()).made
    made.refresh_from_db()
    assert made.document["briefing"]["issue"] == text.replace("\x00", "").replace("\ud800", "").strip()


def test_too_many_words_are_refused() -> None:
    with pytest.raises(Refusal) as refused:
        customers.ask_for_human(factories.case(), text="a" * 2001, at=factories.now())
    assert refused.value.errors[0]["pointer"] == "/text"


@pytest.mark.covers("R78")
def test_what_is_said_to_the_customer_never_holds_what_is_said_inside() -> None:
    ana = factories.person(first_name="Ana", last_name="Ruiz")
    case = factories.claimed(ana, actions=[factories.action(), factories.reply()])
    note = {"message": "INSIDE-MESSAGE", "reason_code": "policy"}
    refused = {"call_id": "call_1", "type": "reject", **note}
    edited = {"call_id": "call_2", "type": "edit", "args": {"text": "We are sorry."}, **note}
    decisions.decide(
        case,
        reviewer=ana,
        look=factories.look(case),
        decisions=(refused, edited),
        note="INSIDE-NOTE",
        at=factories.now(),
    )
    case.refresh_from_db()
    stands = standing.of(case, at=factories.now())
    assert stands.ruled == (standing.Ruled("declined"), standing.Ruled("answered", "We are sorry."))
    assert (stands.automatic, stands.ai) == (False, True)
    assert [word for word in ("INSIDE", "Ruiz", "Ana", "0.9") if word in repr(stands)] == []


@pytest.mark.covers("R68", "R69")
def test_what_a_customer_asks_for_has_the_service_level_of_its_queue() -> None:
    planned.service(("decide", 100), queue=planned.queue("callbacks"), decide_within=timedelta(minutes=30))
    at = factories.now()
    soon = customers.leave_callback(factories.case(), phone="030 1234567", wanted_at=None, text="", at=at).made
    wanted = tomorrow(at)
    later = customers.leave_callback(factories.case(), phone="030 1234567", wanted_at=wanted, text="", at=at).made
    assert (soon.due_at, soon.clock.next_at) == (at + timedelta(minutes=30), at + timedelta(minutes=30))
    assert (later.due_at, later.clock.next_at) == (wanted, wanted + timedelta(minutes=30))


def test_it_waits_in_the_next_queue_where_somebody_speaks_the_language() -> None:
    planned.queue("callbacks", languages=["en"], overflow_to=planned.queue("german"))
    case, at = factories.case(language="de"), factories.now()
    made = customers.leave_callback(case, phone="030 1234567", wanted_at=None, text="", at=at).made
    assert (made.queue_id, [move.why for move in made.moves.all()]) == ("german", ["overflow"])


def test_a_customer_of_whom_nothing_is_known_gets_a_person_too() -> None:
    request = customers.ask_for_human(factories.case(customer=None, language=None), text="Hello?", at=factories.now())
    assert request.made is not None
    assert "customer" not in request.made.document
