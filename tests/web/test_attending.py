"""Presence: in the list and at the case, never one's own."""

from collections.abc import Callable

import pytest

from reviewqueue.domain import attending
from reviewqueue.models import Case, Presence
from tests import factories
from tests.web.pages import Page, Visitor

pytestmark = pytest.mark.django_db
Visit = Callable[..., Visitor]


def beat(visitor: Visitor, case: Case, doing: str) -> Page:
    return Page(visitor.client.post(f"/cases/{case.pk}/presence", {"doing": doing}))


def test_a_page_that_says_what_its_reader_does_hears_who_else_is_there(visit: Visit) -> None:
    case, ana = factories.case(), visit(first_name="Ana", last_name="Ruiz")
    ben = factories.person(first_name="Ben", last_name="Kay")
    attending.attend(case, person=ben, doing="editing", at=factories.now())
    page = beat(ana, case, "viewing")
    assert (page.status, page.says("span", class_="editing")) == (200, ["Ben K. · editing"])
    assert Presence.objects.get(user=ana.user).doing == "viewing"


def test_list_and_case_show_colleagues_and_not_oneself(visit: Visit) -> None:
    case, visitor = factories.case(), visit()
    for who, doing in ((visitor.user, "viewing"), (factories.person(first_name="Ben", last_name="Kay"), "idle")):
        attending.attend(case, person=who, doing=doing, at=factories.now())
    for address in ("/", f"/cases/{case.pk}/"):
        assert visitor.open(address).says("span", class_="present") == ["Ben K. · away"]


def test_whoever_leaves_is_gone(visit: Visit) -> None:
    case, visitor = factories.case(), visit()
    beat(visitor, case, "viewing")
    assert (beat(visitor, case, "left").status, Presence.objects.count()) == (204, 0)


def test_nobody_is_seen_where_they_may_not_be_and_nonsense_is_refused(visit: Visit) -> None:
    case = factories.case()
    assert beat(visit(queues=["legal"]), case, "viewing").status == 404
    assert beat(visit(), case, "flying").status == 422
    assert Visitor().client.post(f"/cases/{case.pk}/presence").headers["Location"].startswith("/sign-in/")
    assert Presence.objects.count() == 0
