"""Web threads keep their connection to PostgreSQL from one request to the next."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError, close_old_connections, connection, connections

from hitl import kept_connections
from hitl.kept_connections import base

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres_only]


def in_thread(work: Callable[[], Any]) -> Any:
    """What it gives in a thread of its own, whose connection is given back in the end."""
    given: list[Any] = []

    def run() -> None:
        try:
            given.append(work())
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(60)
    return given[0]


def held_after_a_request() -> bool:
    connection.ensure_connection()
    close_old_connections()  # as Django does around each request
    return connection.connection is not None


@pytest.fixture(autouse=True)
def few_web_threads(settings: Any) -> None:
    settings.WEB_THREADS = settings.AGENT_THREADS = 4


def kept() -> bool:
    kept_connections.keep()
    return held_after_a_request()


def test_a_web_thread_keeps_its_connection_and_others_give_theirs_back() -> None:
    assert (in_thread(kept), in_thread(held_after_a_request)) == (True, False)


def test_nobody_keeps_one_where_the_pool_is_small(settings: Any) -> None:
    settings.AGENT_THREADS = 5
    assert in_thread(kept) is False


def test_it_is_given_back_when_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "KEPT_SECONDS", 0.0)
    assert in_thread(kept) is False


def test_a_thread_that_waits_for_the_database_in_vain_is_set_free() -> None:
    asked, told = threading.Event(), []

    def waits() -> bool:
        kept_connections.keep()
        connection.ensure_connection()
        told.extend([threading.get_ident(), connection.connection.info.backend_pid])
        asked.set()
        with pytest.raises(OperationalError), connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(60)")
        close_old_connections()
        return connection.connection is None

    def cut() -> None:
        asked.wait(60)
        kept_connections.cut(told[0])

    cutter = threading.Thread(target=cut)
    cutter.start()
    assert in_thread(waits)
    cutter.join()
    # The server itself would notice only after its minute that nobody is there any more.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 60000)", told[1:])


def test_nobody_waits_for_a_lock_longer_than_on_sqlite() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("20s",)


def test_one_that_broke_is_given_back_at_once() -> None:
    def held_after_it_broke() -> bool:
        kept_connections.keep()
        with pytest.raises(OperationalError), connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        close_old_connections()
        return connection.connection is not None

    assert in_thread(held_after_it_broke) is False
