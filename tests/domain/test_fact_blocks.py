"""The packed copy of recorded facts says what the cases say, and is gone as soon as they say something else."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError

from reviewqueue.domain import fact_blocks
from reviewqueue.engine.columns import NAMES
from reviewqueue.models import Case, FactBlock, FactColumn, ids
from reviewqueue.queries import recorded
from reviewqueue.queries.recorded import Period
from tests import factories

pytestmark = pytest.mark.django_db
LATER = timedelta(minutes=11)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorded, "SIZE", 3)


def cases(count: int) -> list[Case]:
    at = factories.now()
    many = [factories.action(), factories.reply()]
    return [factories.case(at=at, actions=many[: 1 + n % 2], intent=f"intent {n % 3}") for n in range(count)]


def read(period: Period | None = None, **more: Any) -> list[tuple[Any, ...]]:
    """Every case as the tables tell it."""
    names = [*NAMES, *recorded.CASE]
    found = []
    for table in recorded.tables(period or Period(), names, **more):
        for row in range(table.cases):
            of_case = {name: column for name, column in table.columns.items() if not name.startswith("action.")}
            values = tuple(column.values[column.codes[row]] for _name, column in sorted(of_case.items()))
            found.append((*values, int((table.case_of == row).sum())))
    return found


def packed(at: datetime | None = None) -> int:
    return fact_blocks.pack(at=(at or factories.now()) + LATER)


def test_packed_cases_read_as_they_did_before() -> None:
    cases(7)
    before = read()
    assert (packed(), FactBlock.objects.count(), fact_blocks.waiting(at=factories.now() + LATER)) == (6, 2, 1)
    assert read() == before
    assert packed() == 0


def test_what_came_in_lately_is_not_packed_since_an_older_id_may_still_come() -> None:
    cases(3)
    assert fact_blocks.pack(at=factories.now()) == 0
    assert len(read()) == 3


def test_a_period_an_agent_and_an_intent_choose_among_packed_cases_and_others() -> None:
    made = cases(7)
    packed()
    agent = made[4].agent.name
    assert [row[0] for row in read(Period(agents={agent}))] == [agent]
    assert len(read(Period(intents={"intent 0", "intent 2"}))) == 5
    assert read(Period(start=factories.now() + LATER)) == []
    assert len(read(Period(end=factories.now() + LATER))) == 7
    assert len(read(after=made[3].pk)) == 3


@pytest.mark.covers("R89")
def test_whoever_changes_recorded_facts_takes_the_copy_away() -> None:
    made = cases(6)
    packed()
    Case.objects.filter(pk=made[1].pk).update(facts=made[1].facts | {"text": {"customer": None}})
    assert [block.first for block in FactBlock.objects.all()] == [made[3].pk]
    assert FactColumn.objects.values("block").distinct().count() == 1
    assert packed() == 3
    assert b"two weeks late" not in b"".join(map(bytes, FactColumn.objects.values_list("data", flat=True)))
    assert len(read()) == 6


@pytest.mark.invented_history
def test_a_case_that_came_late_is_noticed_and_the_block_made_anew() -> None:
    made = cases(6)
    packed()
    assert fact_blocks.check() == 0
    late = factories.case()
    Case.objects.filter(pk=late.pk).delete()
    late.pk = made[1].pk + "0"
    late.save(force_insert=True)
    assert (fact_blocks.check(), FactBlock.objects.count()) == (1, 1)
    packed()
    assert len(read()) == 7


def test_other_changes_of_a_case_leave_the_copy_alone() -> None:
    made = cases(3)
    packed()
    Case.objects.filter(pk=made[0].pk).update(priority=3, version=9)
    assert FactBlock.objects.count() == 1


def test_ids_tell_the_time_at_which_they_were_made() -> None:
    at = datetime.now().astimezone()
    between = ids.case_id()
    assert ids.first_at("case", at - timedelta(seconds=5)) < between < ids.first_at("case", at + timedelta(seconds=60))


def test_what_another_process_packed_meanwhile_is_left_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def overtaken(*_asked: Any, **_named: Any) -> None:
        raise IntegrityError

    cases(3)
    monkeypatch.setattr(FactColumn.objects, "bulk_create", overtaken)
    assert fact_blocks.pack(at=factories.now() + LATER) == 0
    assert not FactBlock.objects.exists()


def test_one_ring_packs_no_more_than_it_may() -> None:
    cases(9)
    assert [fact_blocks.pack(at=factories.now() + LATER, most=2) for _ring in range(3)] == [6, 3, 0]


def test_a_block_without_a_column_that_is_packed_today_is_dropped_and_made_anew() -> None:
    cases(6)
    packed()
    FactColumn.objects.filter(name=recorded.CASE[-1]).delete()
    assert (fact_blocks.check(), FactBlock.objects.count()) == (2, 0)
    assert (packed(), fact_blocks.check()) == (6, 0)
