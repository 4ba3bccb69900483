"""The tail: every listener hears every change once, in commit order."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection, connections, transaction

from reviewqueue import live
from reviewqueue.domain import lifecycle
from reviewqueue.live import Tail
from reviewqueue.models import Agent, Event
from reviewqueue.queries import events
from reviewqueue.queries.events import Change
from tests import factories

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases, pytest.mark.covers("R72")]

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def anything(_change: Change) -> bool:
    return True


@asynccontextmanager
async def following(**parts: Any) -> AsyncIterator[Tail]:
    tail = Tail(**parts)
    tail.start()
    try:
        yield tail
    finally:
        await tail.stop()


async def known(tail: Tail) -> None:
    """Wait until the tail follows: what happens from now on is live for it."""
    with tail.listen(anything) as first:
        if tail.seq is None:
            assert await first.next(60) is None


@pytest.fixture
def agent() -> Agent:
    return factories.agent()


@pytest.fixture
def happens(agent: Agent) -> Callable[[str], int]:
    """Writes one event in a transaction of its own and returns its number; call it in a thread."""

    def write(kind: str = "agent.paused") -> int:
        try:
            return int(Event.objects.create(kind=kind, agent=agent, at=NOON).pk)
        finally:
            connections.close_all()

    return write


async def heard(listening: live.Listening, count: int) -> list[int]:
    changes = [await listening.next(60) for _ in range(count)]
    return [change.seq for change in changes if change]


class Scripted:
    """An events table in memory, for what a real one does too rarely."""

    def __init__(self, count: int = 0) -> None:
        self.rows = [change(seq) for seq in range(1, count + 1)]
        self.failures = 0
        self.limit = 500

    def read(self, seq: int) -> list[Change]:
        if self.failures:
            self.failures -= 1
            raise ConnectionError("the database is away")
        return [row for row in self.rows if row.seq > seq][: self.limit]

    def newest(self) -> int:
        return self.rows[-1].seq if self.rows else 0


def change(seq: int, kind: str = "case.claimed") -> Change:
    return Change(seq=seq, kind=kind, case=f"case_{seq}", version=1, agent=1, queue="routine", at=NOON)


async def test_a_change_in_this_process_is_heard_without_waiting_for_the_poll(happens):
    async with following() as tail:
        await known(tail)
        with tail.listen(anything) as listening:
            written = await asyncio.to_thread(happens)
            tail.ring()
            assert await heard(listening, 1) == [written]


async def test_a_verb_rings_the_tail_by_itself(agent, monkeypatch):
    for pause in ("POLL_SECONDS", "SOON_SECONDS"):
        monkeypatch.setattr(live, pause, 3600)  # nobody looks without being rung
    case = await asyncio.to_thread(_closing_after, lambda: factories.case(by=agent))
    async with following() as tail:
        await known(tail)
        with tail.listen(lambda change: change.case == case.pk) as listening:
            await asyncio.to_thread(_closing_after, lambda: lifecycle.announce(case, "case.commented", at=NOON))
            found = await listening.next(60)
            assert found is not None
            assert (found.kind, found.version) == ("case.commented", case.version)


def _closing_after(call: Callable[[], Any]) -> Any:
    try:
        return call()
    finally:
        connections.close_all()


async def test_a_change_is_heard_without_any_ring(happens):
    async with following() as tail:
        await known(tail)
        with tail.listen(anything) as listening:
            written = await asyncio.to_thread(happens)
            assert await heard(listening, 1) == [written]


async def test_a_listener_hears_only_what_it_wants(happens):
    async with following() as tail:
        await known(tail)
        with tail.listen(lambda change: change.kind == "agent.resumed") as listening:
            await asyncio.to_thread(happens, "agent.paused")
            wanted = await asyncio.to_thread(happens, "agent.resumed")
            assert await heard(listening, 1) == [wanted]


async def test_a_listener_that_asks_for_the_past_gets_it_before_the_present(happens):
    past = [await asyncio.to_thread(happens) for _ in range(3)]
    async with following() as tail:
        with tail.listen(anything, after=past[0]) as listening:
            assert await heard(listening, 2) == past[1:]
            present = await asyncio.to_thread(happens)
            assert await heard(listening, 1) == [present]


async def test_concurrent_writers_and_listeners_that_join_at_any_time_see_one_order(happens):
    """Eight threads write while listeners join: each hears a gapless end of the same sequence."""
    async with following() as tail:
        await known(tail)
        with tail.listen(anything) as first:
            writers = [asyncio.to_thread(lambda: [happens() for _ in range(15)]) for _ in range(8)]
            writing = asyncio.gather(*writers)
            start = await heard(first, 5)
            with tail.listen(anything, after=start[2]) as second:
                expected = sorted(seq for group in await writing for seq in group)
                whole = start + await heard(first, len(expected) - 5)
                assert await heard(second, len(expected) - 3) == whole[3:]
    assert sorted(whole) == expected
    in_order = await asyncio.to_thread(_closing_after, lambda: [row.seq for row in events.after(0)])
    assert whole == in_order


async def test_a_slow_listener_loses_nothing_and_holds_back_nobody(monkeypatch):
    monkeypatch.setattr(live, "BUFFER", 10)
    table = Scripted()
    table.limit = 7
    async with following(read=table.read, newest=table.newest) as tail:
        await known(tail)
        with tail.listen(anything) as slow, tail.listen(anything) as quick:
            for seq in range(1, 101):
                table.rows.append(change(seq))
                tail.ring()
                assert await heard(quick, 1) == [seq]
            assert await heard(slow, 100) == list(range(1, 101))
            table.rows.append(change(101))
            tail.ring()
            assert await heard(slow, 1) == [101]


async def test_a_database_that_is_away_for_a_while_costs_nobody_a_change(monkeypatch, caplog):
    monkeypatch.setattr(live, "POLL_SECONDS", 0.01)
    table = Scripted(3)
    async with following(read=table.read, newest=table.newest) as tail:
        await known(tail)
        with tail.listen(anything) as listening, tail.listen(anything, after=1) as late:
            table.failures = 4
            table.rows += [change(4), change(5)]
            tail.ring()
            assert await heard(listening, 2) == [4, 5]
            assert await heard(late, 4) == [2, 3, 4, 5]
    assert {record.getMessage() for record in caplog.records} == {"The events cannot be read; looking again"}


async def test_who_catches_up_while_the_database_is_away_gets_everything_later(monkeypatch, caplog):
    monkeypatch.setattr(live, "POLL_SECONDS", 0.01)
    table = Scripted(3)

    def only_for_the_tail(seq: int) -> list[Change]:
        if seq < 3 and table.failures:
            table.failures -= 1
            raise ConnectionError("the database is away")
        return table.read(seq)

    async with following(read=only_for_the_tail, newest=table.newest) as tail:
        await known(tail)
        table.failures = 2
        with tail.listen(anything, after=1) as late:
            assert await heard(late, 2) == [2, 3]
    assert len(caplog.records) == 2


async def test_who_listens_before_the_tail_knows_its_place_is_told_to_look():
    release = threading.Event()
    table = Scripted(3)

    def newest() -> int:
        release.wait(60)
        return table.newest()

    async with following(read=table.read, newest=newest) as tail:
        with tail.listen(anything) as early:
            release.set()
            assert await early.next(60) is None
            table.rows.append(change(4))
            tail.ring()
            assert await heard(early, 1) == [4]


async def test_while_nobody_listens_nothing_is_read_and_who_comes_hears_what_happens_from_then_on(monkeypatch):
    monkeypatch.setattr(live, "POLL_SECONDS", 0.01)
    table, read = Scripted(3), []

    def noted(seq: int) -> list[Change]:
        read.append(seq)
        return table.read(seq)

    async with following(read=noted, newest=table.newest) as tail:
        await known(tail)
        read.clear()
        table.rows += [change(4), change(5)]
        tail.ring()
        while tail.seq != 5:  # noqa: ASYNC110 - nothing tells that the tail passed over what nobody heard
            await asyncio.sleep(0.001)
        assert read == []
        with tail.listen(anything) as listening:
            table.rows.append(change(6))
            tail.ring()
            assert await heard(listening, 1) == [6]
    assert read[0] == 5


async def test_who_comes_while_the_tail_passes_over_misses_nothing(monkeypatch):
    monkeypatch.setattr(live, "POLL_SECONDS", 0.01)
    table, asked, go_on = Scripted(3), threading.Event(), threading.Event()

    def newest() -> int:
        found = table.newest()
        if found > 3:
            asked.set()
            go_on.wait(60)
        return table.newest()

    async with following(read=table.read, newest=newest) as tail:
        await known(tail)
        table.rows.append(change(4))
        assert await asyncio.to_thread(asked.wait, 60)
        with tail.listen(lambda change: change.seq > 4) as listening:
            table.rows.append(change(5))
            go_on.set()
            assert await heard(listening, 1) == [5]


async def test_a_listener_that_cannot_choose_does_not_stop_the_others(caplog):
    table = Scripted()

    def broken(_change: Change) -> bool:
        raise LookupError("no idea")

    async with following(read=table.read, newest=table.newest) as tail:
        await known(tail)
        with tail.listen(broken) as confused, tail.listen(anything) as other:
            table.rows.append(change(1))
            tail.ring()
            assert await heard(other, 1) == [1]
            assert await confused.next(0) is None
    assert [record.getMessage() for record in caplog.records] == [
        "A listener could not say whether it wants case.claimed"
    ]


async def test_nothing_within_the_time_is_none():
    table = Scripted()
    async with following(read=table.read, newest=table.newest) as tail:
        await known(tail)
        with tail.listen(anything) as listening:
            assert await listening.next(0.01) is None


async def test_a_loop_has_one_tail_until_it_is_stopped():
    first = live.tail()
    assert live.tail() is first
    await live.stop()
    second = live.tail()
    assert second is not first
    await live.stop()
    await live.stop()


async def test_ringing_a_tail_whose_loop_is_gone_is_harmless():
    table = Scripted()

    async def made() -> Tail:
        return Tail(read=table.read, newest=table.newest)

    gone = await asyncio.to_thread(lambda: asyncio.run(made()))
    with gone.listen(anything):
        gone.ring()


@pytest.fixture
def second_connection() -> Iterator[Any]:
    other = connections.create_connection("default")
    yield other
    other.close()


@pytest.mark.postgres_only
async def test_an_older_transaction_that_commits_later_comes_first(agent, second_connection):
    """A begins, B begins and commits, A commits: the tail waits for A and gives A, then B."""

    def write(using: Any) -> int:
        sql = (
            "INSERT INTO reviewqueue_event (kind, agent_id, version, data, at)"
            " VALUES ('agent.paused', %s, 0, '{}', now()) RETURNING id"
        )
        with using.cursor() as cursor:
            cursor.execute(sql, [agent.pk])
            return int(cursor.fetchone()[0])

    async with following() as tail:
        await known(tail)
        with tail.listen(anything) as listening:
            older = await asyncio.to_thread(_begin_and, second_connection, write)
            younger = await asyncio.to_thread(_closing_after, lambda: write(connection))
            tail.ring()
            assert await listening.next(0.3) is None
            await asyncio.to_thread(second_connection.commit)
            tail.ring()
            assert await heard(listening, 2) == [older, younger]


def _begin_and(other: Any, write: Callable[[Any], int]) -> int:
    other.inc_thread_sharing()
    other.set_autocommit(False)
    return write(other)


def test_the_ring_comes_after_the_commit_and_not_before(agent, monkeypatch):
    rung: list[bool] = []
    monkeypatch.setattr("reviewqueue.wake._bells", [lambda: rung.append(connection.in_atomic_block)])
    case = factories.case(by=agent)
    rung.clear()
    with transaction.atomic():
        lifecycle.announce(case, "case.commented", at=NOON)
        assert rung == []
    assert rung == [False]
