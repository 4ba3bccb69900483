"""What each role sees, and what it is refused wherever it asks."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Desk, Seat, Sit, refund

NAVIGATION = {
    "ana": ["Queue", "Team", "Insight", "Policy"],
    "sue": ["Queue", "Monitor", "Team", "Insight", "Coaching", "Gaps", "Audit", "Autonomy", "Policy", "Waiting"],
    "quinn": ["Queue", "QA", "Gaps", "Insight", "Coaching", "Audit", "Autonomy", "Policy"],
    "iris": ["Queue", "Autonomy", "Policy", "Audit"],
    "adam": ["Queue", "Monitor", "Policy", "Admin", "Insight", "Autonomy", "Waiting"],
}
SEE_CASES = {"ana": True, "sue": True, "quinn": True, "iris": True, "adam": False}
READ_THE_RECORD = {"ana": 403, "sue": 200, "quinn": 200, "iris": 200, "adam": 403}
DECIDE = {"ana": True, "sue": True, "quinn": False, "iris": False}


def status(seat: Seat, path: str) -> int:
    """What a page answers, when it is opened by hand."""
    answer = seat.page.goto(f"{seat.desk.url}{path}")
    assert answer is not None
    return answer.status


def sends(seat: Seat, path: str, **form: str | float | bool) -> int:
    """What is answered to a form that no page offers this person, sent with their own cookies and token."""
    seat.open("/account/")
    token = seat.page.locator("input[name=csrfmiddlewaretoken]").first.input_value()
    url = f"{seat.desk.url}{path}"
    answer = seat.context.request.post(
        url, form=form | {"csrfmiddlewaretoken": token}, headers={"Referer": url}, max_redirects=0
    )
    return answer.status


def standing(desk: Desk, case: dict[str, Any]) -> dict[str, Any]:
    """The case as its agent sees it, but for what the customer is told: that follows the time."""
    return {name: value for name, value in desk.case(case).items() if name != "customer_message"}


@pytest.fixture(scope="module")
def waiting(desk: Desk) -> dict[str, Any]:
    """A case that nobody holds."""
    return desk.propose("Roles R.")


@pytest.mark.parametrize("name", NAVIGATION)
def test_each_role_is_led_to_its_places_only(sit: Sit, name: str) -> None:
    page = sit(name).open("/")
    expect(page.locator("nav.nav .places").get_by_role("link")).to_have_text(NAVIGATION[name])


def test_a_supervisors_navigation_is_short_on_a_phone_and_one_step_away_from_everything(sit: Sit) -> None:
    seat = sit("sue")
    seat.page.set_viewport_size({"width": 390, "height": 844})
    page = seat.open("/policy/")
    expect(page.locator("nav.nav").get_by_role("link", name="Monitor")).to_be_visible()
    expect(page.locator("nav.nav").get_by_role("link", name="Insight")).to_be_hidden()
    button = page.locator("nav.nav").get_by_role("button", name="Policy")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator("nav.nav").get_by_role("link", name="Policy")).to_have_attribute("aria-current", "page")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Insight")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Insight")).to_be_hidden()
    expect(button).to_be_focused()


@pytest.mark.parametrize("name", SEE_CASES)
def test_an_administrator_sees_no_text_of_customers_and_the_others_do(
    sit: Sit, waiting: dict[str, Any], name: str
) -> None:
    seat = sit(name)
    seat.open("/?q=Roles")
    expect(seat.page.get_by_role("link", name="Roles R.", exact=True)).to_have_count(1 if SEE_CASES[name] else 0)
    assert status(seat, f"/cases/{waiting['id']}/") == (200 if SEE_CASES[name] else 404)


@pytest.mark.parametrize("name", READ_THE_RECORD)
def test_the_record_is_for_those_who_answer_for_others(sit: Sit, name: str) -> None:
    assert status(sit(name), "/record/") == READ_THE_RECORD[name]


@pytest.mark.parametrize("name", NAVIGATION)
@pytest.mark.parametrize("path", ["/admin/", "/admin/accounts/user/add/", "/admin/reviewqueue/policyversion/"])
def test_administration_opens_for_administrators_alone(sit: Sit, name: str, path: str) -> None:
    page = sit(name).open(path)
    expect(page.locator("body.login, #site-name")).to_have_count(1 if name == "adam" else 0)


@pytest.mark.parametrize("name", DECIDE)
def test_who_does_not_decide_is_offered_no_claim_and_refused_when_asking_anyway(
    sit: Sit, desk: Desk, waiting: dict[str, Any], name: str
) -> None:
    seat = sit(name)
    page = seat.case(waiting)
    if DECIDE[name]:
        expect(page.get_by_role("button", name="Claim")).to_be_enabled()
        return
    expect(page.locator("button:enabled", has_text="Claim")).to_have_count(0)
    expect(page.locator("main")).to_contain_text("Your role does not decide cases.")
    before = standing(desk, waiting)
    for verb in ("claim", "decide", "take-over", "pass-on", "ask", "stop"):
        assert sends(seat, f"/cases/{waiting['id']}/{verb}", version=str(before["version"]), verdict="approve") in {
            403,
            409,
        }
    assert sends(seat, "/queue/next") == 302
    assert standing(desk, waiting) == before


def test_an_administrator_is_told_of_no_case_whatever_is_sent(sit: Sit, desk: Desk, waiting: dict[str, Any]) -> None:
    seat, before = sit("adam"), standing(desk, waiting)
    for verb in ("claim", "decide", "take-over", "pass-on", "ask", "stop"):
        assert sends(seat, f"/cases/{waiting['id']}/{verb}", verdict="approve") == 404
    assert standing(desk, waiting) == before


def test_a_reviewer_of_one_lane_does_not_find_the_cases_of_others(sit: Sit, waiting: dict[str, Any]) -> None:
    seat = sit("solo")
    seat.open("/?q=Roles")
    expect(seat.page.get_by_role("link", name="Roles R.", exact=True)).to_have_count(0)
    assert status(seat, f"/cases/{waiting['id']}/") == 404
    assert sends(seat, f"/cases/{waiting['id']}/claim") == 404


def test_only_a_supervisor_stops_what_is_about_to_be_released(sit: Sit, desk: Desk) -> None:
    case = desk.propose("Roles watched", intent="watched", actions=[refund("10.00")])
    for name, views in (("sue", 1), ("iris", 1), ("ana", 0)):
        page = sit(name).open("/")
        expect(page.get_by_role("link", name="Released unless stopped")).to_have_count(views)
    for name, panels in (("sue", 1), ("iris", 0), ("quinn", 0), ("ana", 0)):
        page = sit(name).case(case)
        expect(page.locator("#stop")).to_have_count(panels)
    assert sends(sit("ana"), f"/cases/{case['id']}/stop", stop_reason="no") == 403
    assert desk.case(case)["status"] == "pending"


def test_a_supervisor_passes_on_what_somebody_else_holds_and_a_reviewer_does_not(sit: Sit, desk: Desk) -> None:
    case = desk.propose("Roles held")
    ana = sit("ana")
    ana.case(case).get_by_role("button", name="Claim").click()
    expect(ana.page.locator("#lease")).to_contain_text("yours for")
    expect(sit("ben").case(case).locator("#pass-on")).to_have_count(0)
    assert sends(sit("ben"), f"/cases/{case['id']}/pass-on", to_queue="solo") in {403, 409}
    sue = sit("sue")
    sue.case(case).get_by_role("button", name="Pass on").first.click()
    sue.page.get_by_label("To a person, who is offered it first").select_option(label="ben")
    sue.page.locator("#pass-on").get_by_role("button", name="Pass on").click()
    expect(sue.page.locator(".toasts")).to_have_text("Passed on to ben.")
