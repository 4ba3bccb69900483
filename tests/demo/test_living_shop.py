"""`make demo` as a visitor meets it: a real process, alive after seconds, quiet in its log, gone when told."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from hitl.demo.floor import Floor, Running
from hitl.demo.notebook import Notebook
from hitl.demo.pace import LIVELY, Pace
from hitl.demo.people import PASSWORD, DemoDesk
from tests import services
from tests.demo.conftest import NOON
from tests.runtime import processes
from tests.runtime.processes import Process, served

pytestmark = pytest.mark.sqlite_only
QUIET_PLACE = DemoDesk(logins=(), password="", keys={}, tokens={})


class Visitor:
    """Rosa, with a token of her own."""

    def __init__(self, desk: Process, folder: Path) -> None:
        token = processes.managed(processes.environment(folder), "user_token", "rosa")["token"]
        headers = {"Authorization": f"Bearer {token}"}
        self._http = httpx.Client(base_url=f"{desk.url}/api/v1/review", headers=headers, timeout=30)
        self._watched = False

    def cases(self, state: str = "queued") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._http.get("/cases", params={"state": state, "order": "newest"}).json()[
            "cases"
        ]
        return found

    def briefing(self, case: str) -> dict[str, Any]:
        found: dict[str, Any] = self._http.get(f"/cases/{case}").json()
        return found

    def has_seen_it_all(self) -> bool:
        """A change of address is watched for a while only, so it counts whenever it was seen."""
        self._watched = self._watched or bool(self.cases("watched"))
        return self._watched and len(self.cases()) >= 10 and len(self.cases("closed")) >= 5

    def close(self) -> None:
        self._http.close()


def waited(seconds: float, check: Callable[[], bool], what: str) -> None:
    services.until(check, seconds=seconds, what=what)


@pytest.mark.timeout(300)
@pytest.mark.covers("R3", "R13", "R62", "R72")
def test_the_demo_is_alive_within_seconds_and_goes_on_after_a_restart(tmp_path):
    folder = tmp_path / "desk"
    with served(folder, "--demo") as desk:
        said = desk.said()
        visitor = Visitor(desk, folder)
        waited(90, visitor.has_seen_it_all, "ten cases wait, five are history, and one was watched")
        briefings = [visitor.briefing(case["id"]) for case in visitor.cases()]
        waiting = {case["id"]: case["version"] for case in visitor.cases()}
        told = max(numbers(folder))
        visitor.close()
        assert desk.stop() == 0
        assert "Traceback" not in desk.said()
        assert " ERROR " not in desk.said()
    assert all(f"  {name} " in said for name in ("rosa", "ravi", "sofia", "quentin", "ada", "otto"))
    assert PASSWORD in said
    # What a conversation alone called a person for has no actions.
    parts = ("customer", "conversation", "actions", "briefing", "reasons")
    assert any(all(briefing[part] for part in parts) for briefing in briefings)
    with served(folder, "--demo") as desk:
        visitor = Visitor(desk, folder)
        waited(90, lambda: max(numbers(folder), default=0) > told, "customers come again")
        again = {case["id"] for case in visitor.cases()}
        # Colleagues go on meanwhile, and the longer it takes the more they have taken.
        untouched = [case for case in waiting.keys() - again if visitor.briefing(case)["version"] <= waiting[case]]
        visitor.close()
        assert desk.stop() == 0
        assert "Traceback" not in desk.said()
        assert " ERROR " not in desk.said()
    assert (waiting.keys() & again != set(), untouched) == (True, [])


def numbers(folder: Path) -> set[int]:
    return {encounter.number for encounter in Notebook(folder).open()}


def floor(folder: Path, pace: Pace = LIVELY) -> Floor:
    port = services.free_port()
    return Floor(f"http://127.0.0.1:{port}", QUIET_PLACE, folder=folder, clock=lambda: NOON, seed="1", pace=pace)


def test_a_shop_without_a_desk_waits_and_stops_when_it_is_told(tmp_path):
    shop = Running(floor(tmp_path))
    shop.stop()
    shop.stop()
    assert not shop.alive


def test_the_opening_shows_a_visitor_the_stories_that_matter(tmp_path):
    names = floor(tmp_path).opening(0)
    featured = {"delete-my-account", "pre-approved-by-legal", "refund-late-delivery", "third-missed-delivery"}
    assert featured <= set(names)
    assert len(names) == LIVELY.opening


def test_the_more_is_still_open_the_less_is_added_at_a_start(tmp_path):
    shop = floor(tmp_path)
    assert [len(shop.opening(still_open)) for still_open in (0, 5, 20, 40)] == [20, 15, 0, 0]


def test_a_full_desk_gets_only_what_nobody_needs_to_look_at(tmp_path):
    shop = floor(tmp_path)
    assert all(shop.next(harmless=True).harmless for _ in range(100))


def test_half_of_the_customers_are_served_without_a_person_and_no_story_comes_twice_in_a_row(tmp_path):
    shop = floor(tmp_path)
    stories = [shop.next(harmless=False) for _ in range(400)]
    assert 160 < sum(story.harmless for story in stories) < 240
    assert all(first.name != second.name for first, second in pairwise(stories))


def test_the_same_seed_tells_the_same_stories(tmp_path):
    first, second = floor(tmp_path), floor(tmp_path)
    assert first.opening(0) == second.opening(0)
    assert [first.next(harmless=False).name for _ in range(30)] == [second.next(harmless=False).name for _ in range(30)]
