"""Customers in a browser of their own while a reviewer works: waiting, contesting, and writing to us."""

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Desk, Seat, Sit
from tests.journeys.test_everybody import in_every_look

# What a desk says that is restarted, that has lost its database, or that was asked too often.
AWAY = (502, 503, 429)
# The page asks only when it is told that something changed, and its first answer comes when ``go`` is called.
FIRST_ANSWER_IS_LATE = """
  const fetched = window.fetch;
  window.setInterval = () => 0;
  window.fetch = async (...asked) => {
    const answer = await fetched(...asked);
    if (!window.go) {
      document.documentElement.dataset.answered = "";
      await new Promise((come) => { window.go = come; });
    }
    return answer;
  };
"""


def waiting(sit: Sit, case: dict[str, Any], **options: Any) -> Seat:
    """The customer of a case, who has its link and no account."""
    seat = sit(**options)
    seat.open(urlsplit(case["status_url"]).path)
    return seat


def told(desk: Desk, case: dict[str, Any], seconds: int) -> None:
    """The customer was told this time, and it is long over."""
    desk.tell(
        "UPDATE reviewqueue_case SET told_p50 = ?1, told_p80 = ?1, created_at = datetime(created_at, '-11 minutes')"
        " WHERE id = ?2",
        seconds,
        case["id"],
    )


@pytest.mark.covers("R75", "R77", "R142")
def test_the_customer_sees_that_the_reviewer_is_late_and_then_what_was_decided(sit: Sit, desk: Desk) -> None:
    case = desk.propose("Waiting W.")
    customer = waiting(sit, case).page
    expect(customer.get_by_role("heading", name="A person is looking at it")).to_be_visible()
    told(desk, case, 30)
    ana = sit("ana").case(case)
    ana.get_by_role("button", name="Claim").click()
    expect(customer.get_by_text("This takes longer than we said")).to_be_visible()
    expect(customer.get_by_text("Would you rather have us call you?")).to_be_visible()
    ana.get_by_label("wrong fact").check()
    ana.get_by_role("button", name=re.compile("^Reject")).click()
    desk.outcome(case)
    expect(customer.get_by_role("heading", name="A person has decided")).to_be_visible()
    expect(customer.get_by_text("It was not agreed to.")).to_be_visible()


@pytest.mark.covers("R75")
def test_a_desk_that_cannot_answer_for_a_while_leaves_the_customers_page_as_it_is(sit: Sit, desk: Desk) -> None:
    case = desk.propose("Patient P.")
    seat = waiting(sit, case)
    heading = seat.page.get_by_role("heading", name="A person is looking at it")
    expect(heading).to_be_visible()
    asked: list[int] = []

    def answer(route: Any) -> None:
        if route.request.headers.get("hx-request") != "true" or len(asked) == len(AWAY):
            route.continue_()
            return
        asked.append(AWAY[len(asked)])
        route.fulfill(status=asked[-1], content_type="text/html", body="<h1>Bad Gateway</h1>")

    seat.page.route("**/wait/**", answer)
    # The page asks by itself, too: when its socket opens, and now and then.
    while len(asked) < len(AWAY):
        with seat.page.expect_response(lambda response: "/wait/" in response.url):
            seat.page.evaluate("htmx.trigger('#status', 'changed')")
        expect(heading).to_be_visible()
    desk.withdraw(case)
    expect(heading).to_be_hidden()
    seat.complaints.clear()


@pytest.mark.covers("R75")
def test_what_happens_while_the_customers_page_waits_for_an_answer_is_not_forgotten(sit: Sit, desk: Desk) -> None:
    case = desk.propose("Overtaken O.")
    seat = sit()
    seat.page.add_init_script(FIRST_ANSWER_IS_LATE)
    with seat.page.expect_websocket() as opened:
        seat.open(urlsplit(case["status_url"]).path)
    seat.page.locator("html[data-answered]").wait_for(state="attached")
    with opened.value.expect_event("framereceived"):
        desk.withdraw(case)
    seat.page.evaluate("window.go()")
    expect(seat.page.get_by_role("heading", name="A person is looking at it")).to_be_hidden()


@pytest.mark.covers("R88")
def test_a_contested_decision_goes_to_somebody_else(sit: Sit, desk: Desk) -> None:
    case = desk.propose("Contesting C.")
    ana = sit("ana")
    ana.case(case).get_by_role("button", name="Claim").click()
    ana.page.get_by_label("wrong fact").check()
    ana.page.get_by_role("button", name=re.compile("^Reject")).click()
    desk.outcome(case)
    customer = waiting(sit, case, java_script_enabled=False).page
    customer.get_by_role("link", name="I do not agree with this").click()
    customer.get_by_label(re.compile("Why do you not agree")).fill("I have the receipt.")
    customer.get_by_role("button", name="Ask for another look").click()
    expect(customer.get_by_text("A person who did not decide it will look at it anew.")).to_be_visible()
    row = ana.open("/?q=Contesting").locator("tbody tr", has_text="I have the receipt.")
    row.get_by_role("link").first.click()
    expect(
        ana.page.get_by_text("The customer contests a decision of yours; somebody else must look.").first
    ).to_be_visible()


@pytest.mark.covers("R151")
def test_an_answer_is_suggested_while_somebody_types_and_spares_the_message(sit: Sit) -> None:
    adam = sit("adam").open("/admin/customers/article/add/")
    adam.locator("[name=slug]").fill("squeaking-brakes")
    adam.locator("[name=title]").fill("Why do my brakes squeak?")
    adam.locator("[name=body]").fill("Clean the rims with alcohol.")
    adam.locator("[name=state]").select_option("published")
    adam.get_by_role("button", name="Save", exact=True).click()
    page = sit().open("/contact/")
    # At once: an answer to half of it could come late and close what was opened.
    page.get_by_label("Your message").fill("The brakes of my new bicycle squeak")
    page.get_by_text("Why do my brakes squeak?").click()
    expect(page.get_by_text("Clean the rims with alcohol.")).to_be_visible()
    page.get_by_role("button", name="Yes, this answers it").click()
    expect(page.get_by_text("Good that this answered it.")).to_be_visible()


@pytest.mark.parametrize("place", ["status", "callback", "contact", "help", "waits"])
def test_every_page_for_customers_is_for_every_reader(sit: Sit, desk: Desk, place: str) -> None:
    case = desk.propose("Reader R.")
    status = urlsplit(case["status_url"]).path
    paths = {
        "status": status,
        "callback": f"{status}/callback",
        "contact": "/contact/",
        "help": "/help/",
        "waits": "/waits/",
    }
    seat = sit("adam" if place == "waits" else "")
    assert in_every_look(seat.open(paths[place])) == []
