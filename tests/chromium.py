"""The Chromium of this machine, without a window. One that hangs is ended, and the next test gets another."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, Final

from playwright.sync_api import Browser, Error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import BrowserContext, Playwright

CLOSE_SECONDS: Final = 60.0
OPTIONS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
)


@dataclass(slots=True)
class Chromium:
    """The one browser of a process that runs tests."""

    playwright: Playwright
    program: Path
    _running: Browser | None = None

    def browser(self) -> Browser:
        """The browser, started when there is none any more."""
        if self._running is None or not self._running.is_connected():
            options = [*OPTIONS, _mark()]
            self._running = self.playwright.chromium.launch(executable_path=self.program, args=options)
        return self._running

    def close(self) -> None:
        """End it."""
        if self._running:
            close(self._running)


def close(what: Browser | BrowserContext, *, seconds: float = CLOSE_SECONDS) -> None:
    """Close a browser or a context; a browser that does not in this time is ended.

    Now and then Chromium never answers, for instance when it is asked to close a page that is about to become another.
    """
    browser = what if isinstance(what, Browser) else what.browser
    watch = Timer(seconds, _end)
    watch.daemon = True
    watch.start()
    try:
        what.close()
    except Error:
        if browser and browser.is_connected():
            raise
    finally:
        watch.cancel()


def processes() -> Iterator[int]:
    """The browser processes of this process's tests."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (folder / "cmdline").read_bytes().split(b"\0")
            if _mark().encode() in words and not any(word.startswith(b"--type=") for word in words):
                yield int(folder.name)


def _mark() -> str:
    """Chromium passes over what it does not know; by this its process is found."""
    return f"--of-tests-in={os.getpid()}"


def _end() -> None:
    for process in processes():
        with suppress(OSError):
            os.kill(process, signal.SIGKILL)
