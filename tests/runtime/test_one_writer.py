"""SQLite's writers take turns inside the process."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection, connections, transaction

from hitl.one_writer import base
from reviewqueue.models import Agent
from tests import environment

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(environment.ON_POSTGRES, reason="this is about SQLite"),
]


@pytest.fixture
def other() -> Iterator[Any]:
    made = connections.create_connection("default")
    yield made
    made.close()


def nobodys_turn() -> bool:
    if free := base._turn.acquire(timeout=60):  # noqa: SLF001 - the turn itself is what is looked at
        base._turn.release()  # noqa: SLF001 - the same
    return free


def test_eight_threads_write_without_one_being_turned_away():
    def write(number: int) -> None:
        try:
            for part in range(10):
                with transaction.atomic():
                    Agent.objects.create(name=f"agent-{number}-{part}")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert Agent.objects.count() == 80


@pytest.mark.parametrize("ending", ["commit", "rollback", "close"])
def test_the_turn_ends_with_the_transaction_however_it_ends(ending, other):
    other.ensure_connection()
    other._start_transaction_under_autocommit()  # noqa: SLF001 - what atomic() calls
    assert base._turn.locked()  # noqa: SLF001 - the turn itself is what is looked at
    getattr(other, ending)()
    assert nobodys_turn()


def test_a_transaction_that_cannot_begin_takes_no_turn(other):
    other.ensure_connection()
    other.connection.execute("BEGIN")
    with pytest.raises(OperationalError):
        other._start_transaction_under_autocommit()  # noqa: SLF001 - what atomic() calls
    assert nobodys_turn()


def test_who_waits_too_long_asks_sqlite(other, monkeypatch):
    monkeypatch.setitem(other.settings_dict["OPTIONS"], "timeout", 0.01)
    other.ensure_connection()
    with transaction.atomic(), pytest.raises(OperationalError, match="locked"):
        other._start_transaction_under_autocommit()  # noqa: SLF001 - what atomic() calls
    assert nobodys_turn()


def test_placeholders_are_written_for_sqlite_and_percent_signs_stay():
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s, '100 %%', %s", [1, "a"])
        assert cursor.fetchone() == (1, "100 %", "a")
        cursor.execute("SELECT %(one)s || %(one)s", {"one": "x"})
        assert cursor.fetchone() == ("xx",)


def test_each_commit_reaches_the_disk_and_the_log_is_seldom_carried_over(other):
    asked = ("journal_mode", "synchronous", "foreign_keys", "wal_autocheckpoint")
    with other.cursor() as cursor:
        told = [cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in asked]
    assert told == ["wal", 2, 1, 4000]
