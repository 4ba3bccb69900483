"""The next case is shown ahead and stays unclaimed until it is opened."""

import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from reviewqueue.domain import attendance
from tests import factories
from tests.web.pages import Visitor

pytestmark = pytest.mark.django_db
Visit = Callable[..., Visitor]


def test_the_best_case_is_shown_and_nothing_is_claimed(visit: Visit) -> None:
    visitor = visit()
    case = factories.case()
    page = visitor.open("/queue/ahead")
    assert [form.attributes["action"] for form in page.all("form", id="ruling")] == [f"/cases/{case.pk}/decide"]
    case.refresh_from_db()
    assert (case.state, case.version) == ("queued", 1)


def test_nothing_is_shown_when_nothing_waits_in_the_lane(visit: Visit) -> None:
    factories.case()
    assert visit().open("/queue/ahead?lane=elsewhere").status == 204


def test_nothing_is_shown_to_those_who_do_not_advance(visit: Visit) -> None:
    visitor = visit()
    factories.case()
    visitor.client.post("/habits/", {})
    assert visitor.open("/queue/ahead").status == 204


def test_who_would_get_none_is_shown_none(visit: Visit) -> None:
    visitor = visit()
    factories.case()
    attendance.set_status(visitor.user, status="busy", at=timezone.now())
    assert visitor.open("/queue/ahead").status == 204


def test_looking_holds_no_case_back_from_those_who_take_one(visit: Visit) -> None:
    visitor = visit()
    factories.case()
    with CaptureQueriesContext(connection) as asked:
        visitor.open("/queue/ahead")
    assert [sql for query in asked if re.search("FOR UPDATE|BEGIN|SAVEPOINT", sql := query["sql"])] == []


def test_only_the_case_in_hand_looks_ahead(visit: Visit) -> None:
    visitor = visit()
    waits, mine = factories.case(), factories.claimed(visitor.user)
    assert [looks(visitor, f"/cases/{case.pk}/") for case in (waits, mine)] == [[], ["/queue/ahead"]]
    assert looks(visitor, f"/cases/{mine.pk}/?lane=routine&view=mine") == ["/queue/ahead?lane=routine"]


def looks(visitor: Visitor, address: str) -> list[str]:
    """Where a page looks for the next case."""
    scripts = [script.attributes for script in visitor.open(address).all("script")]
    return [attributes["data-ahead"] for attributes in scripts if "data-ahead" in attributes]
