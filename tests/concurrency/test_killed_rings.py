"""A ring that dies at any of its statements or commits leaves nothing half-done, and nothing happens twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
from django.db import connections

from audit.models import Entry
from audit.verify import verify
from reviewqueue.domain import due
from reviewqueue.models import Case, Clock, Move, ServiceAlert
from tests import factories
from tests.domain import planned
from tests.domain.planned import MINUTE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.covers("R69", "R73")]
LEVELS = ("case.warned", "case.late", "case.escalated", "case.fallback")
KILLS = 100


class Killed(BaseException):
    """As SIGKILL: no code of the product gets to see it."""


@contextmanager
def dies_at(place: int) -> Iterator[None]:
    """The process ends before its statement, or before or after its commit, number ``place``; counted together."""
    database, passed = connections["default"], 0
    commit = database.commit

    def pass_by() -> None:
        nonlocal passed
        passed += 1
        if passed == place:
            raise Killed

    def asked(execute: Callable[..., Any], *given: Any) -> Any:
        pass_by()
        return execute(*given)

    def committed() -> None:
        try:
            pass_by()
        except Killed:
            database.rollback()  # as the database does that hears no more
            raise
        commit()
        pass_by()

    with pytest.MonkeyPatch.context() as patch, database.execute_wrapper(asked):
        patch.setattr(database, "commit", committed)
        yield


def ring(at: datetime, *, dying_at: int) -> bool:
    """Whether the ring came to its end; what it had not committed is gone with its connection."""
    try:
        with dies_at(dying_at):
            due.run(at=at)
    except Killed:
        return False
    finally:
        connections["default"].close()
    return True


def happened() -> Counter[tuple[str, str, int]]:
    """The levels by their rows, once it is sure that ledger and rows agree."""
    rows = Counter(ServiceAlert.objects.values_list("case_id", "of", "share"))
    entries = Entry.objects.filter(kind__in=LEVELS)
    assert rows == Counter((entry.subject[5:], entry.data["of"], entry.data["share"]) for entry in entries)
    assert Move.objects.count() == Entry.objects.filter(kind="case.rerouted").count()
    return rows


def test_after_a_hundred_kills_each_level_has_happened_once() -> None:
    factories.policy(wait=[{"seconds": 50 * 60, "then": "chat"}])
    lead, marks = factories.person("supervisor"), ("decide", "claim", "answer")
    within = {f"{of}_within": 60 * MINUTE for of in marks}
    acts = [{"raise_to": 3}, {"offer_to": lead, "tell_role": "supervisor"}, {"move_to": planned.queue("urgent")}]
    levels = [(of, share, does) for of, does in zip(marks, acts, strict=True) for share in (30, 60, 90)]
    planned.service(*levels, **within)
    at = factories.now()
    cases = [factories.case(at=at, expires_in=80 * 60) for _each in range(3)]
    kills = 0
    for minutes in (18, 36, 50, 54, 80):
        place = 1
        while not ring(at + minutes * MINUTE, dying_at=place):
            kills, place = kills + 1, place + 1
            assert set(happened().values()) <= {1}
        assert not Clock.objects.filter(next_at__lte=at + minutes * MINUTE).exists()
    assert kills >= KILLS
    expected = {(case.pk, of, share) for case in cases for of in marks for share in (30, 60, 90)}
    assert happened() == Counter(expected | {(case.pk, "wait", 100) for case in cases})
    assert Counter(Case.objects.values_list("state", "queue_id")) == {("expired", "urgent"): 3}
    heads = {f"case:{case.pk}": case.ledger_seq for case in Case.objects.all()}
    report = verify(heads=heads, complete=["case:"])
    assert (report.holds, report.fault) == (True, None)
