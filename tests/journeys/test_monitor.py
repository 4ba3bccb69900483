"""On the loop with two browsers: what one stops or pauses, the other sees, and the agent cannot run."""

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Desk, Sit, refund


@pytest.mark.covers("R46", "R49")
def test_a_supervisor_stops_a_release_in_time_and_a_colleague_sees_it_go(sit: Sit, desk: Desk) -> None:
    case = desk.propose("Vetoed V.", intent="watched", actions=[refund("10.00")])
    mine, theirs = sit("sue").open("/monitor/"), sit("sue").open("/monitor/")
    row = f"#watched-{case['id']}"
    expect(mine.locator(row)).to_contain_text("Vetoed V.")
    expect(theirs.locator(row)).to_be_visible()
    mine.locator(row).get_by_role("button", name="Stop it").click()
    expect(mine.locator(".toasts")).to_contain_text("Stopped. A person must decide now.")
    expect(theirs.locator(row)).to_have_count(0)
    assert desk.case(case)["oversight"] == "in_the_loop"


@pytest.mark.covers("R46", "R49")
def test_a_pause_is_seen_by_others_and_let_go_with_a_reason(sit: Sit, desk: Desk) -> None:
    mine, theirs = sit("sue").open("/monitor/"), sit("adam").open("/monitor/")
    mine.locator("#pause select").select_option("intent")
    mine.locator("#pause input[name=name]").fill("moonshine")
    mine.locator("#pause textarea").fill("Nobody knows where it comes from.")
    mine.locator("#pause").get_by_role("button", name="Pause").click()
    expect(theirs.locator("#monitor-now").get_by_text("The intent moonshine is paused")).to_be_visible()
    held = desk.propose("Moonshiner M.", intent="moonshine")
    assert held["reasons"][0]["trigger"] == "paused"
    theirs.get_by_role("link", name="Resume").click()
    theirs.get_by_label("Why it may go on").fill("It is only cider.")
    theirs.get_by_role("button", name="Resume").click()
    expect(mine.locator("#monitor-now").get_by_text("The intent moonshine is paused")).to_have_count(0)
