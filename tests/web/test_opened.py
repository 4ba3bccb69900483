"""Unread evidence, one's own view first and the time to read, on the page and without JavaScript."""

from collections.abc import Callable

import pytest
from pytest_django import Settings

from reviewqueue.domain import attention, habits
from reviewqueue.models import Case, CoachingRules, Decision
from tests import factories
from tests.web.pages import Page, Visitor

pytestmark = pytest.mark.django_db
Visit = Callable[..., Visitor]
SOURCE = {"id": "s1", "title": "Refund policy", "text": "Up to 400 EUR."}
BRIEFING = {"issue": "Late", "recommendation": "exception refund"}


def held(visitor: Visitor) -> Case:
    """A case at high risk in this visitor's hands."""
    return factories.claimed(visitor.user, sources=[SOURCE], briefing=BRIEFING)


def press(visitor: Visitor, page: Page, case: Case, button: str, **typed: str) -> Page:
    """Press a button of the case's form."""
    return visitor.press(page, button, on=f"/cases/{case.pk}/decide", **typed)


@pytest.mark.covers("R129")
def test_evidence_is_opened_piece_by_piece_and_nothing_typed_is_lost(visit: Visit) -> None:
    visitor = visit()
    case = held(visitor)
    page = visitor.open(f"/cases/{case.pk}/")
    assert page.says("span", id="unread") == ["Before you approve, open: Conversation, Refund policy"]
    assert page.says("article", id="source-0") == ["Refund policyOpen: Refund policy"]
    page = press(visitor, page, case, "Approve", ground="within_rules", note="so far")
    assert page.status == 422
    assert [line for line in page.says("li") if line.startswith("Open this")] == [
        "Open this before you approve: Conversation",
        "Open this before you approve: Refund policy",
    ]
    page = press(visitor, page, case, "I have read it")
    page = press(visitor, page, case, "Open: Refund policy")
    assert (page.says("span", id="unread"), page.says("article", id="source-0")) == (
        [""],
        ["Refund policy Up to 400 EUR."],
    )
    press(visitor, page, case, "Approve")
    made = Decision.objects.get()
    assert (made.note, made.reason_code, sorted(made.timings["opened"])) == (
        "so far",
        "within_rules",
        ["conversation-1", "source-0"],
    )


@pytest.mark.covers("R129")
def test_after_quick_approvals_the_page_asks_for_the_evidence_also_at_low_risk(visit: Visit) -> None:
    CoachingRules.objects.create(quick_in_a_row=3, help_view=False, help_evidence=10)
    factories.policy(risk_levels=[{"match": {}, "level": "low"}])
    visitor = visit()
    habits.store(visitor.user, {attention.ROW: {"n": 3, "at": factories.now().isoformat()}})
    case = held(visitor)
    page = visitor.open(f"/cases/{case.pk}/")
    (asked,) = page.says("span", id="unread")
    assert asked.startswith("The last cases went by faster than they can be read.")
    assert asked.endswith("Before you approve, open: Conversation, Refund policy")
    assert press(visitor, page, case, "Approve").status == 422
    page = press(visitor, page, case, "I have read it")
    page = press(visitor, page, case, "Open: Refund policy")
    press(visitor, page, case, "Approve")
    assert Decision.objects.count() == 1
    own = visitor.open("/how-i-decide/").text
    assert "for 10 minutes the page asks to open conversation and sources before an approval." in own


def test_a_script_gets_the_parts_that_change(visit: Visit) -> None:
    visitor = visit()
    case = held(visitor)
    answer = visitor.client.post(f"/cases/{case.pk}/evidence", {"piece": "source-0"}, headers={"HX-Request": "true"})
    parts = Page(answer).all("hx-partial")
    assert [part.attributes["hx-target"] for part in parts] == ["#source-0", "#read-first", "#unread"]


def test_a_piece_that_is_not_there_is_not_found(visit: Visit) -> None:
    visitor = visit()
    assert visitor.client.post(f"/cases/{held(visitor).pk}/evidence", {"piece": "source-9"}).status_code == 404


def test_whoever_decides_nothing_reads_everything_at_once(visit: Visit) -> None:
    page = visit("auditor").open(f"/cases/{factories.case(sources=[SOURCE]).pk}/")
    assert (page.says("span", id="unread"), page.says("article", id="source-0")) == (
        [],
        ["Refund policy Up to 400 EUR."],
    )


def test_a_script_that_never_showed_the_action_does_not_approve(visit: Visit) -> None:
    visitor = visit()
    case = held(visitor)
    factories.read(case, visitor.user)
    page = visitor.open(f"/cases/{case.pk}/")
    page = press(visitor, page, case, "Approve", ground="within_rules", scripted="1")
    assert "Look at the action first: it was not on your screen yet." in page.says("li")
    press(visitor, page, case, "Approve", action_after="0")
    assert "action_at" in Decision.objects.get().timings


@pytest.mark.covers("R129")
def test_now_and_then_ones_own_view_comes_before_the_recommendation(visit: Visit, settings: Settings) -> None:
    settings.OWN_VIEW_PERCENT = 100
    visitor = visit()
    case = held(visitor)
    page = visitor.open(f"/cases/{case.pk}/")
    assert ("Your own view first" in page.text, "exception refund" in page.text) == (True, False)
    page = press(visitor, page, case, "Change it", note="kept")
    assert ("exception refund" in page.text, "You said first: edit." in page.text) == (True, True)
    assert page.form(f"/cases/{case.pk}/decide").fields["note"] == "kept"
    factories.read(case, visitor.user)
    press(visitor, page, case, "Approve", ground="justified_exception")
    assert Decision.objects.get().timings["own_view"] == "edit"


def test_who_does_not_hold_the_case_is_not_asked_first(visit: Visit, settings: Settings) -> None:
    settings.OWN_VIEW_PERCENT = 100
    page = visit("auditor").open(f"/cases/{factories.case(briefing=BRIEFING).pk}/")
    assert ("Your own view first" in page.text, "exception refund" in page.text) == (False, True)


def test_the_page_says_how_long_it_takes_to_read(visit: Visit) -> None:
    words = " ".join(["word"] * 400)
    visitor = visit()
    case = factories.claimed(visitor.user, sources=[{"id": "s1", "title": "Long", "text": words}])
    assert visitor.open(f"/cases/{case.pk}/").all("span", id="reading")[0].attributes["data-whole"] == "104"
