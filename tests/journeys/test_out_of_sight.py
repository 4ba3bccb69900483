"""Nothing that is written, however long or odd, pushes the decision, or what it is about, out of sight."""

from typing import TYPE_CHECKING, Any

import pytest

from tests.journeys.conftest import Desk, Sit, refund
from tests.journeys.test_everybody import SIZES, overflow

if TYPE_CHECKING:
    from playwright.sync_api import Page

LAYOUTS = {
    "two thousand lines": "line\n" * 2_000,
    "one endless word": "W" * 5_000,
    "spaces that do not break": "\u00a0" * 2_000 + "\n" * 1_000 + "hidden below",
    "marks upon marks, from right to left": "\u202e" + ("Z" + "\u0335\u0321\u0322\u0327\u0328" * 10 + "שלום ") * 60,
    "boxes that look like ours": "┌──────────────┐\n│  Approve  ⏎  │\n└──────────────┘</div></main></form>\n" * 60,
}
# From where somebody stands in the page: is the decision in the window, on top of everything, and the action legible?
SIGHT = """() => {
    const seen = (each) => {
        const box = each.getBoundingClientRect();
        const x = Math.min(box.left + box.width / 2, innerWidth - 2), y = box.top + box.height / 2;
        const inside = box.height > 0 && box.left >= -1 && box.top >= 0 && box.bottom <= innerHeight + 1;
        return inside && each.contains(document.elementFromPoint(x, y));
    };
    const buttons = () => [...document.querySelectorAll('.bar button.go, .bar button.no')];
    const bar = () => buttons().filter((one) => !seen(one)).map((one) => one.textContent.trim());
    const found = [];
    const scrolls = (each) => ['auto', 'scroll'].includes(getComputedStyle(each).overflowY);
    const panes = [...document.querySelectorAll('main, main *')].filter(scrolls);
    for (const pane of [document.scrollingElement, ...panes]) {
        for (const top of [pane.scrollHeight, 0]) {
            pane.scrollTo({top, behavior: 'instant'});
            for (const name of bar()) found.push(`${pane.className || 'page'} at ${top}: ${name} is out of sight`);
        }
    }
    const headline = document.querySelector('#a0-does .headline');
    headline.scrollIntoView({block: 'center', behavior: 'instant'});
    if (!seen(headline)) found.push('the action cannot be seen');
    if (!headline.textContent.includes('350.00')) found.push(`the action says ${headline.textContent}`);
    return found;
}"""


def filled(text: str, number: int) -> dict[str, Any]:
    """A proposal with this wherever there is room for it."""
    short = text[:200].strip() or "x"
    return {
        "conversation": {
            "id": f"sight-{number}",
            "messages": [
                {"seq": n, "role": role, "text": text} for n, role in enumerate(("customer", "agent", "tool"))
            ],
        },
        "customer": {"id": "c", "name": f"Sight {number} {short}"[:190], "attributes": {"told": text[:2_000]}},
        "actions": [
            refund(description=text[:5_000]),
            {"call_id": "call_2", "kind": "reply", "name": "send_reply", "args": {"text": text, "ps": {"more": text}}},
        ],
        "briefing": {
            "issue": text[:1_000],
            "summary": text[:5_000],
            "attempted": [text[:1_000]] * 5,
            "recommendation": text[:1_000],
            "missing": [short] * 5,
        },
        "sources": [{"id": f"s{n}", "title": short, "text": text, "score": 0.5} for n in range(2)],
    }


def out_of_sight(page: "Page") -> list[str]:
    found: list[str] = []
    for name, size in SIZES.items():
        page.set_viewport_size(size)
        found += [f"{name}: {each}" for each in page.evaluate(SIGHT)]
        if wider := overflow(page):
            found.append(f"{name}: wider than its window by {wider}")
    return found


@pytest.mark.covers("R57", "R58", "R61")
def test_decision_and_action_stay_in_sight(sit: Sit, desk: Desk) -> None:
    ana, found = sit("ana"), {}
    for number, (name, text) in enumerate(LAYOUTS.items()):
        ana.case(desk.propose("x", **filled(text, number)))
        page = ana.claim()
        if wrong := out_of_sight(page):
            found[name] = wrong
    assert found == {}
