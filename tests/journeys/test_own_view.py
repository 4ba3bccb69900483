"""Saying one's own view before the recommendation is shown, and answering the agent instead of letting it act."""

import json

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Desk, Sit

SHADOW = {
    "trigger": "autonomy",
    "category": "scope",
    "says": "in shadow",
    "observed": "shadow",
    "threshold": "",
    "outcome": "review",
    "call_id": None,
}


@pytest.mark.covers("R129")
def test_ones_own_view_comes_before_the_recommendation(sit: Sit, desk: Desk) -> None:
    told = {"issue": "The parcel came late", "recommendation": "Refund her all of it."}
    case = desk.propose("View V.", briefing=told)
    added = "UPDATE reviewqueue_case SET verdict = json_insert(verdict, '$.reasons[#]', json(?)) WHERE id = ?"
    desk.tell(added, json.dumps(SHADOW), case["id"])
    ana = sit("ana")
    ana.case(case)
    page = ana.claim()
    expect(page.get_by_role("heading", name="Your own view first")).to_be_visible()
    expect(page.locator("main")).not_to_contain_text("Refund her all of it.")
    page.locator(".own-view").get_by_role("button", name="Reject").focus()
    ana.keys("Enter")
    expect(page.locator("main")).to_contain_text("Refund her all of it.")
    expect(page.locator(".own-view")).to_have_count(0)
    expect(page.locator("#lease")).to_contain_text("yours for")


@pytest.mark.covers("R37")
def test_the_agent_is_answered_instead_of_being_let_act(sit: Sit, desk: Desk) -> None:
    case = desk.propose("Instead I.")
    ana = sit("ana")
    ana.case(case)
    page = ana.claim()
    page.get_by_text("Answer the agent instead of letting it act").click()
    page.get_by_label("The agent reads this answer in place of a result").fill("She has a voucher already.")
    page.get_by_role("button", name="Send this answer").click()
    expect(page.locator("#undo-bar")).to_be_visible()
    (decision,) = desk.outcome(case)["decisions"]
    assert (decision["type"], decision["response"]) == ("respond", "She has a voucher already.")
