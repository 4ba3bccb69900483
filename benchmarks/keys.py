"""From the key that decides a case to the next case on the screen, in a real Chromium."""

from __future__ import annotations

import json
import operator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

from playwright.sync_api import sync_playwright

from benchmarks import desk, proposals
from benchmarks.figures import Figure, percentile
from tests import services

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page

CASES = 25
WARM_UP = 3
_PASSWORD = "an-invented-password"  # noqa: S105 - for a desk that lives as long as the benchmark
# The key is noted by the page that hears it, the paint by the page that comes; both by the browser's one clock.
_WATCH = """
addEventListener("keydown", (event) => {
  if (event.key === "Enter") sessionStorage.pressed = performance.timeOrigin + performance.now();
}, { capture: true });
new MutationObserver(() => {
  if (!document.querySelector("main[data-ahead]") || !sessionStorage.pressed) return;
  // Should the page itself come before this is painted, its own paint counts.
  const pressed = Number(sessionStorage.pressed);
  requestAnimationFrame(() => setTimeout(() => {
    delete sessionStorage.pressed;
    sessionStorage.took = `${sessionStorage.took ?? ""} ${performance.timeOrigin + performance.now() - pressed}`;
  }));
}).observe(document, { subtree: true, attributeFilter: ["data-ahead"] });
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    if (entry.name !== "first-contentful-paint" || !sessionStorage.pressed) continue;
    const took = performance.timeOrigin + entry.startTime - Number(sessionStorage.pressed);
    sessionStorage.took = `${sessionStorage.took ?? ""} ${took}`;
    delete sessionStorage.pressed;
  }
}).observe({ type: "paint", buffered: true });
"""


# All that a page and what it loads weigh on the way, for a browser that comes for the first time.
_WEIGHT = """() => {
  const loaded = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
  return loaded.reduce((sum, entry) => sum + entry.transferSize, 0) / 1024;
}"""


def key_to_paint(rounds: int) -> list[Figure]:
    """Milliseconds from Enter on “Approve” until the next case is painted, fetched ahead or from its own page.

    And what both pages weigh on the way, in KB.
    """
    medians, slowest = [], []
    weights: dict[str, list[float]] = {"queue": [], "case": []}
    for _round in range(rounds):
        with _reviewing(proposals.document) as page:
            weights["case"].append(_weight(page, page.url))
            weights["queue"].append(_weight(page, page.url.partition("/cases/")[0]))
            took = _decide_all(page, _ready)
        medians.append(percentile(took, 0.5))
        slowest.append(percentile(took, 0.95))
    return [
        Figure("Key press to next case painted, median", "ms", medians),
        Figure("Key press to next case painted, p95", "ms", slowest, target="≤ 100"),
        *(
            Figure(f"Weight of the {name} page, first visit", "KB", each, target="≤ 150")
            for name, each in weights.items()
        ),
        *_at_once("with evidence to open", proposals.document, rounds),
        *_at_once("without evidence to open", _light, rounds),
    ]


def _at_once(which: str, document: Callable[[], dict[str, Any]], rounds: int) -> list[Figure]:
    """The same by somebody who presses as soon as they see a case, whether or not the next one is fetched by then."""
    medians, slowest = [], []
    for _round in range(rounds):
        with _reviewing(document) as page:
            took = _decide_all(page, _seen)
        medians.append(percentile(took, 0.5))
        slowest.append(percentile(took, 0.95))
    what = f"Key pressed at once, {which}"
    return [Figure(f"{what}, median", "ms", medians), Figure(f"{what}, p95", "ms", slowest, target="≤ 100")]


def _light() -> dict[str, Any]:
    """A proposal that a person approves by a reason alone."""
    whole = proposals.document()
    whole["actions"][0] |= {"reversible": True}
    return whole


def _seen(page: Page) -> None:
    page.wait_for_load_state("domcontentloaded")
    page.wait_for_function(
        "() => performance.getEntriesByName('first-contentful-paint').length && !sessionStorage.pressed"
    )


def _ready(page: Page) -> None:
    """Nobody decides a case faster than the page is live and the next case is fetched ahead."""
    page.wait_for_selector("#live-state:not([hidden])")
    page.wait_for_selector("#ruling[data-looked]")


def _weight(page: Page, address: str) -> float:
    browser = page.context.browser
    assert browser
    fresh = browser.new_context(storage_state=page.context.storage_state()).new_page()
    try:
        fresh.goto(address)
        fresh.wait_for_load_state("networkidle")
        return float(fresh.evaluate(_WEIGHT))
    finally:
        fresh.context.close()


def _decide_all(page: Page, ready: Callable[[Page], None]) -> list[float]:
    for _each in range(CASES + WARM_UP):
        ready(page)
        # Nor before the evidence was open (the key that approves leads to it), and they have said why it is right.
        while page.locator("#unread[data-unread]").count():
            before = page.locator("#unread").get_attribute("data-unread")
            for key in ("9", "a", "Enter"):
                page.keyboard.press(key)
            page.wait_for_function("before => document.getElementById('unread').dataset.unread !== before", arg=before)
        page.evaluate("delete sessionStorage.pressed")
        here = page.url
        page.keyboard.press("9")
        page.keyboard.press("a")
        page.locator("button.armed").wait_for()
        page.keyboard.press("Enter")
        page.wait_for_url(partial(operator.ne, here))
    page.wait_for_function("() => !sessionStorage.pressed")
    took = [float(each) for each in page.evaluate("sessionStorage.took").split()]
    assert len(took) == CASES + WARM_UP, "every decision led to another case"
    return took[WARM_UP:]


@contextmanager
def _reviewing(document: Callable[[], dict[str, Any]]) -> Iterator[Page]:
    """Somebody at the first of enough cases, which they hold."""
    with desk.embedded() as running, sync_playwright() as playwright:
        desk.manage(running.environment | {"HITL_PASSWORD": _PASSWORD}, "make_user", "bench", "--role", "supervisor")
        _propose(running, document, CASES + WARM_UP + 2)
        program = services.program("chromium")
        with playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"]) as browser:
            context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
            page = context.new_page()
            page.goto(f"{running.url}/sign-in/")
            page.get_by_label("Name", exact=True).fill("bench")
            page.get_by_label("Password").fill(_PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url(f"{running.url}/")
            page.get_by_role("button", name="Next best case").click()
            page.wait_for_url("**/cases/**")
            page.add_init_script(_WATCH)
            page.reload()
            yield page


def _propose(running: desk.Desk, document: Callable[[], dict[str, Any]], count: int) -> None:
    headers = {"Authorization": f"Bearer {running.agent_key()}", "Content-Type": "application/json"}
    for _each in range(count):
        body = json.dumps(document()).encode()
        urlopen(Request(f"{running.url}/api/v1/proposals", body, headers))  # noqa: S310 - an address of ours
