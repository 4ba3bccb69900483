"""What customers are told about their wait, what they see when it takes longer, and whether it was true."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import caches

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
    caches["process"].clear()
    return case


@pytest.mark.covers("R76")
def test_a_customer_behind_others_is_told_a_longer_time() -> None:
    for seconds in (100, 200, 300, 400, 500):
        answered(seconds)
    first, second = factories.case(), factories.case()
    assert (first.turns_ahead, first.told_p50, first.told_p80) == (1.0, 300, 500)
    caches["process"].clear()
    third = factories.case()
    assert third.turns_ahead == 1.0, "five people worked in the last hour, so nobody has to wait for a turn yet"
    Decision.objects.update(decided_at=factories.now() - timedelta(hours=2))
    caches["process"].clear()
    assert (factories.case().turns_ahead, second.told_p80) == (4.0, 500)


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
    (truth,) = waits.truth()
    assert (truth.cases, truth.half, truth.four_fifths) == (4, 0.25, 0.75)
    assert (round(truth.low, 2), round(truth.high, 2)) == (0.3, 0.95)
    page = Visitor(factories.person("admin")).open("/waits/")
    assert ("25 %" in page.text, "75 %" in page.text, "(30 %–95 %)" in page.text) == (True, True, True)


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_asks_the_database_the_same_however_many_queues_there_are(
    django_assert_num_queries: Callable[..., Any], count: int
) -> None:
    for _each in range(count):
        answered(60, told_p50=60, told_p80=120)
    admin = Visitor(factories.person("admin"))
    caches["process"].clear()
    with django_assert_num_queries(6):
        admin.open("/waits/")
