"""What the command palette offers for what is typed: only what its reader may see."""

from collections.abc import Callable

import pytest

from tests import factories
from tests.web.pages import Visitor

pytestmark = pytest.mark.django_db
Visit = Callable[..., Visitor]


def offered(visitor: Visitor, typed: str) -> list[str]:
    """Where the options lead."""
    return [each.attributes["data-go"] for each in visitor.open(f"/palette/?q={typed}").all("li", role="option")]


def test_open_cases_come_before_those_that_are_done(visit: Visit) -> None:
    reviewer = factories.person()
    done = factories.claimed(reviewer)
    factories.decide(done, reviewer)
    waits = factories.case()
    assert offered(visit(), "Maya") == [f"/cases/{waits.pk}/", f"/cases/{done.pk}/"]


def test_at_most_six_are_offered(visit: Visit) -> None:
    for _each in range(8):
        factories.case()
    assert len(offered(visit(), "Maya")) == 6


def test_nothing_typed_offers_nothing(visit: Visit) -> None:
    factories.case()
    assert offered(visit(), "%20%00") == []


def test_what_one_may_not_see_is_not_offered(visit: Visit) -> None:
    factories.case()
    assert offered(visit(queues=["other"]), "Maya") == []


def test_a_name_is_only_ever_text(visit: Visit) -> None:
    factories.case(customer={"id": "c", "name": "Maya <b>x</b>"})
    assert "<b>x" not in visit().open("/palette/?q=Maya").source
