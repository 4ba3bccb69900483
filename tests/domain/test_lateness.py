"""A level comes at most five seconds late, and ten after an outage: by a clock that the test moves."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings

from reviewqueue import tasks
from reviewqueue.models import Case, ServiceAlert
from tests import factories
from tests.domain import planned
from tests.domain.planned import MINUTE

pytestmark = [pytest.mark.django_db, pytest.mark.covers("R69", "R73")]
PROMISED, AFTER_AN_OUTAGE = 5.0, 10.0
SHARES = (10, 30, 50, 90)


class Desk:
    """Alarm clocks that ring by a clock which the test moves, and how late was what they did."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = factories.now()
        monkeypatch.setattr("reviewqueue.queries.clock.now", lambda: self.at)

    def run(self, seconds: int, *, every: float, beats: int = 1) -> None:
        for _ring in range(int(seconds / every)):
            self.at += timedelta(seconds=every)
            for _beat in range(beats):
                tasks.ring_due()

    def latest(self, *, back_at: datetime | None = None) -> float:
        """Seconds from when a level was due, or from when the desk was back if that was later."""
        late = []
        for due_at, fired_at in ServiceAlert.objects.values_list("due_at", "fired_at"):
            assert fired_at >= due_at
            since = back_at if back_at and due_at < back_at <= fired_at else due_at
            late.append((fired_at - since).total_seconds())
        return max(late)


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    planned.service(*(("decide", share) for share in SHARES), decide_within=2 * MINUTE)
    desk = Desk(monkeypatch)
    for number in range(12):  # due at other moments each, also between two rings
        factories.case(at=desk.at - timedelta(milliseconds=173 * number))
    return desk


def all_happened() -> bool:
    return ServiceAlert.objects.count() == Case.objects.count() * len(SHARES)


def test_whoever_rings_does_so_often_enough_for_the_promise() -> None:
    ring: dict[str, Any] = settings.CELERY_BEAT_SCHEDULE["due"]
    assert (ring["task"], ring["schedule"] <= 1) == ("reviewqueue.tasks.ring_due", True)
    # A ring that waited longer than this for a worker is left out for a newer one, so none ever stands in the way.
    assert ring["options"]["expires"] <= PROMISED


@pytest.mark.parametrize("beats", [1, 2])
def test_no_level_is_five_seconds_late_while_one_or_two_beats_ring(desk: Desk, beats: int) -> None:
    desk.run(112, every=settings.CELERY_BEAT_SCHEDULE["due"]["schedule"], beats=beats)
    assert all_happened()
    assert desk.latest() <= 1.0 < PROMISED


def test_no_level_is_five_seconds_late_while_four_of_five_rings_are_lost(desk: Desk) -> None:
    desk.run(115, every=5)
    assert all_happened()
    assert desk.latest() <= PROMISED


def test_ten_minutes_without_a_beat_are_made_good_within_ten_seconds(desk: Desk) -> None:
    desk.run(20, every=1)
    desk.at += 10 * MINUTE
    back_at = desk.at
    desk.run(2, every=1)
    assert all_happened()
    assert desk.latest(back_at=back_at) <= 1.0 < AFTER_AN_OUTAGE
    assert desk.latest() > 500, "the record says how late it was"


def test_a_stopped_beat_is_made_good_by_whoever_serves_the_desk(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "_swept_at", float("-inf"))
    desk.at += 2 * MINUTE
    tasks.sweep_when_late(AFTER_AN_OUTAGE)
    assert all_happened()


def test_a_clock_that_jumps_makes_nothing_late_by_its_own_time(desk: Desk) -> None:
    desk.run(15, every=1)
    desk.at += 5 * MINUTE
    back_at = desk.at
    desk.run(1, every=1)
    desk.at -= 5 * MINUTE
    desk.run(112, every=1)
    assert all_happened()
    assert desk.latest(back_at=back_at) <= 1.0
