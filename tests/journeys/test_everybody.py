"""Every page for every reader: no fault that axe can find, three widths, both themes, nothing cut off."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Desk, Seat, Sit, refund

if TYPE_CHECKING:
    from playwright.sync_api import Page, ViewportSize

AXE = Path(__file__).parents[1] / "vendor" / "axe" / "axe.min.js"
SIZES: dict[str, "ViewportSize"] = {
    "wide": {"width": 1440, "height": 900},
    "tablet": {"width": 1024, "height": 768},
    "phone": {"width": 390, "height": 844},
}
DAY_AND_NIGHT: list[Literal["light", "dark"]] = ["light", "dark"]
LOOKS: list[tuple[str, Literal["light", "dark"]]] = [
    ("wide", "light"),
    ("wide", "dark"),
    ("tablet", "light"),
    ("phone", "light"),
    ("phone", "dark"),
]


def faults(page: "Page", rules: list[str] | None = None) -> list[str]:
    """What axe finds against WCAG 2.2 AA and its own best practice, or against some rules."""
    options = {"resultTypes": ["violations"]} | ({"runOnly": rules} if rules else {})
    found: dict[str, Any] = page.evaluate("options => axe.run(document, options)", options)
    return [
        f"{fault['id']}: {node['html'][:160]} {node['failureSummary'][:300]}"
        for fault in found["violations"]
        for node in fault["nodes"]
    ]


def overflow(page: "Page") -> int:
    """How many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.fixture(scope="module")
def full(desk: Desk) -> dict[str, Any]:
    """A case that has everything, to be claimed once."""
    return desk.propose(
        "Everybody E.",
        customer={
            "id": "e",
            "name": "Everybody E.",
            "tier": "gold",
            "since": "2023-05-01",
            "lifetime_value": {"amount": "2400.00", "currency": "USD"},
            "attributes": {"country": "DE"},
        },
        conversation={
            "id": "everybody",
            "channel": "chat",
            "messages": [
                {"seq": 1, "role": "customer", "text": "Mein Paket kam zu spät.", "at": "2026-11-20T11:58:00Z"},
                {"seq": 2, "role": "agent", "text": "I can offer a voucher."},
                {"seq": 3, "role": "customer", "text": "ההזמנה שלי לא הגיעה", "sentiment": -0.72},
                {"seq": 4, "role": "tool", "text": "delivered 14 days late"},
            ],
        },
        actions=[
            refund(
                args={"order_id": "A-1", "amount": "350.00", "method": "card", "notify": True, "lines": [{"sku": 1}]},
                args_schema={"type": "object", "properties": {"method": {"enum": ["card", "credit"]}}},
                description="Refund for late delivery",
            ),
            {
                "call_id": "call_2",
                "kind": "reply",
                "name": "send_reply",
                "args": {"text": "Dear customer,\nwe are sorry."},
            },
        ],
        briefing={
            "issue": "Late",
            "summary": "Refused the voucher.",
            "attempted": ["offered a voucher"],
            "recommendation": "refund",
            "missing": ["photo"],
        },
        signals={"confidence": 0.62, "risk_flags": ["repeat_contact"]},
        sources=[
            {"id": "s", "title": "Refund policy", "url": "https://kb.example.org/7", "text": "Up to 400.", "score": 0.8}
        ],
    )


def in_every_look(page: "Page") -> list[str]:
    """What is wrong at any width in either theme."""
    found = []
    page.evaluate(AXE.read_text())
    for size, theme in LOOKS:
        page.set_viewport_size(SIZES[size])
        page.emulate_media(color_scheme=theme)
        found += [f"{size} {theme}: {fault}" for fault in faults(page)]
        if wider := overflow(page):
            found.append(f"{size} {theme}: wider than its window by {wider}")
    return found


def _claimed(seat: Seat, case: dict[str, Any]) -> None:
    if seat.case(case).get_by_role("button", name="Claim").is_visible():
        seat.claim()
    expect(seat.page.locator("#lease")).to_contain_text("yours for")


def test_the_case_page_serves_everybody(sit: Sit, full: dict[str, Any]) -> None:
    seat = sit("ana")
    _claimed(seat, full)
    page = seat.page
    page.get_by_label("Amount (EUR)").fill("lots")
    page.get_by_label("Amount (EUR)").press("Enter")
    expect(page.locator("ins")).to_have_text("lots")
    page.wait_for_load_state()
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert in_every_look(page) == []
    # As it was looked at last: on a phone.
    assert faults(page, ["target-size"]) == []


def test_the_cheatsheet_serves_everybody(sit: Sit) -> None:
    seat = sit("ana")
    page = seat.open("/")
    seat.keys("?")
    expect(page.locator("#cheatsheet")).to_be_visible()
    assert in_every_look(page) == []


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("", "/sign-in/"),
        ("ana", "/"),
        ("ana", "/?q=nobody-of-this-name"),
        ("ana", "/insight/"),
        ("adam", "/insight/"),
        ("sue", "/insight/escalation_rate/"),
        ("sue", "/insight/escalation_rate/cases"),
        ("sue", "/gaps/"),
        ("sue", "/coaching/"),
        ("adam", "/ladder/"),
        ("ana", "/how-i-decide/"),
        ("ana", "/second-looks/"),
        ("quinn", "/qa/"),
        ("quinn", "/qa/reviews/"),
        ("ana", "/practice/"),
        ("ana", "/practice/deposit/"),
        ("sue", "/gaps/report/"),
        ("adam", "/gaps/rules/"),
    ],
)
@pytest.mark.usefixtures("full")
def test_the_door_and_the_queue_do_too(sit: Sit, name: str, path: str) -> None:
    assert in_every_look(sit(name).open(path)) == []


@pytest.mark.covers("R33", "R101")
@pytest.mark.usefixtures("full")
def test_a_policy_is_held_against_what_happened(sit: Sit) -> None:
    page = sit("adam").open("/policy/what-if/")
    policy = page.get_by_label("Policy, as YAML or JSON")
    policy.fill(policy.input_value().replace("mode: in_the_loop", "mode: on_the_loop"))
    page.get_by_role("button", name="Work it out").click()
    expect(page.get_by_role("heading", name="What would change")).to_be_visible()
    assert in_every_look(page) == []
    page.set_viewport_size(SIZES["wide"])
    if page.get_by_role("link", name="Which cases?").count():
        page.get_by_role("link", name="Which cases?").first.click()
        expect(page.get_by_role("columnheader", name="Rules that fire")).to_be_visible()
        assert in_every_look(page) == []


@pytest.mark.parametrize("panel", ["Ask", "Pass on", "Take over"])
def test_panels_are_named_and_closed_by_escape(sit: Sit, full: dict[str, Any], panel: str) -> None:
    seat = sit("ana")
    _claimed(seat, full)
    seat.page.get_by_role("button", name=panel).first.click()
    seat.page.evaluate(AXE.read_text())
    assert faults(seat.page) == []
    seat.keys("Escape")
    expect(seat.page.locator(":popover-open")).to_have_count(0)


def test_the_decision_is_in_sight_whatever_the_window(sit: Sit, full: dict[str, Any]) -> None:
    seat = sit("ana")
    _claimed(seat, full)
    for size in SIZES.values():
        seat.page.set_viewport_size(size)
        expect(seat.page.get_by_role("button", name="Approve")).to_be_in_viewport()
        expect(seat.page.get_by_role("button", name="Reject", exact=False).first).to_be_in_viewport()


def test_a_page_reads_in_the_order_in_which_it_is_used(sit: Sit) -> None:
    seat = sit("ana")
    page = seat.open("/")
    seat.keys("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    seat.keys("Enter")
    expect(page.locator("main")).to_be_focused()


# Of what must stay apart where the system sets every colour: the rest of a ring and what is gone of it, the dot of
# the live state and the page behind it, the chosen row, place and reason and the others.
APART = """() => {
    const style = (query, part) => getComputedStyle(document.querySelector(query), part)
    const page = style('body').backgroundColor
    const told = {
        ring: style('.ring .left').stroke !== style('.ring circle').stroke,
        live: style('#live-state', '::before').backgroundColor !== page,
        place: style('.nav a[aria-current]').outlineStyle === 'solid',
        button: style('button.go').backgroundColor !== page,
    }
    return Object.entries(told).filter(([name, apart]) => !apart).map(([name]) => name)
}"""


def test_where_the_system_sets_the_colours_everything_is_still_told_apart(sit: Sit, full: dict[str, Any]) -> None:
    seat = sit("sue", forced_colors="active")
    page = seat.open("/")
    expect(page.locator("#live-state")).to_have_text("Live")
    assert page.evaluate(APART) == []
    seat.keys("j")
    assert page.locator("tr.at").evaluate("row => getComputedStyle(row).outlineStyle") == "solid"
    page = seat.case(full)
    reason = page.get_by_label("wrong fact")
    if reason.count() and reason.is_enabled():
        reason.check()
        chosen = page.locator(".pick input:checked + span").first
        assert chosen.evaluate("each => getComputedStyle(each).outlineStyle") == "solid"


@pytest.mark.parametrize("path", ["/", "/cases/{case}/", "/monitor/", "/admin/"])
def test_whoever_asks_for_contrast_gets_seven_to_one(sit: Sit, full: dict[str, Any], path: str) -> None:
    seat = sit("adam" if "admin" in path else "sue", contrast="more")
    page = seat.open(path.format(case=full["id"]))
    page.evaluate(AXE.read_text())
    for theme in DAY_AND_NIGHT:
        page.emulate_media(color_scheme=theme, contrast="more")
        assert (
            faults(page, ["color-contrast"] if path == "/admin/" else ["color-contrast", "color-contrast-enhanced"])
            == []
        )


def test_whoever_wants_no_motion_gets_none(sit: Sit) -> None:
    moves = """() => document.getAnimations().length + [...document.querySelectorAll('*')]
        .filter(each => parseFloat(getComputedStyle(each).transitionDuration) > 0).length"""
    for name, path in (("ana", "/"), ("adam", "/admin/")):
        assert sit(name).open(path).evaluate(moves) == 0
