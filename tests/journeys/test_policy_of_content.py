"""Every page that a link leads to, administration included, keeps the strict Content-Security-Policy."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Desk, Seat, Sit

if TYPE_CHECKING:
    from playwright.sync_api import Page, Response

LISTEN = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
    window.violations.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
});
"""
POLICY = {
    "default-src": {"'none'"},
    "script-src": {"'self'"},
    "style-src": {"'self'"},
    "img-src": {"'self'", "data:"},
    "font-src": {"'self'"},
    "connect-src": {"'self'"},
    "manifest-src": {"'self'"},
    "form-action": {"'self'"},
    "base-uri": {"'none'"},
    "frame-ancestors": {"'none'"},
    "object-src": {"'none'"},
}
# Pages that no link leads to, as they are reached by a button or a mistake.
BESIDES = ["/nothing-here", "/leave/?to=https%3A%2F%2Fevil.example.net", "/problems/", "/?q=nobody", "/wait/nobody"]
MOST_PAGES = 120


def policy(response: "Response") -> dict[str, set[str]]:
    """The header as sets; a nonce, which is there when a page needs one, is as strict as none."""
    header = re.sub(r" 'nonce-[^']{16,}'", "", response.headers.get("content-security-policy", ""))
    return {name: set(sources) for name, *sources in (part.split() for part in header.split(";") if part.strip())}


def kind(path: str) -> str:
    """Pages that differ only in what they are about, or in how a list is sorted, are of one kind."""
    plain = path.partition("#")[0].partition("?")[0]
    plain = re.sub(r"^/problems/.+", "/problems/…", plain)
    return re.sub(r"/(?=[^/]*[0-9_])[^/]{4,}/|/\d+/", "/…/", plain)


def links(page: "Page", url: str) -> list[str]:
    """Where the links of a page lead within the desk."""
    found: list[str] = page.evaluate("[...document.querySelectorAll('a[href]')].map(each => each.href)")
    inside = [link.removeprefix(url) for link in found if link.startswith(f"{url}/")]
    return [link for link in inside if "sign-out" not in link and "logout" not in link and "export" not in link]


def walk(seat: Seat, *starts: str) -> Iterator[tuple[str, "Response"]]:
    """One page of each kind, with its answer."""
    waiting, seen = list(starts), set[str]()
    while waiting and len(seen) < MOST_PAGES:
        path = waiting.pop(0)
        if (shape := kind(path)) in seen:
            continue
        seen.add(shape)
        answer = seat.page.goto(f"{seat.desk.url}{path}")
        assert answer is not None
        if "text/html" in answer.headers.get("content-type", ""):
            yield path, answer
            waiting += links(seat.page, seat.desk.url)


def breaches(seat: Seat, *starts: str) -> tuple[list[str], list[str]]:
    """The pages seen, and what was wrong on them."""
    seat.page.add_init_script(LISTEN)
    seen, wrong = [], []
    for path, answer in walk(seat, *starts):
        seen.append(path)
        wrong += [f"{path}: {found}" for found in seat.page.evaluate("window.violations")]
        wrong += [] if policy(answer) == POLICY else [f"{path}: {answer.headers.get('content-security-policy')}"]
    return seen, wrong


@pytest.fixture
def shown(desk: Desk) -> str:
    """A case's address."""
    return f"/cases/{desk.propose('Policy P.')['id']}/"


@pytest.mark.parametrize("name", ["ana", "sue", "iris"])
def test_no_page_of_a_role_breaks_it(sit: Sit, shown: str, name: str) -> None:
    seen, wrong = breaches(sit(name), "/", shown, *BESIDES)
    assert wrong == []
    assert {"/", shown, "/account/"} <= {path.partition("?")[0] for path in seen}


def test_no_page_of_administration_breaks_it(sit: Sit, desk: Desk) -> None:
    desk.propose("Administered A.")
    seen, wrong = breaches(sit("adam"), "/admin/", *BESIDES)
    assert wrong == []
    assert len([path for path in seen if path.endswith("/add/")]) >= 3
    assert len([path for path in seen if path.endswith("/change/")]) >= 3
    assert [path for path in seen if path.endswith("/history/")] != []


def test_no_page_before_the_door_breaks_it(sit: Sit) -> None:
    _seen, wrong = breaches(sit(), "/sign-in/", "/", *BESIDES)
    assert wrong == []


def test_a_script_that_came_in_anyway_would_not_run(sit: Sit) -> None:
    seat = sit("ana")
    seat.page.add_init_script(LISTEN)
    page = seat.open("/")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=\"x:\" onerror=\"window.owned=1\">')")
    page.wait_for_function("window.violations.length > 0")
    assert page.evaluate("window.owned") is None
    expect(page.locator("main")).to_be_visible()
    seat.complaints.clear()
    seat.asked.clear()
