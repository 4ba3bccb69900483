"""Every page for every role: nothing that axe finds, nothing cut off, in English and German, at three widths.

What stands in the navigation is found there, so that a new place is looked at the day it comes.
"""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import pytest
from django.template.loader import render_to_string
from playwright.sync_api import expect

from tests.journeys.conftest import Desk, Seat, Sit, refund, sign_in
from tests.journeys.test_everybody import AXE, SIZES, faults, overflow

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

ACCOUNT = [
    "/account/",
    "/account/password/",
    "/account/sessions/",
    "/account/second-factor/",
    "/account/second-factor/app/",
    "/account/second-factor/passkey/",
    "/habits/",
]
ASIDE = [
    "/nothing-here",
    "/cases/unknown/",
    "/record/",
    "/leave/?to=https%3A%2F%2Fexample.org%2Fa",
    "/leave/?to=https%3A%2F%2Fp%D0%B0ypal.example%2F",
    "/practice/",
    "/practice/voucher/",
    "/practice/half/?step=2",
    "/?view=done",
]
PAGES: dict[str, list[str]] = {
    "": ["/sign-in/", "/contact/", "/help/", "/help/unknown/", "/wait/unknown", "/problems/", "/api/v1/docs"],
    "ana": [*ACCOUNT, *ASIDE],
    "sue": ["/?view=watched", "/cases/{case}/"],
    "quinn": ["/cases/{case}/"],
    "iris": ["/cases/{case}/"],
    "adam": [
        "/policy/versions/1/",
        "/policy/what-if/",
        "/admin/",
        "/admin/accounts/user/",
        "/admin/accounts/user/add/",
        "/admin/reviewqueue/queue/",
        "/admin/reviewqueue/servicelevel/add/",
        "/admin/reviewqueue/queue/add/",
        "/admin/reviewqueue/agent/",
        "/admin/reviewqueue/shift/add/",
        "/admin/reviewqueue/agentkey/",
        "/admin/reviewqueue/policydraft/",
        "/admin/reviewqueue/policyversion/",
        "/admin/reviewqueue/policyversion/1/change/",
        "/admin/reviewqueue/wording/add/",
        "/admin/customers/article/add/",
        "/admin/audit/entry/",
    ],
}
# One alarm that nobody has acknowledged, one that is over, and a pause of what nobody uses; none of them does anything.
RUNS = """
import json
from reviewqueue.models import Alarm, AlarmRule, Pause
from reviewqueue.queries import clock
at = clock.now()
rule = AlarmRule.objects.create(measure="held", limit=1, intent="*", active=False, next_at=at)
data = {"value": 85.0, "limit": 1.0, "count": 40, "total": 34.0, "cases": ["%s"]}
told = {"rule": rule, "of": "shop-bot · refund", "data": data, "raised_at": at, "seen_at": at}
pause = Pause.objects.create(of="intent", name="nobody-s", reason="To be looked at.", paused_at=at)
Alarm.objects.create(**told, ended_at=at)
print(json.dumps([Alarm.objects.create(**told).pk, pause.pk]))
"""
QUIET = """
from reviewqueue.models import Alarm, Pause
from reviewqueue.queries import clock
Alarm.objects.filter(ended_at=None).update(ended_at=clock.now())
Pause.objects.filter(name="nobody-s").update(resumed_at=clock.now())
print("{}")
"""
# A gap that nobody has mended, and a case that somebody else is to look at anew.
OPENED = """
import json
from hitl.accounts.models import User
from reviewqueue.models import Gap, SecondLook
from reviewqueue.queries import clock
at = clock.now()
gap = Gap.objects.create(title="Page P. batteries", first_at=at, last_at=at, made_at=at)
first = User.objects.get(username="ana")
SecondLook.objects.create(case_id="%s", first_by=first, first_type="approve", drawn_at=at)
print(json.dumps(gap.pk))
"""
CLOSED = """
from reviewqueue.models import Gap, SecondLook
Gap.objects.filter(title="Page P. batteries").delete()
SecondLook.objects.filter(case_id="%s").delete()
print("{}")
"""
CODES = """
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from hitl.accounts.models import User
RecoveryCodes.activate(User.objects.get(username="cody"))
print("{}")
"""
# What is found at one width and in one theme alone.
BY_LOOK = ["color-contrast", "link-in-text-block", "scrollable-region-focusable"]
# Text that does not fit where it stands, of what is not meant to be scrolled.
CUT_OFF = """() => [...document.querySelectorAll('button, .button, .chip, th, label, h1, h2, h3, .lane, dt, summary')]
    .filter((each) => {
        const { display, position } = getComputedStyle(each)
        const shown = each.offsetWidth && !each.closest('.sr') && display !== 'inline' && position !== 'absolute'
        return shown && each.scrollWidth > each.clientWidth + 1
    })
    .map((each) => `${each.tagName} ${each.textContent.trim().slice(0, 60)}: ${each.scrollWidth} px`)"""


@pytest.fixture(scope="module")
def case(desk: Desk) -> str:
    """Something to look at in lists and by itself."""
    desk.propose("Page P. watched", intent="watched", actions=[refund("10.00")])
    return str(desk.propose("Page P.")["id"])


def places(page: "Page") -> list[str]:
    """Where the navigation leads this person."""
    hrefs: list[str] = (
        page.locator("nav.nav .places")
        .get_by_role("link")
        .evaluate_all("links => links.map(link => link.getAttribute('href'))")
    )
    return hrefs


def looked_at(page: "Page") -> Iterator[str]:
    """What is wrong with a page: all that axe looks for where it is wide and dark, the rest where it is not."""
    page.evaluate(AXE.read_text())
    page.set_viewport_size(SIZES["wide"])
    page.emulate_media(color_scheme="dark")
    yield from (f"wide dark: {fault}" for fault in faults(page))
    page.set_viewport_size(SIZES["phone"])
    page.emulate_media(color_scheme="light")
    yield from (
        f"phone light: {fault}"
        for fault in faults(page, BY_LOOK + (["target-size"] if "/admin/" not in page.url else []))
    )
    yield from fits(page)


def fits(page: "Page") -> Iterator[str]:
    """What does not fit, at three widths."""
    for size, area in SIZES.items():
        page.set_viewport_size(area)
        if wider := overflow(page):
            yield f"{size}: wider than its window by {wider}"
        if "/admin/" not in page.url:
            yield from (f"{size}: cut off: {each}" for each in page.evaluate(CUT_OFF))


def wrong(seat: Seat, path: str) -> list[str]:
    """What is wrong with a page; that axe itself styles Django's admin while it looks is no complaint of the page."""
    page = seat.open(path)
    before = len(seat.complaints)
    found = list(looked_at(page))
    if "/admin/" in path:
        del seat.complaints[before:]
    return found


@pytest.mark.parametrize("name", PAGES)
def test_every_page_serves_everybody(sit: Sit, case: str, name: str) -> None:
    seat = sit(name)
    paths = [*(places(seat.open("/")) if name else []), *(path.format(case=case) for path in PAGES[name])]
    assert [f"{path} {each}" for path in dict.fromkeys(paths) for each in wrong(seat, path)] == []


def test_what_runs_and_what_stands_still_serves_whoever_watches(sit: Sit, desk: Desk, case: str) -> None:
    running, pause = desk.manage("shell", "-v", "0", "-c", RUNS % case)
    paths = ["/alarms/", f"/alarms/{running}/", f"/monitor/resume/{pause}/", "/notices/"]
    try:
        seat = sit("sue")
        assert [f"{path} {each}" for path in paths for each in wrong(seat, path)] == []
        seat.open(f"/alarms/{running}/").get_by_label("What do you do about it?").fill("I look at the agent.")
        seat.page.get_by_role("button", name="Acknowledge").click()
        expect(seat.page.get_by_role("heading", name="Monitor", level=1)).to_be_visible()
        expect(seat.open("/alarms/").get_by_text("I look at the agent.")).to_be_visible()
    finally:
        desk.manage("shell", "-v", "0", "-c", QUIET)


def test_a_gap_and_a_second_look_serve_everybody(sit: Sit, desk: Desk, case: str) -> None:
    gap = desk.manage("shell", "-v", "0", "-c", OPENED % case)
    try:
        assert wrong(sit("quinn"), f"/gaps/{gap}/") == []
        assert wrong(sit("sue"), f"/second-looks/{case}/") == []
    finally:
        desk.manage("shell", "-v", "0", "-c", CLOSED % case)


def test_recovery_codes_serve_everybody(sit: Sit, desk: Desk) -> None:
    desk.manage("make_user", "cody", "--role", "reviewer")
    cody = sit()
    sign_in(cody.page, desk.url, "cody")
    desk.manage("shell", "-v", "0", "-c", CODES)
    expect(cody.open("/account/second-factor/codes/").get_by_role("heading", level=1)).to_have_text("Recovery codes")
    assert wrong(cody, "/account/second-factor/codes/") == []


def test_in_german_every_word_has_its_room(sit: Sit, desk: Desk, case: str) -> None:
    desk.manage("make_user", "greta", "--role", "supervisor")
    greta = sit()
    sign_in(greta.page, desk.url, "greta")
    greta.open("/account/").get_by_role("combobox", name="Language").select_option("de")
    greta.page.get_by_role("button", name="Save").click()
    greta.case({"id": case}).get_by_role("button", name="Fall übernehmen").click()
    expect(greta.page.locator("#lease")).to_contain_text("reserviert")
    paths = [
        f"/cases/{case}/",
        *places(greta.page),
        *ACCOUNT,
        "/?view=watched",
        "/practice/voucher/",
        "/contact/?lang=de",
    ]
    assert [f"{path} {each}" for path in paths for each in fits(greta.open(path))] == []


# More than Django reads.
MANY_FIELDS = """form => {
    for (let n = 0; n < 1100; n++) {
        form.append(Object.assign(document.createElement('input'), { type: 'hidden', name: `f${n}`, value: 'x' }))
    }
}"""


def refused(seat: Seat, how: str) -> "Page":
    """The door's form, sent in a way that the desk does not take."""
    page = seat.open("/sign-in/")
    page.locator("form").first.evaluate(how)
    page.get_by_label("Name", exact=True).fill("nobody")
    page.get_by_label("Password").fill("nothing")
    page.get_by_role("button", name="Sign in", exact=True).click()
    return page


def fulfilled(route: "Route", *, status: int, body: str) -> None:
    route.fulfill(status=status, content_type="text/html", body=body)


def test_the_pages_of_what_went_wrong_serve_everybody(sit: Sit) -> None:
    seat = sit()
    page = refused(seat, "form => { form.elements.csrfmiddlewaretoken.value = 'x' }")
    expect(page.locator("main")).to_be_visible()
    assert (page.title().endswith("hitl"), list(looked_at(page))) == (True, [])
    page = refused(seat, MANY_FIELDS)
    expect(page.locator("main")).to_be_visible()
    assert list(looked_at(page)) == []
    for status in (500, 503):
        broken = render_to_string(f"{status}.html")
        page.route(f"**/broken-{status}", partial(fulfilled, status=status, body=broken))
        page = seat.open(f"/broken-{status}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert list(looked_at(page)) == []
    seat.complaints.clear()


def test_a_page_without_connection_serves_everybody(sit: Sit) -> None:
    seat = sit("ana")
    seat.page.route_web_socket("**/ws/live**", lambda socket: socket.close(code=1011, reason="gone"))
    page = seat.open("/")
    expect(page.locator("#live-state.lost")).to_be_visible()
    assert list(looked_at(page)) == []
