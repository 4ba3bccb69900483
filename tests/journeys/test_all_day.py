"""A working day without a mouse, a first day with its practice, and days on which the script or the server is away."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests import services
from tests.journeys.conftest import PASSWORD, Desk, Seat, Sit, refund, sign_in
from tests.journeys.test_queue import voucher
from tests.runtime import processes

if TYPE_CHECKING:
    from playwright.sync_api import Page

# Three seconds are promised, from the moment on which the desk answers again.
CAUGHT_UP_WITHIN = 30


def newcomer(sit: Sit, desk: Desk, name: str, *more: str) -> Seat:
    """Somebody new, whose habits nobody has set."""
    desk.manage("make_user", name, "--role", "reviewer", *more)
    seat = sit()
    sign_in(seat.page, desk.url, name)
    return seat


def at(seat: Seat, name: str) -> None:
    """The case of this customer is held; from the list, the next best case is taken."""
    if seat.page.locator("body.on-queue").count():
        seat.keys("g")
    expect(seat.page.get_by_role("heading", level=1)).to_contain_text(name)
    expect(seat.page.locator("#lease")).to_contain_text("yours for")


class Typed(str):
    """Text that is typed; everything else is a key."""

    __slots__ = ()


# What is done with each case, in the order in which they come.
DAY: list[list[str]] = [
    ["9", "a", "Enter"],
    ["e", "Tab", Typed("15.00"), "Escape", "2", "d", "a", "Enter"],
    ["3", "r", "Enter"],
    ["i", Typed("Which card?"), "Control+Enter"],
    ["s", "Control+Enter"],
    ["m", Typed("ben"), "Tab", "Control+Enter"],
    ["c", Typed("Seen before."), "Control+Enter", "9", "a", "Enter"],
    ["t", "Tab", "Tab", Typed("w"), "Control+Enter", "Escape", "z", "Control+Enter"],
    ["e", "Escape", "b", "0", "a", "Enter"],
    ["]", "9", "a", "Enter"],
    ["]", "9", "a", "Enter"],
    ["a"],
]


def works(seat: Seat, *what: str) -> None:
    """Press and type, each when the one before has been answered."""
    for each in what:
        if isinstance(each, Typed):
            seat.page.keyboard.type(each)
            continue
        seat.keys(each)
        if each == "Control+Enter":
            expect(seat.page.locator(".toasts, article.note, [name=letter]").first).to_be_visible()


@pytest.mark.covers("R37", "R39", "R40", "R41", "R139")
def test_a_dozen_cases_in_a_row_with_keys_alone(sit: Sit, desk: Desk) -> None:
    source = [{"id": "s1", "title": "Refund policy", "text": "Late delivery: up to 400 EUR."}]
    cheap: dict[str, Any] = {"intent": "dozen", "actions": [refund("20.00", reversible=True)]}
    # Of low risk, and therefore last.
    fields = [*[cheap] * 9, *[cheap | {"sources": source}] * 2, cheap | {"actions": [voucher()]}]
    cases = [desk.propose(f"Dozen D. {number}.", **more) for number, more in enumerate(fields, start=1)]
    dora = newcomer(sit, desk, "dora", "--queue", "dozen")
    dora.open("/")
    for number, keys in enumerate(DAY, start=1):
        at(dora, f"Dozen D. {number}.")
        works(dora, *keys)
    expect(dora.page.locator("#undo-bar")).to_contain_text("Dozen D. 12.")
    works(dora, "u")
    at(dora, "Dozen D. 12.")
    works(dora, "7", "r", "Enter")
    ruled = {n: [each["type"] for each in desk.outcome(cases[n])["decisions"]] for n in (0, 1, 2, 6, 8, 9, 10, 11)}
    assert ruled == {n: ["approve"] for n in (0, 6, 8, 9, 10)} | {1: ["edit"], 2: ["reject"], 11: ["reject"]}
    assert desk.outcome(cases[1])["decisions"][0]["final_action"]["args"]["amount"] == "15.00"
    assert [desk.case(cases[n])["status"] for n in (3, 4, 5, 7)] == ["pending", "pending", "pending", "taken_over"]


@pytest.mark.covers("R86")
def test_a_first_day_begins_with_practice_and_nothing_of_it_reaches_anybody(sit: Sit, desk: Desk) -> None:
    nora = newcomer(sit, desk, "nora")
    page = nora.page
    page.get_by_role("link", name="Practise", exact=True).click()
    nora.pressed("g")
    expect(page.get_by_role("heading", level=1)).to_have_text("One key for a small thing")
    guide, panes = page.get_by_role("complementary", name="Guide"), page.locator(".panes")
    for step, place in enumerate(("briefing", "talk", "decision", "bar"), start=1):
        expect(guide).to_contain_text(f"{step}/4")
        expect(panes).to_have_attribute("data-points", place)
        nora.pressed("n")
    expect(guide).to_contain_text("Now it is your turn.")
    nora.pressed("a")
    expect(page.locator(".chip.ok")).to_have_text("✓ right")
    nora.pressed("g")
    expect(page.get_by_role("heading", level=1)).to_have_text("A draft that you put right")
    expect(page.locator("#unread")).to_be_empty()
    nora.pressed("9", "a", "Enter")
    expect(page.locator(".chip.warn").last).to_have_text("not quite")
    nora.pressed("u")
    expect(page.locator("#unread")).to_be_empty()
    page.wait_for_load_state()
    page.get_by_label("Amount (EUR)").fill("60.00")
    expect(page.locator("ins")).to_have_text("60.00")
    nora.pressed("Escape", "2", "a", "Enter")
    expect(page.locator(".chip.ok")).to_have_text("✓ right")
    page.get_by_label("To all practice cases").click()
    expect(page.locator(".lessons .chip")).to_have_text(["right at once", "right"])
    page.get_by_role("button", name="Do not offer it any more").click()
    expect(page.get_by_text("New here?")).to_have_count(0)


class TestWithoutScript:
    """Every verb by plain forms: what JavaScript adds is comfort."""

    def test_a_reviewer_comments_rejects_takes_it_back_hands_back_passes_on_and_puts_aside(
        self, sit: Sit, desk: Desk
    ) -> None:
        first, second = desk.propose("Scriptless S. 1"), desk.propose("Scriptless S. 2")
        ana = sit("ana", java_script_enabled=False)
        page = claimed(ana, first)
        page.get_by_role("button", name="Comment").first.click()
        page.get_by_label("Remark").fill("Seen before.")
        page.get_by_role("button", name="Leave the comment").click()
        expect(page.locator("article.note")).to_contain_text("Seen before.")
        page.get_by_label("unsafe").check()
        page.get_by_role("button", name="Reject").first.click()
        page.get_by_role("button", name="Undo", exact=False).first.click()
        expect(page.locator("#lease")).to_contain_text("yours for")
        expect(page.get_by_label("unsafe")).to_be_checked()
        page.get_by_role("button", name="Hand back").click()
        expect(page.locator(".toasts")).to_contain_text("Handed back")
        page = claimed(ana, first)
        page.get_by_role("button", name="Pass on").first.click()
        page.get_by_label("To a person, who is offered it first").select_option(label="ben")
        page.locator("#pass-on").get_by_role("button", name="Pass on").click()
        expect(page.locator(".toasts")).to_have_text("Passed on to ben.")
        page = claimed(ana, second)
        page.get_by_role("button", name="Snooze").first.click()
        page.locator("#snooze").get_by_role("button", name="Snooze").click()
        expect(page.locator(".toasts")).to_contain_text("Put aside.")

    def test_a_supervisor_takes_over_writes_gives_back_stops_and_answers(self, sit: Sit, desk: Desk) -> None:
        case, watched = (
            desk.propose("Scriptless T."),
            desk.propose("Scriptless W.", intent="watched", actions=[refund("10.00")]),
        )
        sue = sit("sue", java_script_enabled=False)
        sue.open("/?q=Scriptless")
        sue.page.get_by_role("link", name="Take over Scriptless T.").click()
        sue.page.locator("#take-over").get_by_role("button", name="Take over").click()
        sue.page.get_by_label("Message to the customer").fill("Good morning, I am looking into it.")
        sue.page.get_by_role("button", name="Send").click()
        expect(sue.page.locator("#messages")).to_contain_text("I am looking into it.")
        sue.page.get_by_role("button", name="Give back to the agent").click()
        sue.page.get_by_label("What the agent should know").fill("Told her good morning.")
        sue.page.locator("#give-back").get_by_label("Why the agent needed you").select_option("missing_information")
        sue.page.locator("#give-back").get_by_role("button", name="Give back").click()
        expect(sue.page.locator(".toasts")).to_have_text("The agent may go on.")
        page = sue.case(watched)
        page.get_by_role("button", name="Stop it").first.click()
        page.get_by_label("Why", exact=True).fill("wrong order")
        page.locator("#stop").get_by_role("button", name="Stop it").click()
        expect(page.locator(".toasts")).to_have_text("Stopped. A person must decide now.")
        assert (desk.case(case)["status"], desk.case(watched)["status"]) == ("taken_over", "pending")

    def test_a_colleague_answers_and_the_one_who_asked_reads_it(self, sit: Sit, desk: Desk) -> None:
        case = desk.propose("Scriptless Q.")
        ana = sit("ana", java_script_enabled=False)
        page = claimed(ana, case)
        page.get_by_role("button", name="Ask").first.click()
        page.locator("#ask").get_by_label("a colleague").check()
        page.get_by_label("Question").fill("Is she known to you?")
        page.locator("#ask").get_by_role("button", name="Ask").click()
        ben = sit("ben", java_script_enabled=False).case(case)
        ben.get_by_label("Your answer").fill("Yes, for years.")
        ben.get_by_role("button", name="Answer", exact=True).click()
        expect(ana.case(case).locator(".msg.ask")).to_contain_text("Yes, for years.")


def claimed(seat: Seat, case: dict[str, Any]) -> "Page":
    seat.case(case)
    return seat.claim()


# How often the desk could be asked, every tenth of a second, from when it answered again until the page was live, until
# something happened, and until the page showed it: a clock that goes as slowly as the machine.
WATCH = """(row) => {
    const seen = window.seen = { asked: 0, live: null, withdrawn: null, row: null }
    const ask = async () => {
        const ready = await fetch('/readyz').catch(() => null)
        if (ready?.ok || seen.asked) seen.asked += 1
        if (document.getElementById('live-state').textContent === 'Live') seen.live ??= seen.asked
        if (document.getElementById(row).classList.contains('over')) seen.row ??= seen.asked
        if (seen.live === null || seen.row === null) setTimeout(ask, 100)
    }
    ask()
}"""


@pytest.mark.covers("R72")
def test_after_a_restart_of_the_desk_a_page_catches_up_by_itself(sit: Sit, tmp_path: Path) -> None:
    env = processes.environment(tmp_path, HITL_PASSWORD=PASSWORD)
    processes.managed(env, "make_user", "rita", "--role", "reviewer")
    key = processes.agent_key(env, "restarted-bot")
    port = str(services.free_port())
    url = f"http://127.0.0.1:{port}"
    with processes.served(tmp_path, "--port", port), processes.agent(url, key) as agent:
        case = Desk(url, env, agent).propose("Restarted R.")
        seat = sit()
        seat.desk = Desk(url, env, agent)
        sign_in(seat.page, url, "rita")
        expect(seat.page.locator("#live-state")).to_have_text("Live")
    expect(seat.page.locator("#live-state")).to_have_text("Connection lost; looking every few seconds")
    seat.page.evaluate(WATCH, f"row-{case['id']}")
    with processes.served(tmp_path, "--port", port), processes.agent(url, key) as agent:
        Desk(url, env, agent).withdraw(case)
        seat.page.evaluate("window.seen.withdrawn = window.seen.asked")
        caught_up = "window.seen.live !== null && window.seen.row !== null"
        services.until(lambda: seat.page.evaluate(caught_up), what="it caught up")
        seen = seat.page.evaluate("window.seen")
        # Before the desk goes again, about which the page would complain at some time.
        seat.page.goto("about:blank")
        seat.complaints.clear()
    late = seen["row"] - seen["withdrawn"]
    assert (seen["live"] <= CAUGHT_UP_WITHIN, late <= CAUGHT_UP_WITHIN) == (True, True), seen
