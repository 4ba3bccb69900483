"""How I decide, second looks, and practice on real cases about invented people."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reviewqueue.domain import attention
from reviewqueue.models import CoachingRules, Practice, SecondLook
from tests import factories
from tests.domain import coached
from tests.domain.test_attention import decided, rules
from tests.web.pages import Visitor

pytestmark = [pytest.mark.django_db, pytest.mark.covers("R129")]
Visit = Callable[..., Visitor]


@pytest.fixture(autouse=True)
def _policy() -> None:
    factories.policy(risk_levels=[{"match": {}, "level": "low"}])


def test_one_reads_ones_own_numbers_and_a_coach_reads_them_too(visit: Visit) -> None:
    rules()
    ana, lead = visit(), visit("qa_lead")
    for held in (5, 50):
        decided(ana.user, held=held)
    page = ana.open("/how-i-decide/")
    assert "Decided in less than 40 % of the time" in page.text
    assert "1/2" in page.text
    assert lead.open(f"/coaching/people/{ana.user.pk}/").status == 200
    assert visit().open(f"/coaching/people/{ana.user.pk}/").status == 403
    assert lead.open(f"/coaching/people/{lead.user.pk}/").status == 404


@pytest.mark.parametrize(("role", "status"), [("reviewer", 200), ("supervisor", 200), ("qa_lead", 403), ("admin", 403)])
def test_the_page_is_for_those_who_decide(visit: Visit, role: str, status: int) -> None:
    assert [visit(role).open(address).status for address in ("/how-i-decide/", "/second-looks/")] == [status] * 2


def test_the_second_look_shows_nothing_of_the_first(visit: Visit) -> None:
    rules(second_share=100)
    ana, ben = visit(first_name="Unmistakable"), visit()
    case = decided(ana.user, held=50, kind="reject")
    assert ben.open("/second-looks/").source.count(f"/second-looks/{case.pk}/") == 1
    page = ben.open(f"/second-looks/{case.pk}/")
    assert (page.status, "Unmistakable" in page.source, "reject" in page.source.lower().split("<form")[0]) == (
        200,
        False,
        False,
    )
    assert "refund_order" in page.source
    assert ana.open(f"/second-looks/{case.pk}/").status == 403
    assert ben.client.post(f"/second-looks/{case.pk}/", {"view": "maybe"}).status_code == 422
    assert ben.client.post(f"/second-looks/{case.pk}/", {"view": "reject", "note": "x"}).status_code == 302
    assert SecondLook.objects.get().agrees
    assert ben.open(f"/second-looks/{case.pk}/").status == 404


def test_after_quick_approvals_the_page_asks_for_ones_own_view_first(visit: Visit) -> None:
    rules()
    ana = visit()
    for _each in range(3):
        decided(ana.user, held=5)
    assert attention.asks_for_view(ana.user, at=factories.now())
    case = factories.claimed(ana.user, briefing={"recommendation": "Refund it all"})
    page = ana.open(f"/cases/{case.pk}/")
    assert ("Refund it all" in page.text, "own-view" in page.source) == (False, True)


def test_a_decision_on_the_page_says_how_long_the_case_was_in_hand(visit: Visit) -> None:
    ana = visit()
    case = factories.claimed(ana.user)
    page = ana.open(f"/cases/{case.pk}/")
    ana.press(page, "Approve", on=f"/cases/{case.pk}/decide")
    timings = case.decisions.get().timings
    assert timings["reading_seconds"] >= 5
    assert timings["held_seconds"] >= 0


def test_a_real_case_is_practised_like_an_invented_one(visit: Visit) -> None:
    CoachingRules.objects.create()
    made = coached.specimen(coached.overridden(factories.person(), factories.agent()), factories.person("supervisor"))
    ana = visit()
    assert made.title in ana.open("/practice/").text
    page = ana.open(f"/practice/{made.pk}/")
    assert (page.status, "A real case about an invented person" in page.text) == (200, True)
    done = ana.press(page, "Approve", on=f"/practice/{made.pk}/decide")
    assert ("not quite" in done.text, "The limit is 200 EUR." in done.text) == (True, True)
    assert [(row.lesson, row.first_right) for row in Practice.objects.all()] == [(made.pk, False)]
