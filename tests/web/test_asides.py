"""Snooze, comment and what comes next, as forms without JavaScript."""

from collections.abc import Callable

import pytest

from reviewqueue.models import Case, Snooze
from tests import factories
from tests.web.pages import Page, Visitor

pytestmark = pytest.mark.django_db
Visit = Callable[..., Visitor]


def press(visitor: Visitor, case: Case, button: str, **typed: str) -> Page:
    """Press a button of the case's page; who approves has read what is to be read and says why."""
    if button == "Approve":
        factories.read(case, visitor.user)
        typed = {"ground": "within_rules"} | typed
    return visitor.press(visitor.open(f"/cases/{case.pk}/"), button, on=f"/cases/{case.pk}/decide", **typed)


def ended(page: Page) -> str:
    """The address at which one ended."""
    return str(page.response.redirect_chain[-1][0])


def test_after_a_decision_the_next_best_case_opens_claimed(visit: Visit) -> None:
    visitor = visit()
    case, following = factories.claimed(visitor.user), factories.case()
    page = press(visitor, case, "Approve")
    following.refresh_from_db()
    assert (ended(page), following.claimed_by) == (f"/cases/{following.pk}/", visitor.user)


def test_who_switched_that_off_comes_back_to_the_queue(visit: Visit) -> None:
    visitor = visit()
    visitor.client.post("/habits/", {"keys_on": "on"})
    case, following = factories.claimed(visitor.user), factories.case()
    page = press(visitor, case, "Approve")
    following.refresh_from_db()
    assert (ended(page), following.state) == ("/", "queued")


def test_with_full_hands_one_comes_back_to_the_queue(visit: Visit) -> None:
    visitor = visit(capacity=1)
    case = factories.claimed(visitor.user)
    visitor.user.capacity = 0
    visitor.user.save()
    factories.case()
    assert ended(press(visitor, case, "Approve")) == "/"


def test_a_snoozed_case_is_out_of_the_way_and_found_in_its_view(visit: Visit) -> None:
    visitor = visit()
    case = factories.claimed(visitor.user)
    page = press(visitor, case, "Snooze", snooze_minutes="60")
    assert ended(page) == "/"
    assert "Put aside." in page.text
    assert visitor.open("/").all("tr", data_case=case.pk) == []
    links = [e.attributes["href"] for e in visitor.open("/?view=snoozed").all("a")]
    assert f"/cases/{case.pk}/?view=snoozed" in links
    assert (Case.objects.get().state, Snooze.objects.get().user) == ("queued", visitor.user)


@pytest.mark.parametrize("minutes", ["", "0", "-5", "x", "10081", "9" * 40])
def test_a_snooze_has_a_length(visit: Visit, minutes: str) -> None:
    visitor = visit()
    case = factories.claimed(visitor.user)
    page = press(visitor, case, "Snooze", snooze_minutes=minutes)
    assert (page.status, Snooze.objects.exists()) == (422, False)
    assert "Choose for how long." in page.text


def test_a_comment_stands_beside_the_conversation(visit: Visit) -> None:
    visitor = visit()
    case = factories.case()
    page = press(visitor, case, "Leave the comment", comment_text="Call back <b>at noon</b>.")
    (note,) = page.says("article", class_="note")
    assert note.startswith(f"{visitor.user.display} for colleagues")
    assert note.endswith("Call back <b>at noon</b>.")


def test_a_comment_takes_nothing_typed_away(visit: Visit) -> None:
    visitor = visit()
    case = factories.claimed(visitor.user)
    page = press(visitor, case, "Leave the comment", comment_text="Odd.", a0__1="320.00")
    fields = page.form(f"/cases/{case.pk}/decide").fields
    assert (fields["a0-1"], fields["comment_text"]) == ("320.00", "")
    assert len(page.says("article", class_="note")) == 1


def test_an_empty_comment_is_refused(visit: Visit) -> None:
    page = press(visit(), factories.case(), "Leave the comment", comment_text=" ")
    assert (page.status, "Write the comment." in page.text) == (422, True)
