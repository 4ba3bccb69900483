"""A browser that hangs takes no other test with it."""

import os
import signal

from tests import chromium


def test_a_browser_that_does_not_close_is_ended_and_another_one_comes(chromium_of_tests: chromium.Chromium) -> None:
    browser = chromium_of_tests.browser()
    context = browser.new_context()
    context.new_page()
    for process in chromium.processes():
        os.kill(process, signal.SIGSTOP)
    chromium.close(context, seconds=1.0)
    assert not browser.is_connected()
    page = chromium_of_tests.browser().new_page()
    assert page.evaluate("1 + 1") == 2
    chromium.close(page.context)
    assert chromium_of_tests.browser() is chromium_of_tests.browser()
