"""Several people at once: what one does, the others see, without anything moving under their hands."""

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Desk, Sit


@pytest.mark.covers("R72")
def test_a_new_case_is_announced_and_shown_when_asked_for(sit: Sit, desk: Desk) -> None:
    first = desk.propose("Newcomer N. 1")
    page = sit("ana").open("/?q=Newcomer")
    expect(page.locator("#live-state")).to_have_text("Live")
    expect(page.locator("tbody tr")).to_have_count(1)
    desk.propose("Newcomer N. 2")
    desk.propose("Newcomer N. 3")
    expect(page.locator("#newer")).to_contain_text("2 new")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.keyboard.press("n")
    expect(page.locator("tbody tr")).to_have_count(3)
    expect(page.locator(f"#row-{first['id']}")).to_be_visible()


@pytest.mark.covers("R72")
def test_a_claim_of_somebody_else_shows_in_the_row_at_once(sit: Sit, desk: Desk) -> None:
    case = desk.propose("Contested C.")
    watching = sit("ana").open("/?q=Contested")
    row = watching.locator(f"#row-{case['id']}")
    expect(row).not_to_have_class(re.compile("held"))
    ben = sit("ben")
    ben.case(case).get_by_role("button", name="Claim").click()
    expect(row).to_have_class(re.compile("held"))
    expect(row).to_contain_text("ben")
    ben.page.get_by_role("button", name="Hand back").click()
    expect(row).not_to_have_class(re.compile("held"))


def test_a_row_that_is_over_stays_where_it_was_and_says_so(sit: Sit, desk: Desk) -> None:
    case = desk.propose("Withdrawn W.")
    page = sit("ana").open("/?q=Withdrawn")
    desk.withdraw(case)
    row = page.locator(f"#row-{case['id']}")
    expect(row).to_have_class(re.compile("over"))
    expect(row).to_contain_text("withdrawn by the agent")


@pytest.mark.covers("R77")
def test_a_reviewer_hears_that_their_case_went_away_and_keeps_what_they_typed(sit: Sit, desk: Desk) -> None:
    case = desk.propose("Snatched S.")
    ana = sit("ana")
    ana.case(case)
    page = ana.claim()
    page.get_by_label("Amount (EUR)").fill("320.00")
    page.get_by_label("wrong amount").check()
    sue = sit("sue")
    sue.case(case).get_by_role("button", name="Take over").first.click()
    sheet = sue.page.locator("#take-over")
    sheet.get_by_label("Note").fill("The customer calls me.")
    sheet.get_by_role("button", name="Take over").click()
    expect(page.locator("#news")).to_contain_text("sue took over from the agent")
    expect(page.get_by_label("Amount (EUR)")).to_have_value("320.00")
    ana.read(ground="")
    page.get_by_role("button", name=re.compile("^Approve")).click()
    expect(page.locator("#refusal")).to_contain_text("sue has taken this conversation over: “The customer calls me.”")
    expect(page.locator("[name=a0-1]")).to_have_value("320.00")
    assert desk.case(case)["status"] == "taken_over"


def test_two_people_claim_and_one_learns_who_won(sit: Sit, desk: Desk) -> None:
    case = desk.propose("Raced R.")
    ana, ben = sit("ana").case(case), sit("ben").case(case)
    ana.get_by_role("button", name="Claim").click()
    expect(ana.locator("#lease")).to_contain_text("yours for")
    ben.get_by_role("button", name="Claim").click()
    expect(ben.locator("#refusal")).to_contain_text("ana is working on this case.")


@pytest.mark.covers("R91")
def test_whoever_loses_their_rights_is_out_at_once(sit: Sit, desk: Desk) -> None:
    desk.manage("make_user", "leaver", "--role", "reviewer")
    leaver = sit("leaver")
    page = leaver.open("/")
    expect(page.locator("#live-state")).to_have_text("Live")
    adam = sit("adam").open("/admin/accounts/user/?q=leaver")
    adam.get_by_role("link", name="leaver", exact=True).click()
    adam.get_by_label("Active").uncheck()
    adam.get_by_role("button", name="Save", exact=True).click()
    expect(adam.locator(".success")).to_be_visible()
    page.wait_for_url(re.compile("/sign-in/"))


def test_a_page_whose_socket_is_gone_says_so_and_goes_on_looking(sit: Sit, desk: Desk) -> None:
    case = desk.propose("Offline O.")
    ana = sit("ana")
    ana.page.route_web_socket("**/ws/live**", lambda socket: socket.close(code=1011, reason="gone"))
    page = ana.open("/?q=Offline")
    expect(page.locator("#live-state")).to_have_text("Connection lost; looking every few seconds")
    ben = sit("ben")
    ben.case(case).get_by_role("button", name="Claim").click()
    expect(page.locator(f"#row-{case['id']}")).to_contain_text("ben")
