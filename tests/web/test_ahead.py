"""The next case is shown ahead and stays unclaimed until it is opened."""

from collections.abc import Callable

import pytest

from tests import factories
from tests.web.pages import Visitor

pytestmark = pytest.mark.django_db
Visit = Callable[..., Visitor]


def test_the_best_case_is_shown_and_nothing_is_claimed(visit: Visit) -> None:
    visitor = visit()
    case = factories.case()
    page = visitor.open("/queue/ahead")
    assert page.all("body")[0].attributes["data-case"] == case.pk
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


def test_only_the_case_in_hand_looks_ahead(visit: Visit) -> None:
    visitor = visit()
    waits, mine = factories.case(), factories.claimed(visitor.user)
    ahead = [
        visitor.open(f"/cases/{case.pk}/").all("form", id="ruling")[0].attributes.get("data-ahead")
        for case in (waits, mine)
    ]
    assert ahead == [None, "/queue/ahead"]
