"""What can still be taken back, and by which key."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests import factories
from tests.web.pages import Visitor

pytestmark = pytest.mark.django_db


@pytest.mark.usefixtures("undoable")
def test_the_key_takes_back_what_was_decided_last(visit: Callable[..., Visitor]) -> None:
    visitor, at = visit(), factories.now()
    first, last = factories.claimed(visitor.user), factories.claimed(visitor.user)
    factories.decide(first, visitor.user, at=at - timedelta(seconds=2))
    factories.decide(last, visitor.user, at=at)
    page = visitor.open("/")
    undoing = [each.attributes["action"] for each in page.all("form") if each.attributes["action"].endswith("/undo")]
    assert undoing == [f"/cases/{last.pk}/undo", f"/cases/{first.pk}/undo"]
    keyed = [each.attributes.get("data-key") for each in page.all("button") if each.text.strip() == "Undo"]
    assert keyed == ["u", None]
