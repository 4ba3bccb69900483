"""A QA lead's week in the browser: draw, judge by keyboard, read the rates, go through the review."""

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Desk, Seat, Sit
from tests.journeys.test_everybody import SIZES, faults, in_every_look

if TYPE_CHECKING:
    from playwright.sync_api import Page


def _wide(page: "Page") -> None:
    page.set_viewport_size(SIZES["wide"])
    page.emulate_media(color_scheme="light")


@pytest.mark.covers("R71", "R92", "R93", "R94", "R97", "R152")
def test_a_week_of_a_qa_lead(sit: Sit, desk: Desk) -> None:
    # Of ten cases, not all are given to two judges: one in ten million runs.
    for name in "QRSTUVWXYZ":
        desk.withdraw(desk.propose(f"Quality {name}."))
    quinn = sit("quinn")
    page = quinn.open("/qa/plan/")
    # The desk makes the plan within a minute; drawing makes it where it is not there yet.
    if page.get_by_role("button", name="Draw now").count() == 0:
        page.request.post(f"{desk.url}/qa/plan/draw", headers={"X-CSRFToken": _token(quinn.page), "Referer": desk.url})
        page = quinn.open("/qa/plan/")
    else:
        page.get_by_role("button", name="Draw now").click()
    expect(page.get_by_role("heading", name="Strata")).to_be_visible()
    assert in_every_look(page) + faults(page, ["target-size"]) == []
    _wide(page)

    page = quinn.open("/qa/")
    expect(page.get_by_role("link", name=re.compile(r"^Quality [Q-Z]\.$")).first).to_be_visible()
    assert in_every_look(page) == []
    _wide(page)
    page.keyboard.press("g")
    expect(page.get_by_text("Did a person have to see this?")).to_be_visible()
    assert in_every_look(page) == []
    _wide(page)
    judged = page.url
    for key in ("y", "2", "1"):
        page.keyboard.press(key)
    expect(page.get_by_role("radio", name="Y yes").or_(page.locator("input[name=should][value=yes]"))).to_be_checked()
    expect(page.locator("input[name=codes]:checked")).to_have_count(2)
    page.keyboard.press("e")
    expect(page.locator(".toasts")).to_contain_text("Recorded.")
    assert page.url != judged
    judged = page.url
    page.wait_for_load_state()
    page.keyboard.press("n")
    page.keyboard.press("a")
    page.wait_for_url(lambda now: now != judged)

    _judge_until_a_rate_is_known(quinn)
    page = quinn.page
    assert in_every_look(page) == []
    _wide(page)
    quinn.open("/qa/reviews/").get_by_role("link", name=re.compile(r"\d{4}-W\d{2}")).first.click()
    page.get_by_label("What you found: Agreement was looked at").fill("One pair, and they agree.")
    page.get_by_role("button", name=re.compile("Done.*Agreement was looked at")).click()
    expect(page.get_by_text("One pair, and they agree.")).to_be_visible()
    assert in_every_look(page) == []
    _wide(page)
    page.get_by_label("What you found and what follows").fill("Mend the refund article.")
    page.get_by_role("button", name="Sign off").click()
    expect(page.get_by_role("alert")).to_contain_text("Still to be done")
    expect(page.get_by_label("What you found and what follows")).to_have_value("Mend the refund article.")


def _judge_until_a_rate_is_known(quinn: Seat) -> None:
    """A case that chance gave to two judges counts after the second one; what quinn judges alone counts at once."""
    waiting = quinn.open("/qa/").locator("#rows tr").count()
    for _case in range(waiting):
        if "%" in quinn.open("/qa/results/?by=intent").get_by_role("row", name="everything").inner_text():
            return
        page = quinn.open("/qa/next")
        expect(page.get_by_text("Did a person have to see this?")).to_be_visible()
        page.keyboard.press("n")
        page.keyboard.press("a")
        expect(page.locator(".toasts")).to_contain_text("Recorded.")
    expect(quinn.open("/qa/results/?by=intent").get_by_role("row", name="everything")).to_contain_text("%")


def _token(page: "Page") -> str:
    return page.locator("input[name=csrfmiddlewaretoken]").first.input_value()
