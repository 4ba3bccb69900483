"""A restored dump: transaction numbers begin anew, and nobody waits for the old ones."""

import pytest
from django.db import connection

from reviewqueue.domain import restored
from reviewqueue.models import Event
from reviewqueue.queries import events
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


def numbered(*numbers: int) -> list[int]:
    """Events with these transaction numbers, in the order of their ids."""
    rows = [factories.case() for _each in numbers]
    ids = [int(Event.objects.get(case=case).pk) for case in rows]
    for pk, number in zip(ids, numbers, strict=True):
        Event.objects.filter(pk=pk).update(xid=number)
    return ids


@pytest.mark.postgres_only
def test_events_of_another_database_are_read_in_order_and_new_ones_after_them(caplog):
    old = numbered(10**12 + 7, 10**12, 5)
    assert [change.seq for change in events.after(0)] == old[2:]
    assert restored.settle_events() == 3
    new = int(Event.objects.get(case=factories.case()).pk)
    assert [change.seq for change in events.after(0)] == [*old, new]
    assert [change.seq for change in events.after(old[1])] == [old[2], new]
    assert [record.getMessage() for record in caplog.records] == [
        "The database was restored from a dump: 3 events are put in order"
    ]


@pytest.mark.postgres_only
def test_in_a_database_of_its_own_nothing_is_touched(django_assert_num_queries):
    case = factories.case()
    before = Event.objects.get(case=case).xid
    with django_assert_num_queries(1):
        assert restored.settle_events() == 0
    assert Event.objects.get(case=case).xid == before > 0


@pytest.mark.sqlite_only
def test_sqlite_has_no_such_numbers(django_assert_num_queries):
    assert connection.vendor == "sqlite"
    with django_assert_num_queries(0):
        assert restored.settle_events() == 0
