"""The first page: what it promises in five lines, and that each promise is shown where it says."""

import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from benchmarks.desk import Desk
from tests.house import pages, tree
from tests.house.pages import code


@pytest.fixture(scope="module")
def approver(desk: Desk) -> Iterator[None]:
    """Somebody who approves whatever comes, until the test is over."""
    over = threading.Event()
    headers = {"Authorization": f"Bearer {desk.reviewer_token('approver')}"}
    http = httpx.Client(base_url=f"{desk.url}/api/v1/review", headers=headers, timeout=60)
    working = threading.Thread(target=approve_all, args=(http, over))
    working.start()
    yield
    over.set()
    working.join()
    http.close()


def approve_all(http: httpx.Client, over: threading.Event) -> None:
    while not over.wait(0.1):
        taken = http.post("/next")
        if taken.status_code == httpx.codes.OK:
            approve(http, taken.json())


def approve(http: httpx.Client, case: dict) -> None:
    ruled = [{"call_id": action["call_id"], "type": "approve"} for action in case["actions"]]
    seen = {"claim_token": case["claim"]["token"], "version": case["version"], "seen_digest": case["seen_digest"]}
    http.post(f"/cases/{case['id']}/decide", json={**seen, "decisions": ruled}).raise_for_status()


@pytest.mark.covers("R139")
@pytest.mark.usefixtures("approver")
def test_the_five_lines_run_a_tool_once_and_only_after_a_person_approved(desk: Desk) -> None:
    ran = []

    def refund_order(order_id: str, amount: str) -> str:
        ran.append((order_id, amount))
        return f"refunded {amount}"

    names: dict[str, Any] = {"refund_order": refund_order, "key": desk.agent_key("support-bot")}
    lines = five_lines("README.md").replace("http://localhost:8000", desk.url)
    exec(compile(lines, "README.md", "exec"), names)  # noqa: S102 - it is our own page
    names["desk"].close()
    assert (names["answer_of_the_tool"], ran) == ("refunded 350.00", [("A-1", "350.00")])


def test_the_client_shows_the_same_five_lines() -> None:
    assert five_lines("clients/python/README.md") == five_lines("README.md")


def five_lines(name: str) -> str:
    return next(fence.text for fence in pages.page(name).fences if fence.words == ("python",))


def test_the_first_page_opens_with_a_picture_and_two_commands() -> None:
    readme = pages.page("README.md")
    assert (readme.links[0], [fence.text.strip() for fence in readme.fences[:2]]) == (
        "docs/images/case.webp",
        ["make demo", "make test"],
    )


def test_every_promise_names_tests_that_are_there() -> None:
    cells = [row[2] for row in pages.page("README.md").rows("")]
    named = [code(name) for cell in cells for name in cell.split(", ")]
    assert [name for name in named if not (tree.ROOT / name).exists()] == []
