"""What a page weighs on its first visit, everything it loads included."""

from typing import Any

from tests.journeys.conftest import Desk, Seat, Sit

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
    seat.page.wait_for_selector("#live-state:not([hidden])")
    seat.page.wait_for_load_state("networkidle")
    wire.detach()
    assert len(came) >= 4, "the page, its style and its scripts"
    return sum(came)


def test_queue_and_case_weigh_at_most_150_kb(sit: Sit, desk: Desk) -> None:
    for number in range(20):
        desk.propose(f"Wanda W. {number}")
    case = desk.propose("Wilma Weight", sources=[{"id": "s1", "title": "Refunds", "text": "Up to 400 EUR. " * 60}])
    iris = sit("iris")
    weights = {path: weight(iris, path) for path in ("/", f"/cases/{case['id']}/")}
    assert {path: size for path, size in weights.items() if size > MOST_BYTES} == {}
