"""The page of the autonomy ladder: evidence for everybody who may look, steps for those whose they are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from reviewqueue.domain import autonomy
from reviewqueue.models import Agent, Cell, Climb, Rung
from tests import factories
from tests.domain.test_autonomy import MADE_BY, reviewed, rules
from tests.web.pages import Visitor

pytestmark = [pytest.mark.django_db, pytest.mark.covers("R8")]
Visit = Callable[..., Visitor]


def cells(agent: Agent, count: int) -> list[Cell]:
    """So many places on the ladder, the first with the action of the test cases."""
    at = factories.now() - timedelta(days=1)
    names = ["refund_order", *(f"action_{n}" for n in range(count - 1))]
    known_by = {"rung": Rung.REVIEW_ALL, "since_at": at, "counted_from": at, "made_by": MADE_BY, "intent": "refund"}
    return [Cell.objects.create(agent=agent, action=name, **known_by) for name in names]


@pytest.mark.parametrize(
    ("role", "status"), [("reviewer", 403), ("admin", 200), ("supervisor", 200), ("qa_lead", 200), ("auditor", 200)]
)
def test_who_sees_the_ladder(visit: Visit, role: str, status: int) -> None:
    assert visit(role).open("/ladder/").status == status


def test_the_page_shows_evidence_needed_and_present(visit: Visit) -> None:
    factories.policy()
    agent = factories.agent(owner=factories.person("supervisor"), name="refund-bot")
    cells(agent, 1)
    for kind in ("approve", "approve", "reject"):
        reviewed(agent, factories.person(), kind)
    page = visit("qa_lead").open("/ladder/")
    assert "3 reviews, 1 error; with 95 % the error rate is below 86.5 %, needed is below 2 %" in page.text
    assert "233 more reviews without an error." in page.text
    assert page.says("li", class_="here") == ["review all"]
    assert "Up to" not in page.text


def test_the_owner_goes_up_and_a_second_person_agrees(visit: Visit) -> None:
    factories.policy()
    rules()
    owner = visit("supervisor")
    agent = factories.agent(owner=owner.user)
    (place,) = cells(agent, 1)
    for _each in range(5):
        reviewed(agent, factories.person())
    autonomy.ring(at=factories.now())
    assert "the evidence is enough" in owner.open("/ladder/").text
    assert owner.client.post("/ladder/promote", {"cell": place.pk}).status_code == 302
    assert "Agree to" not in owner.open("/ladder/").text
    admin = visit("admin")
    assert "Agree to “review sampled”" in admin.open("/ladder/").text
    assert admin.client.post("/ladder/second", {"climb": Climb.objects.get().pk}).status_code == 302
    place.refresh_from_db()
    assert place.rung == "review_sampled"


def test_what_came_in_lately_is_put_on_the_ladder_and_taken_down(visit: Visit) -> None:
    factories.policy()
    agent = factories.agent(name="refund-bot")
    factories.case(by=agent)
    admin = visit("admin")
    assert "Put on the ladder" in admin.open("/ladder/").text
    form = {"agent": "refund-bot", "intent": "refund", "action": "refund_order", "rung": "review_all"}
    assert admin.client.post("/ladder/place", form).status_code == 302
    place = Cell.objects.get()
    refused = admin.client.post("/ladder/down", {"cell": place.pk, "rung": "off", "note": ""})
    assert (refused.status_code, b"Say why" in refused.content) == (422, True)
    assert admin.client.post("/ladder/down", {"cell": place.pk, "rung": "off", "note": "Incident"}).status_code == 302
    place.refresh_from_db()
    assert place.rung == "off"


@pytest.mark.parametrize("form", [{}, {"cell": "cell_none"}, {"climb": "99"}, {"climb": "x"}, {"agent": "nobody"}])
@pytest.mark.parametrize("verb", ["place", "promote", "second", "decline", "down", "anew", "everything"])
def test_what_is_not_there_is_not_found(visit: Visit, verb: str, form: dict[str, str]) -> None:
    assert visit("admin").client.post(f"/ladder/{verb}", form).status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_asks_the_same_for_each_place_but_its_reviews(
    visit: Visit, django_assert_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    factories.policy()
    cells(factories.agent(owner=factories.person("supervisor")), count)
    auditor = visit("auditor")
    auditor.open("/ladder/")
    with django_assert_num_queries(7 + count):
        auditor.open("/ladder/")
