"""What customers are told about their wait, what they see when it takes longer, and whether it was true."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from reviewqueue.domain import escalation
from reviewqueue.models import Case, Decision
from reviewqueue.queries import outlook, standing, waits
from tests import factories
from tests.customers.conftest import Customer
from tests.web.pages import Visitor

pytestmark = pytest.mark.django_db


def answered(seconds: float, **columns: Any) -> Case:
    """A case that somebody decided so many seconds after it came."""
    ana = factories.person()
    case = factories.claimed(ana)
    factories.decide(case, ana)
    Decision.objects.filter(case=case).update(decided_at=case.created_at + timedelta(seconds=seconds))
    Case.objects.filter(pk=case.pk).update(**columns)
    outlook.forget()
    return case


@pytest.mark.covers("R76")
def test_a_customer_behind_others_is_told_a_longer_time() -> None:
    for seconds in (100, 200, 300, 400, 500):
        answered(seconds)
    first, second = factories.case(), factories.case()
    assert (first.turns_ahead, first.told_p50, first.told_p80) == (1.0, 300, 500)
    outlook.forget()
    third = factories.case()
    assert third.turns_ahead == 1.0, "five people worked in the last hour, so nobody has to wait for a turn yet"
    Decision.objects.update(decided_at=factories.now() - timedelta(hours=2))
    outlook.forget()
    assert (factories.case().turns_ahead, second.told_p80) == (4.0, 500)


@pytest.mark.covers("R76", "R77")
def test_who_gave_up_expired_or_still_waits_makes_the_estimate_longer() -> None:
    for seconds in (100, 200, 300, 400, 500):
        answered(seconds)
    at = factories.now()
    for state, seconds in (("queued", 350), ("withdrawn", 350), ("expired", 350)):
        case = factories.case(at=at - timedelta(seconds=seconds))
        outcome = "" if state == "queued" else state
        columns = {"state": state, "outcome": outcome, "updated_at": at, "turns_ahead": 1.0}
        Case.objects.filter(pk=case.pk).update(**columns, **({} if state == "queued" else {"rank_at": None}))
    seen = waits.of_queue("routine", at=at)
    assert (seen.wait(1.0), len(seen.seen)) == (waits.Wait(400, 500), 8)
    Case.objects.filter(state__in=["queued", "withdrawn", "expired"]).delete()
    assert waits.of_queue("routine", at=at).wait(1.0) == waits.Wait(300, 500)


def test_what_was_told_stays_as_it_was_told() -> None:
    for _each in range(5):
        answered(60)
    case = factories.case()
    for _each in range(5):
        answered(6000)
    case.refresh_from_db()
    assert outlook.wait(case) == waits.Wait(60, 60)


@pytest.mark.covers("R77", "R142")
def test_the_page_says_when_it_takes_longer_and_offers_a_call_when_much_longer() -> None:
    case = factories.case(language="en")
    Case.objects.filter(pk=case.pk).update(told_p50=60, told_p80=120)
    case.refresh_from_db()
    moments = [timedelta(seconds=119), timedelta(seconds=121), timedelta(minutes=13)]
    seen = [standing.of(case, at=case.created_at + moment) for moment in moments]
    assert [(stands.late, stands.late_long) for stands in seen] == [(False, False), (True, False), (True, True)]
    Case.objects.filter(pk=case.pk).update(created_at=case.created_at - timedelta(minutes=13))
    page = Customer(case).open()
    assert "This takes longer than we said, and we are sorry." in page.text
    assert ("Would you rather have us call you?" in page.text, "Four of five come within" in page.text) == (True, False)


@pytest.mark.covers("R142")
@pytest.mark.parametrize("role", ["admin", "supervisor"])
def test_an_administrator_sees_what_a_customer_sees_when_the_reviewer_is_late(role: str) -> None:
    factories.policy()
    factories.case()
    page = Visitor(factories.person(role)).open("/waits/?language=de")
    assert page.says("h2")[-5:-1] == [
        "Right after the question",
        "The reviewer is 1 minute late",
        "The reviewer is 10 minutes late",
        "The reviewer is 60 minutes late",
    ]
    assert page.text.count("Ein Mensch sieht es sich an") == 4
    assert page.text.count("Es dauert länger als angekündigt.") == 3
    assert "the times below are invented" in page.text


@pytest.mark.covers("R142")
@pytest.mark.parametrize(("seconds", "place"), [(300, 1), (900, 2), (86_400, 4)])
def test_what_customers_see_is_in_the_order_in_which_they_see_it(seconds: int, place: int) -> None:
    factories.policy(wait=[{"seconds": seconds, "then": "callback"}])
    factories.case()
    heads = Visitor(factories.person("admin")).open("/waits/").says("h2")
    assert heads.index("The longest wait of the contract is over") - heads.index("Right after the question") == place


@pytest.mark.parametrize("role", ["reviewer", "auditor", "qa_lead"])
def test_others_do_not_look_at_waits(role: str) -> None:
    assert Visitor(factories.person(role)).open("/waits/").status == 403


def test_nonsense_in_the_address_shows_the_usual_page() -> None:
    admin = Visitor(factories.person("admin"))
    assert [admin.open(f"/waits/?{query}").status for query in ("queue=%00", "language=xx", "queue=none")] == [200] * 3


@pytest.mark.covers("R76")
def test_what_customers_were_told_is_held_against_what_happened() -> None:
    for seconds in (30, 90, 90, 500):
        answered(seconds, told_p50=60, told_p80=120)
    answered(10)
    (truth,) = waits.truth(at=factories.now())
    assert (truth.cases, truth.half, truth.four_fifths) == (4, 0.25, 0.75)
    assert (round(truth.low, 2), round(truth.high, 2)) == (0.3, 0.95)
    page = Visitor(factories.person("admin")).open("/waits/")
    assert ("25 %" in page.text, "75 %" in page.text, "(30 %–95 %)" in page.text) == (True, True, True)


@pytest.mark.covers("R76")
def test_who_had_no_answer_in_time_was_told_something_that_did_not_come_true() -> None:
    for _each in range(3):
        answered(60, told_p50=60, told_p80=120)
    made = {state: factories.case() for state in ("waits", "in time", "expired", "withdrawn")}
    at = factories.now()
    for state, seconds in (("waits", 120), ("in time", 600), ("expired", 120), ("withdrawn", 120)):
        outcome = state if state in {"expired", "withdrawn"} else ""
        Case.objects.filter(pk=made[state].pk).update(
            told_p50=60, told_p80=seconds, outcome=outcome, created_at=at - timedelta(minutes=5)
        )
    (truth,) = waits.truth(at=at)
    assert (truth.cases, truth.half, truth.four_fifths) == (5, 0.6, 0.6)


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_asks_the_database_the_same_however_many_queues_there_are(
    django_assert_num_queries: Callable[..., Any], count: int
) -> None:
    for _each in range(count):
        answered(60, told_p50=60, told_p80=120)
    admin = Visitor(factories.person("admin"))
    outlook.forget()
    with django_assert_num_queries(9):
        admin.open("/waits/")


CHAT = {"match": {"channel": ["chat"]}, "seconds": 600, "then": "chat", "message": {"en": "A colleague looks."}}
REST = {"seconds": 1200, "then": "callback", "say": {"en": "May we call you?", "de": "Dürfen wir anrufen?"}}


@pytest.mark.covers("R77", "R142")
def test_the_simulator_shows_what_comes_of_each_wait_contract() -> None:
    factories.policy(wait=[CHAT, REST])
    admin = Visitor(factories.person("admin"))
    chat, call = admin.open("/waits/"), admin.open("/waits/?contract=1&language=de")
    assert "The longest wait of the contract is over" in chat.text
    assert ("A colleague looks. We are reviewing" in chat.text, chat.text.count("A person joins you here")) == (True, 4)
    assert "Customers wait at most 20 min; then they are offered a call." in call.text
    assert call.text.count("Dürfen wir anrufen?") == 4
    assert [admin.open(f"/waits/?contract={each}").status for each in ("none", "9", "-1", "x", "٣")] == [200] * 5


@pytest.mark.covers("R76", "R77")
def test_the_customer_s_page_offers_the_call_that_the_contract_promises() -> None:
    factories.policy(wait=[REST])
    at = factories.now() - timedelta(minutes=21)
    case = factories.case(at=at, language="en")
    customer = Customer(case)
    assert customer.open().says("h1") == ["A person is looking at it"]
    escalation.fire_due(at=factories.now())
    page = customer.open()
    assert (page.says("h1"), "May we call you?" in page.text) == (["Shall we call you?"], True)
    (link,) = [each for each in page.all("a") if "Choose a time for the call" in each.text]
    assert link.attributes["href"] == f"{customer.address}/callback"
    told = customer.client.get(customer.address, headers={"accept": "application/json"}).json()
    assert (told["fallback"], told["call_offered"]) == ({"what": "callback", "text": "May we call you?"}, True)
    customer.send("callback", phone="030 1234567", wanted_at="")
    assert "Choose a time for the call" not in customer.open().text


@pytest.mark.covers("R137")
def test_what_was_declined_says_so_in_the_words_of_the_policy_and_can_be_contested() -> None:
    factories.policy(wait=[{"seconds": 60, "then": "decline", "say": {"en": "We could not <b>do</b> this."}}])
    case = factories.case(at=factories.now() - timedelta(minutes=2), language="en")
    escalation.fire_due(at=factories.now())
    page = Customer(case).open()
    assert page.says("h1") == ["It was decided"]
    assert "We could not <b>do</b> this." in page.text
    assert "I do not agree with this" in page.text


@pytest.mark.covers("R77")
def test_the_page_holds_a_customer_in_the_policy_s_words_of_their_own_language() -> None:
    factories.policy(wait=[{"seconds": 600, "then": "chat", "message": {"en": "A colleague.", "fr": "Un collègue."}}])
    customer = Customer(factories.case(language="fr"))
    assert ("Un collègue." in customer.open().text, "A colleague." in customer.open("?lang=en").text) == (True, True)
