"""What a page weighs on its first visit, everything it loads included."""

from typing import Any

import pytest

from tests.journeys.conftest import Desk, Seat, Sit
from tests.journeys.test_every_page import ACCOUNT, PAGES, places

MOST_BYTES = 150_000


def weight(seat: Seat, path: str) -> int:
    """The bytes that come over the wire for a page, with an empty cache."""
    wire = seat.context.new_cdp_session(seat.page)
    wire.send("Network.enable")
    wire.send("Network.setCacheDisabled", {"cacheDisabled": True})
    came: list[int] = []

    def _finished(event: dict[str, Any]) -> None:
        came.append(int(event["encodedDataLength"]))

    wire.on("Network.loadingFinished", _finished)
    seat.open(path)
    if seat.page.locator("body[data-live]").count():
        seat.page.wait_for_selector("#live-state:not([hidden])")
    seat.page.wait_for_load_state("networkidle")
    wire.detach()
    assert len(came) >= 2, "the page and its style"
    return sum(came)


@pytest.fixture(scope="module")
def case(desk: Desk) -> str:
    """A case like many, in a full list."""
    for number in range(20):
        desk.propose(f"Wanda W. {number}")
    source = {"id": "s1", "title": "Refunds", "text": "Up to 400 EUR. " * 60}
    return str(desk.propose("Wilma Weight", sources=[source])["id"])


@pytest.mark.parametrize("name", ["", "sue", "adam"])
def test_every_page_weighs_at_most_150_kb(sit: Sit, case: str, name: str) -> None:
    seat = sit(name)
    more = {"": PAGES[""], "sue": [*PAGES["sue"], *ACCOUNT, "/practice/half/"], "adam": ["/policy/what-if/", "/admin/"]}
    paths = [*(places(seat.open("/")) if name == "sue" else []), *(path.format(case=case) for path in more[name])]
    weights = {path: weight(seat, path) for path in paths}
    assert {path: size for path, size in weights.items() if size > MOST_BYTES} == {}
