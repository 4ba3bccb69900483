"""From the queue to a decision that the agent has: with keys, with the mouse, and back."""

import re

import pytest
from playwright.sync_api import expect

from tests import services
from tests.journeys.conftest import Desk, Seat, Sit, refund
from tests.journeys.test_queue import voucher

GO = re.compile("^Approve")


def held(sit: Sit, desk: Desk, customer: str, **fields: object) -> tuple[Seat, dict[str, object]]:
    """Ana holds a new case."""
    case = desk.propose(customer, **fields)
    ana = sit("ana")
    ana.case(case)
    ana.claim()
    return ana, case


@pytest.mark.covers("R37", "R47", "R139")
def test_with_keys_alone_from_the_list_to_the_agent(sit: Sit, desk: Desk) -> None:
    case = desk.propose("Keyboard K.")
    ana = sit("ana")
    page = ana.open("/?q=Keyboard")
    ana.keys("j", "Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Refund order: 350.00 EUR · Keyboard K.")
    ana.keys("Enter")
    expect(page.locator("#lease")).to_contain_text("yours for")
    ana.read(ground="")
    ana.keys("a")
    expect(page.locator("#armed")).to_have_text("Say why it is right, then approve.")
    ana.keys("9", "a")
    expect(page.locator("#armed")).to_have_text("Press Enter to confirm.")
    assert desk.case(case)["status"] == "pending"
    ana.keys("Enter")
    expect(page.locator("#undo-bar")).to_contain_text("Decided: Keyboard K.")
    services.until(lambda: desk.case(case)["status"] == "decided", what="the undo window is over")
    (decision,) = desk.case(case)["decisions"]
    assert (decision["type"], decision["final_action"]["args"]) == ("approve", {"order_id": "A-1", "amount": "350.00"})
    expect(page.locator("#undo-bar")).to_be_empty()


@pytest.mark.covers("R38", "R141")
def test_an_edit_shows_its_difference_while_it_is_typed(sit: Sit, desk: Desk) -> None:
    ana, case = held(sit, desk, "Edith E.")
    page = ana.page
    page.get_by_label("Amount (EUR)").fill("320.00")
    expect(page.locator("del")).to_have_text("350.00")
    expect(page.locator("ins")).to_have_text("320.00")
    expect(page.locator(".headline")).to_have_text("Refund order: 320.00 EUR")
    expect(page.locator(".canonical")).to_contain_text('"amount":"320.00"')
    ana.read(ground="")
    page.get_by_role("button", name="Approve my edit").click()
    expect(page.locator("#reason-fault")).to_have_text("Say why: choose a reason.")
    expect(page.get_by_label("Amount (EUR)")).to_have_value("320.00")
    page.get_by_role("heading", level=1).click()
    ana.keys("2")
    expect(page.get_by_label("wrong amount")).to_be_checked()
    page.get_by_role("button", name=GO).click()
    (decision,) = desk.outcome(case)["decisions"]
    assert (decision["type"], decision["reason_code"]) == ("edit", "wrong_amount")
    assert decision["final_action"]["args"]["amount"] == "320.00"


@pytest.mark.covers("R129")
def test_at_high_risk_the_key_leads_through_what_is_unread(sit: Sit, desk: Desk) -> None:
    sources = [{"id": "s1", "title": "Refund policy", "text": "Late delivery: up to 400 EUR."}]
    ana, case = held(sit, desk, "Unread U.", sources=sources)
    page = ana.page
    expect(page.locator("#unread")).to_have_text("Before you approve, open: Refund policy")
    ana.keys("9", "a")
    expect(page.locator("[data-piece='source-0']")).to_be_focused()
    ana.keys("Enter")
    expect(page.locator("#source-0")).to_contain_text("Late delivery: up to 400 EUR.")
    expect(page.locator("#source-0")).to_be_focused()
    ana.keys("a", "Enter")
    (decision,) = desk.outcome(case)["decisions"]
    assert (decision["type"], decision["reason_code"]) == ("approve", "within_rules")


@pytest.mark.covers("R129")
@pytest.mark.parametrize("size", [(1440, 900), (1024, 768)])
def test_what_was_pushed_out_of_view_is_shown_before_it_is_approved(
    sit: Sit, desk: Desk, size: tuple[int, int]
) -> None:
    lines = "\n".join(f"line {n}" for n in range(2000))
    many = [refund(args={"order_id": lines, "amount": "1.00"})]
    many += [refund("5000.00", call_id="call_2")]
    ana, case = held(sit, desk, "Pushed P.", actions=many)
    page = ana.page
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.reload()
    page.locator(".msg").first.scroll_into_view_if_needed()
    ana.read()
    expect(page.locator("#a1-does")).not_to_be_in_viewport()
    page.get_by_role("button", name=GO).click()
    expect(page.locator("#armed")).to_have_text("Look at the action first, then approve.")
    expect(page.locator(".does").filter(has_text="5,000.00 EUR")).to_be_in_viewport()
    assert desk.case(case)["decisions"] == []


def test_at_critical_risk_two_people_agree_and_each_types_the_amount(sit: Sit, desk: Desk) -> None:
    ana, case = held(sit, desk, "Critical C.", actions=[refund("350.00", name="wire_money")])
    page = ana.page
    ana.read()
    page.get_by_label("type the amount again").fill("35")
    page.get_by_role("button", name=GO).click()
    expect(page.locator("#amount-fault")).to_have_text("This is not the amount of the action.")
    page.get_by_label("type the amount again").fill("350,00")
    page.wait_for_load_state()
    ana.read()
    page.get_by_role("button", name=GO).click()
    expect(page.locator(".toasts")).to_have_text("Recorded. A second person must look before anything happens.")
    expect(ana.case(case).locator("#armed")).to_contain_text("a second one must look")
    ben = sit("ben")
    ben.case(case)
    page = ben.claim()
    expect(page.locator(".first")).to_contain_text("ana approved this as proposed")
    ben.read()
    page.get_by_label("type the amount again").fill("350")
    assert desk.case(case)["status"] == "pending"
    page.get_by_role("button", name=GO).click()
    (decision,) = desk.outcome(case)["decisions"]
    assert decision["type"] == "approve"


def test_enter_in_a_field_shows_what_changed_and_decides_nothing(sit: Sit, desk: Desk) -> None:
    ana, case = held(sit, desk, "Enid E.")
    ana.page.get_by_label("Amount (EUR)").fill("300.00")
    ana.page.get_by_label("Amount (EUR)").press("Enter")
    expect(ana.page).to_have_url(re.compile("/change$"))
    expect(ana.page.locator("ins")).to_have_text("300.00")
    assert desk.case(case)["decisions"] == []


def test_what_does_not_fit_the_schema_is_said_beside_the_field(sit: Sit, desk: Desk) -> None:
    ana, _case = held(sit, desk, "Schemata S.")
    ana.page.get_by_label("Amount (EUR)").fill("lots")
    ana.page.get_by_label("wrong amount").check()
    ana.read(ground="")
    ana.page.get_by_role("button", name=GO).click()
    expect(ana.page.locator("#a0-1-fault")).to_contain_text("'lots' does not match")
    expect(ana.page.locator("#refusal")).to_be_focused()


@pytest.mark.covers("R39")
def test_reject_takes_a_reason_and_one_more_key(sit: Sit, desk: Desk) -> None:
    ana, case = held(sit, desk, "Rejected R.")
    ana.page.get_by_text("Message to the agent, internal note").click()
    ana.page.get_by_label("Message to the agent").fill("Not covered by §4")
    ana.keys("Escape", "3", "r", "Enter")
    expect(ana.page.locator("#undo-bar")).to_be_visible()
    (decision,) = desk.outcome(case)["decisions"]
    assert (decision["type"], decision["reason_code"], decision["message"], decision["grant"]) == (
        "reject",
        "policy",
        "Not covered by §4",
        None,
    )


def test_submitting_after_reject_was_chosen_never_approves(sit: Sit, desk: Desk) -> None:
    ana, case = held(sit, desk, "Submitted S.", actions=[voucher()])
    ana.keys("3", "r")
    expect(ana.page.locator("#armed")).to_have_text("Press Enter to confirm.")
    ana.keys("Control+Enter")
    expect(ana.page.locator("#undo-bar")).to_be_visible()
    assert [decision["type"] for decision in desk.outcome(case)["decisions"]] == ["reject"]


@pytest.mark.covers("R41")
def test_a_question_comes_back_with_its_answer(sit: Sit, desk: Desk) -> None:
    ana, case = held(sit, desk, "Quentin Q.")
    ana.keys("i")
    expect(ana.page.get_by_label("Question")).to_be_focused()
    ana.page.get_by_label("Question").fill("Which card was charged?")
    ana.keys("Control+Enter")
    expect(ana.page.locator(".toasts")).to_have_text("Asked. You see the answer first.")
    assert desk.case(case)["waiting_on"] == "agent"
    desk.answer(case, "The one that ends in 42")
    page = ana.open("/?q=Quentin")
    expect(page.locator("tbody tr")).to_contain_text("offered to you")
    ana.case(case)
    expect(page.locator(".msg.ask")).to_contain_text("The one that ends in 42")


def test_hand_back_leaves_the_case_to_others(sit: Sit, desk: Desk) -> None:
    ana, case = held(sit, desk, "Handy H.")
    ana.keys("h")
    expect(ana.page.locator(".toasts")).to_have_text("Handed back; the case waits for somebody again.")
    page = sit("ben").case(case)
    expect(page.get_by_role("button", name="Claim")).to_be_enabled()


def test_undo_brings_the_case_and_what_was_typed_back(sit: Sit, desk: Desk) -> None:
    ana, case = held(sit, desk, "Undine U.")
    ana.page.get_by_label("Amount (EUR)").fill("320.00")
    ana.page.get_by_label("wrong amount").check()
    ana.read(ground="")
    ana.page.get_by_role("button", name=GO).click()
    expect(ana.page.locator("#undo-bar")).to_be_visible()
    ana.keys("u")
    expect(ana.page.locator("#lease")).to_contain_text("yours for")
    expect(ana.page.get_by_label("Amount (EUR)")).to_have_value("320.00")
    expect(ana.page.get_by_label("wrong amount")).to_be_checked()
    assert desk.case(case)["status"] == "pending"


def test_two_actions_are_decided_together_and_one_of_them_differently(sit: Sit, desk: Desk) -> None:
    reply = {"call_id": "call_2", "kind": "reply", "name": "send_reply", "args": {"text": "We refunded 350 EUR."}}
    ana, case = held(sit, desk, "Twofold T.", actions=[refund(), reply])
    ana.page.locator("#a1").get_by_text("Decide this action by itself").click()
    ana.page.locator("#a1").get_by_label("reject").check()
    ana.page.get_by_label("wrong fact").check()
    ana.read()
    ana.page.locator("#a1").scroll_into_view_if_needed()
    ana.page.get_by_role("button", name=GO).click()
    ruled = {decision["call_id"]: decision["type"] for decision in desk.outcome(case)["decisions"]}
    assert ruled == {"call_1": "approve", "call_2": "reject"}


def test_next_best_case_takes_what_waits_in_ones_lanes(sit: Sit, desk: Desk) -> None:
    case = desk.propose("Beth B.", intent="best", actions=[refund("10.00")])
    bea = sit("bea")
    bea.open("/")
    bea.keys("g")
    expect(bea.page).to_have_url(f"{desk.url}/cases/{case['id']}/")
    expect(bea.page.locator("#lease")).to_contain_text("yours for")
    bea.open("/")
    bea.keys("g")
    expect(bea.page.locator(".toasts")).to_have_text("Nothing waits for you here right now.")


@pytest.mark.covers("R40")
def test_a_case_is_passed_on_with_the_mouse(sit: Sit, desk: Desk) -> None:
    ana, _case = held(sit, desk, "Passed P.")
    ana.page.get_by_role("button", name="Pass on").first.click()
    ana.page.get_by_label("To a person, who is offered it first").select_option(label="ben")
    ana.page.locator("#pass-on").get_by_role("button", name="Pass on").click()
    expect(ana.page.locator(".toasts")).to_have_text("Passed on to ben.")
    expect(sit("ben").open("/?q=Passed").locator("tbody tr")).to_contain_text("offered to you")


@pytest.mark.covers("R42", "R48")
def test_a_conversation_is_taken_over_and_given_back(sit: Sit, desk: Desk) -> None:
    case = desk.propose("Taken T.")
    sue = sit("sue")
    sue.case(case)
    sue.keys("t")
    sue.page.locator("#take-over").get_by_label("Note").fill("very angry")
    sue.page.locator("#take-over").get_by_label("Why the agent needed you").select_option("tone")
    sue.keys("Control+Enter")
    expect(sue.page.locator("main")).to_contain_text("taken over by a person: sue")
    assert desk.case(case)["status"] == "taken_over"
    sue.page.get_by_role("button", name="Give back to the agent").click()
    sue.page.locator("#give-back").get_by_role("button", name="Give back").click()
    expect(sue.page.locator(".toasts")).to_have_text("The agent may go on.")


@pytest.mark.covers("R3", "R49")
def test_a_watched_release_is_stopped_in_time(sit: Sit, desk: Desk) -> None:
    case = desk.propose("Watched W.", intent="watched", actions=[refund("10.00")])
    sue = sit("sue")
    sue.open("/?view=watched&q=Watched").get_by_role("link", name="Watched W.", exact=True).click()
    expect(sue.page.get_by_role("button", name="Stop it").first).to_be_visible()
    sue.keys("x")
    sue.page.get_by_label("Why", exact=True).fill("wrong order")
    sue.keys("Control+Enter")
    expect(sue.page.locator(".toasts")).to_have_text("Stopped. A person must decide now.")
    assert desk.case(case)["status"] == "pending"


def test_keys_do_nothing_while_one_types(sit: Sit, desk: Desk) -> None:
    ana, case = held(sit, desk, "Typed T.")
    ana.page.get_by_text("Message to the agent, internal note").click()
    message = ana.page.get_by_label("Message to the agent")
    message.press_sequentially("arithmetic 123 ? / [")
    expect(message).to_have_value("arithmetic 123 ? / [")
    assert desk.case(case)["version"] == 2


def test_the_cheatsheet_opens_and_closes(sit: Sit) -> None:
    ana = sit("ana")
    ana.open("/")
    ana.keys("?")
    expect(ana.page.get_by_role("heading", name="Keyboard shortcuts")).to_be_visible()
    ana.keys("Escape")
    expect(ana.page.get_by_role("heading", name="Keyboard shortcuts")).to_be_hidden()


def test_rows_of_a_list_are_added_and_removed(sit: Sit, desk: Desk) -> None:
    lines = [{"sku": "A", "count": 1}, {"sku": "B", "count": 2}]
    ana, case = held(sit, desk, "Rows R.", actions=[refund(args={"order_id": "A-1", "lines": lines}, args_schema=None)])
    page = ana.page
    page.get_by_role("button", name="Remove 1 of Lines").click()
    expect(page.locator("input[name^='a0-1-']:not([type=hidden])")).to_have_count(2)
    page.get_by_role("button", name="one more").click()
    page.locator("[name='a0-1-1-0']").fill("C")
    expect(page.locator(".canonical").first).to_contain_text('"lines":[{"count":2,"sku":"B"},{"sku":"C"}]')
    page.get_by_label("wrong amount").check()
    ana.read(ground="")
    page.get_by_role("button", name=GO).click()
    (decision,) = desk.outcome(case)["decisions"]
    assert decision["final_action"]["args"]["lines"] == [{"sku": "B", "count": 2}, {"sku": "C"}]


class TestWithoutScript:
    """Reading and deciding need no JavaScript."""

    def test_from_the_door_to_the_decision(self, sit: Sit, desk: Desk) -> None:
        case = desk.propose("Plain P.")
        page = sit(java_script_enabled=False).open("/?q=Plain")
        page.get_by_label("Name", exact=True).fill("ben")
        page.get_by_label("Password").fill("an-invented-password")
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("link", name="Plain P.", exact=True).click()
        page.get_by_role("button", name="Claim").click()
        page.get_by_role("button", name="I have read it").click()
        page.get_by_label("Amount (EUR)").fill("320.00")
        page.get_by_role("button", name=GO).click()
        expect(page.locator("#reason-fault")).to_have_text("Say why: choose a reason.")
        expect(page.locator("ins")).to_have_text("320.00")
        page.get_by_label("wrong amount").check()
        page.get_by_role("button", name="Approve my edit").click()
        expect(page.locator("#undo-bar")).to_contain_text("Plain P.")
        (decision,) = desk.outcome(case)["decisions"]
        assert decision["final_action"]["args"]["amount"] == "320.00"

    def test_asking_works_through_its_panel_too(self, sit: Sit, desk: Desk) -> None:
        case = desk.propose("Popover P.")
        page = sit("ana", java_script_enabled=False).case(case)
        page.get_by_role("button", name="Claim").click()
        page.get_by_role("button", name="Ask").first.click()
        page.locator("#ask").get_by_label("the customer").check()
        page.get_by_label("Question").fill("Which card?")
        page.locator("#ask").get_by_role("button", name="Ask").click()
        expect(page.locator(".toasts")).to_have_text("Asked. You see the answer first.")
        assert desk.case(case)["waiting_on"] == "customer"


def test_what_is_typed_is_checked_and_kept_while_it_is_typed(sit: Sit, desk: Desk) -> None:
    reply = {"call_id": "c1", "kind": "reply", "name": "send_reply", "args": {"text": "Sorry."}, "reversible": True}
    ana, case = held(sit, desk, "Drafting D.", actions=[reply])
    ana.page.get_by_label("Reply").fill("Dear Drafting, you get 99 EUR.")
    expect(ana.page.locator("#a0-claims")).to_contain_text("99 EUR ✗ found nowhere")
    expect(ana.page.locator("#draft")).to_contain_text("Your draft, saved")
    ana.case(case)
    expect(ana.page.get_by_label("Reply")).to_have_value("Dear Drafting, you get 99 EUR.")
    ana.page.get_by_role("button", name="Discard it").click()
    expect(ana.page.get_by_label("Reply")).to_have_value("Sorry.")
    ana.page.get_by_text("What the customer sees now").click()
    expect(ana.page.locator("#customer-sees")).to_contain_text("We are reviewing your case")
