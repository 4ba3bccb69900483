"""A week and a month of quality, to their signed reports: with the demo's past behind them."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from hitl.demo.people import PASSWORD
from tests import chromium
from tests.journeys.conftest import sign_in
from tests.runtime import processes

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

# Five weeks of so few cases that all of them are in the sample.
_CASES = "4"


def _judge_what_is_left(browser: Browser, url: str, name: str) -> None:
    page = browser.new_page()
    sign_in(page, url, name, PASSWORD)
    page.goto(f"{url}/qa/next")
    while page.locator("button[name=verdict][value=ok]").count():
        judged = page.url
        page.locator("button[name=verdict][value=ok]").click()
        page.wait_for_url(lambda now, judged=judged: now != judged)
    chromium.close(page.context)


def _go_through(page: Page) -> None:
    page.wait_for_load_state()
    done = page.get_by_role("button", name=re.compile("^Done"))
    for left in range(done.count(), 0, -1):
        page.get_by_label(re.compile("^What you found:")).first.fill("Looked at.")
        done.first.click()
        expect(done).to_have_count(left - 1)
    page.get_by_label("What you found and what follows").fill("The article on hours is mended next.")
    page.get_by_role("button", name="Sign off").click()


@pytest.mark.covers("R93", "R92")
@pytest.mark.timeout(900)
def test_the_week_and_then_the_month_end_in_signed_reports(browser: Browser, tmp_path: Path) -> None:
    env: Any = processes.environment(tmp_path)
    subprocess.run([sys.executable, "-m", "tests.past_of_demo", _CASES], env=env, check=True)
    week = f"{datetime.now(UTC) - timedelta(weeks=1):%G-W%V}"
    with processes.served(tmp_path) as desk:
        for name in ("quentin", "ravi", "sofia"):
            _judge_what_is_left(browser, desk.url, name)
        page = browser.new_page()
        sign_in(page, desk.url, "quentin", PASSWORD)

        page.goto(f"{desk.url}/qa/reviews/week/{week}/")
        _go_through(page)
        expect(page.locator(".toasts")).to_contain_text("Signed off.")
        expect(page.get_by_text("As it was signed.")).to_be_visible()
        expect(page.get_by_text("The article on hours is mended next.")).to_be_visible()
        expect(page.get_by_role("button", name="Sign off")).to_have_count(0)

        page.goto(f"{desk.url}/qa/reviews/")
        # The oldest month is over, and every week of it is signed.
        page.get_by_role("link", name=re.compile(r"^\d{4}-\d{2}$")).last.click()
        _go_through(page)
        expect(page.get_by_text("As it was signed.")).to_be_visible()
        chromium.close(page.context)
