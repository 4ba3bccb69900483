"""The queue as people work in it: lanes, rank, filters, saved views, presence, and cases decided together."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Desk, Sit, refund
from tests.journeys.test_every_page import looked_at
from tests.journeys.test_everybody import SIZES

# The first question about the list is sent when ``go`` is called.
FIRST_ANSWER_WAITS = """() => {
  const fetched = window.fetch;
  window.fetch = (...asked) => {
    if (window.go || !String(asked[0]).includes("queue/changes")) return fetched(...asked);
    document.documentElement.dataset.asked = "";
    return new Promise((answer) => { window.go = () => answer(fetched(...asked)); });
  };
}"""


def voucher() -> dict[str, Any]:
    """Low risk, and it can be taken back."""
    return {
        "call_id": "call_1",
        "kind": "tool_call",
        "name": "send_voucher",
        "args": {"code": "SORRY-10"},
        "reversible": True,
    }


def vouchers(desk: Desk, name: str, count: int) -> list[dict[str, Any]]:
    return [desk.propose(f"{name} {n}", actions=[voucher()]) for n in range(count)]


@pytest.mark.covers("R65", "R68")
def test_the_rank_is_explained_on_hover_and_to_whoever_walks_the_list_by_keys(sit: Sit, desk: Desk) -> None:
    case = desk.propose("Ranked R.", actions=[refund("4000.00")])
    ana = sit("ana")
    page = ana.open("/?q=Ranked")
    rank = page.locator(f"#rank-{case['id']}")
    expect(rank).to_be_hidden()
    page.locator(f"#row-{case['id']} .c-due").hover()
    expect(rank).to_have_text(re.compile("^Ranked as if due 20 minutes earlier"))
    expect(rank).to_be_visible()
    page.mouse.move(5, 5)
    expect(rank).to_be_hidden()
    ana.keys("j")
    expect(rank).to_be_visible()
    link = page.locator(f"#row-{case['id']} .c-who a")
    expect(link).to_have_accessible_description(re.compile("its value \\+15 minutes"))


@pytest.mark.covers("R74")
def test_a_lane_tells_how_its_forecast_is_made(sit: Sit, desk: Desk) -> None:
    desk.propose("Laned L.")
    page = sit("ana").open("/")
    lane = page.locator(".lane", has_text="Billing")
    method = page.locator("#method-billing")
    expect(method).to_be_hidden()
    lane.hover()
    expect(method).to_contain_text("People decided")
    box, width = method.bounding_box(), page.viewport_size
    assert box is not None
    assert width is not None
    assert (box["x"] >= 0, box["x"] + box["width"] <= width["width"]) == (True, True)


def test_a_filter_is_an_address_that_a_colleague_can_open(sit: Sit, desk: Desk) -> None:
    german = desk.propose("Filtered F. 1", language="de")
    desk.propose("Filtered F. 2")
    page = sit("ana").open("/?q=Filtered")
    page.get_by_role("button", name="Filter").click()
    page.get_by_label("Language, such as de").fill("de")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#rows > tr")).to_have_count(1)
    expect(page.locator("#rows > tr")).to_have_attribute("data-case", german["id"])
    path = page.url.removeprefix(desk.url)
    assert path.startswith("/?q=Filtered&")
    colleague = sit("ben").open(path)
    expect(colleague.locator("#rows > tr")).to_have_count(1)
    colleague.get_by_label("Without this filter: Language").click()
    expect(colleague.locator("#rows > tr")).to_have_count(2)


def test_a_view_is_saved_shared_by_its_link_and_deleted(sit: Sit, desk: Desk) -> None:
    case = desk.propose("Viewed V.", language="de")
    page = sit("ana").open("/?q=Viewed&language=de")
    page.get_by_role("button", name="Save or share this view").click()
    page.get_by_label("Name of the view").fill("German ones")
    page.get_by_role("button", name="Save view").click()
    entry = page.get_by_role("navigation", name="Main").get_by_role("link", name="German ones")
    expect(entry).to_have_attribute("aria-current", "true")
    page.get_by_role("button", name="Save or share this view").click()
    link = page.get_by_role("link", name="Link to “German ones”").get_attribute("href")
    ben = sit("ben").open(link or "")
    expect(ben.locator("#rows > tr")).to_have_attribute("data-case", case["id"])
    expect(sit("solo").open(link or "").get_by_text("No case matches these filters.")).to_be_visible()
    page.get_by_role("button", name="Delete view").click()
    expect(page.get_by_text("The view is deleted; nothing else is.")).to_be_visible()
    expect(entry).to_have_count(0)


def test_colleagues_see_who_looks_who_edits_and_who_is_gone(sit: Sit, desk: Desk) -> None:
    case = desk.propose("Present P.")
    watching = sit("ana").open("/?q=Present")
    row = watching.locator(f"#row-{case['id']}")
    expect(watching.locator("#live-state")).to_have_text("Live")
    ben = sit("ben")
    at_case = ben.case(case)
    expect(row).to_contain_text("ben · looking")
    other = sit("sue").case(case)
    expect(other.locator("#present")).to_contain_text("ben · looking")
    expect(at_case.locator("#present")).to_contain_text("sue · looking")
    ben.claim()
    at_case.get_by_label("Amount (EUR)").fill("320.00")
    expect(row).to_contain_text("ben · editing")
    ben.open("/")
    # A word on its way when he left may come after his goodbye; it counts for 45 seconds.
    expect(row).not_to_contain_text("ben ·", timeout=90_000)
    expect(other.locator("#present")).not_to_contain_text("ben", timeout=90_000)


@pytest.mark.covers("R37")
def test_what_was_chosen_stays_chosen_when_a_colleague_looks_at_it(sit: Sit, desk: Desk) -> None:
    chosen, other = vouchers(desk, "Chosen C.", 2)
    ana = sit("ana")
    page = ana.open("/?q=Chosen")
    expect(page.locator("#live-state")).to_have_text("Live")
    row, next_row = (page.locator(f"#row-{case['id']}") for case in (chosen, other))
    row.get_by_role("checkbox").check()
    sit("ben").case(chosen)
    expect(row).to_contain_text("ben · looking")
    expect(row.get_by_role("checkbox")).to_be_checked()
    expect(row.get_by_role("checkbox")).to_be_focused()
    expect(next_row.get_by_role("checkbox")).not_to_be_checked()
    expect(page.locator("#together")).to_be_visible()


@pytest.mark.covers("R37", "R81", "R129")
def test_like_cases_are_decided_together_after_a_sample_was_opened(sit: Sit, desk: Desk) -> None:
    cases = vouchers(desk, "Together T.", 3)
    ana = sit("ana")
    page = ana.open("/?q=Together")
    bar = page.locator("#together")
    expect(bar).to_be_hidden()
    for box in page.get_by_role("checkbox").all():
        box.check()
    expect(bar).to_be_visible()
    page.get_by_role("button", name="Look at the chosen ones").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("3 cases: send voucher")
    assert list(looked_at(page)) == []
    page.set_viewport_size(SIZES["wide"])
    approve = page.get_by_role("button", name="Approve all 3")
    expect(approve).to_be_disabled()
    page.get_by_role("button", name="Open first").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Together T.")
    ana.pressed("Escape")
    expect(page.get_by_role("heading", level=1)).to_have_text("3 cases: send voucher")
    approve.click()
    expect(page.locator("#undo-bar")).to_contain_text("3 cases decided together")
    outcomes = [desk.outcome(case)["decisions"] for case in cases]
    assert [[decision["type"] for decision in decisions] for decisions in outcomes] == [["approve"]] * 3
    assert len({decision["grant"]["id"] for (decision,) in outcomes}) == 3


def test_without_javascript_one_bad_case_voids_all_and_undo_takes_all_back(sit: Sit, desk: Desk) -> None:
    cases = vouchers(desk, "Plain T.", 2)
    page = sit("ana", java_script_enabled=False).open("/?q=Plain")
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_role("button", name="Look at the chosen ones").click()
    page.get_by_role("button", name="Open first").click()
    page.get_by_label("Back to the cases decided together").click()
    desk.withdraw(cases[1])
    page.get_by_role("button", name="Approve all 2").click()
    expect(page.locator("#refusal")).to_contain_text(f"Changed since they were chosen: {cases[1]['id']}.")
    assert desk.case(cases[0])["status"] == "pending"


@pytest.mark.covers("R43")
def test_a_batch_is_taken_back_as_a_whole(sit: Sit, desk: Desk) -> None:
    cases = vouchers(desk, "Undone T.", 2)
    page = sit("ben").open("/?q=Undone")
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_role("button", name="Look at the chosen ones").click()
    page.get_by_role("button", name="Open first").click()
    page.get_by_label("Back to the cases decided together").click()
    page.get_by_role("button", name="Approve all 2").click()
    page.get_by_role("button", name="Undo all").click()
    expect(page.get_by_text("Taken back; nothing had happened yet. The cases wait again.")).to_be_visible()
    assert [desk.case(case)["status"] for case in cases] == ["pending", "pending"]


def test_new_cases_are_counted_only_where_they_belong(sit: Sit, desk: Desk) -> None:
    desk.propose("Counted C. 1")
    page = sit("ana").open("/?q=Counted&language=en")
    expect(page.locator("#live-state")).to_have_text("Live")
    desk.propose("Counted C. 2", language="de")
    desk.propose("Counted C. 3")
    expect(page.locator("#newer")).to_contain_text("1 new")
    page.keyboard.press("n")
    expect(page.locator("#rows > tr")).to_have_count(2)


def test_a_list_that_could_not_be_brought_up_to_date_says_so_until_it_could(sit: Sit, desk: Desk) -> None:
    case = desk.propose("Stale S.")
    ana = sit("ana")
    page = ana.open("/?q=Stale")
    expect(page.locator("#live-state")).to_have_text("Live")
    page.route("**/queue/changes?*", lambda route: route.fulfill(status=503, body=""))
    desk.withdraw(case)
    expect(page.locator("#stale")).to_be_visible()
    expect(page.locator(f"#row-{case['id']}")).not_to_have_class(re.compile("over"))
    page.unroute("**/queue/changes?*")
    expect(page.locator(f"#row-{case['id']}")).to_have_class(re.compile("over"))
    expect(page.locator("#stale")).to_be_hidden()
    assert {"503" in complaint for complaint in ana.complaints} == {True}
    ana.complaints.clear()


def test_what_changes_while_the_list_waits_for_an_answer_is_not_forgotten(sit: Sit, desk: Desk) -> None:
    cases = [desk.propose(f"Queued up Q. {number}") for number in range(4)]
    page = sit("ana").open("/?q=Queued")
    expect(page.locator("#live-state")).to_have_text("Live")
    page.clock.install()
    with page.expect_websocket() as opened:
        page.reload()
    page.evaluate(FIRST_ANSWER_WAITS)
    for case in cases:
        with opened.value.expect_event("framereceived"):
            desk.withdraw(case)
        page.clock.run_for(200)
    page.locator("html[data-asked]").wait_for(state="attached")
    page.evaluate("window.go()")
    expect(page.locator("#rows > tr.over")).to_have_count(len(cases))


def test_the_row_of_somebody_who_was_not_heard_of_is_asked_for_again(sit: Sit, desk: Desk) -> None:
    case = desk.propose("Vanished V.")
    page = sit("ana").open("/?q=Vanished")
    expect(page.locator("#live-state")).to_have_text("Live")
    sit("ben").case(case)
    present = page.locator(f"#row-{case['id']} [data-present-until]")
    expect(present).to_contain_text("ben · looking")
    with page.expect_request(re.compile(f"/queue/changes\\?.*changed={case['id']}")):
        present.evaluate("each => { each.dataset.presentUntil = '2026-01-01T00:00:00Z' }")
    expect(present).to_contain_text("ben · looking")
