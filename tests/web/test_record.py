"""The record: what happened, for those who may read it."""

from collections.abc import Callable
from typing import Any

import pytest

from reviewqueue.domain import claims
from tests import factories
from tests.web.pages import Page, Visitor

pytestmark = pytest.mark.django_db
Visit = Callable[..., Visitor]


def sentences(page: Page) -> list[str]:
    """What the entries say, newest first."""
    cells = [e for e in page.elements if e.tag == "td"]
    return [" ".join(cell.text.split()) for cell in cells[1::4]]


@pytest.mark.covers("R81", "R83")
def test_the_newest_stands_first_and_one_case_can_be_followed(visit: Visit) -> None:
    ana = factories.person(first_name="Ana", last_name="Ruiz")
    case, other = factories.claimed(ana), factories.case()
    auditor = visit("auditor")
    every = sentences(auditor.open("/record/"))
    assert every[:2] == [f"Agent {other.agent.name} sent the case to a person", "Ana R. took the case"]
    assert sentences(auditor.open(f"/record/?about={case.pk}")) == [
        "Ana R. took the case",
        f"Agent {case.agent.name} sent the case to a person",
    ]


def test_events_of_one_kind_and_of_one_person_can_be_found(visit: Visit) -> None:
    ana = factories.person(first_name="Ana", last_name="Ruiz")
    case = factories.claimed(ana)
    claims.release(case, reviewer=ana, token=None, at=factories.now())
    auditor = visit("auditor")
    assert sentences(auditor.open("/record/?kind=case.claimed")) == ["Ana R. took the case"]
    by_ana = sentences(auditor.open(f"/record/?by={ana.reference}"))
    assert [said.split(":")[0] for said in by_ana] == ["Ana R. handed the case back", "Ana R. took the case"]


def test_fifty_a_page_and_older_ones_behind_a_link(visit: Visit) -> None:
    factories.policy()
    for _each in range(51):
        factories.case()
    auditor = visit("auditor")
    page = auditor.open("/record/?kind=case.queued")
    (older,) = [link for link in page.all("a") if link.text == "Older"]
    rest = auditor.open(f"/record/{older.attributes['href']}")
    assert (len(sentences(page)), len(sentences(rest))) == (50, 1)


@pytest.mark.parametrize("query", ["before=x", "before=" + "9" * 40, "about=%00", "kind=<b>", "by='"])
def test_a_search_that_makes_no_sense_finds_nothing_or_all_but_breaks_nothing(visit: Visit, query: str) -> None:
    assert visit("auditor").open(f"/record/?{query}").status == 200


@pytest.mark.parametrize("role", ["reviewer", "admin"])
def test_other_roles_are_told_that_they_may_not(visit: Visit, role: str) -> None:
    page = visit(role).open("/record/")
    assert (page.status, "Your role does not read the record." in page.text) == (403, True)


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_asks_the_database_the_same_whatever_its_length(
    visit: Visit, django_assert_num_queries: Callable[..., Any], count: int
) -> None:
    for _each in range(count):
        factories.case()
    auditor = visit("auditor")
    with django_assert_num_queries(3):
        auditor.open("/record/")


@pytest.mark.covers("R90")
def test_an_auditor_takes_the_register_of_incidents_from_the_page(visit: Visit) -> None:
    auditor = visit("auditor")
    assert "Register of incidents" in auditor.open("/record/").text
    taken = auditor.client.post("/record/incidents")
    assert (taken.status_code, taken.content.decode().splitlines()[0][:16]) == (200, "id,kind,what,age")
    assert "attachment" in taken.headers["Content-Disposition"]
    boss = visit("supervisor")
    assert "Register of incidents" not in boss.open("/record/").text
    assert boss.client.post("/record/incidents").status_code == 403
