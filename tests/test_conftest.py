"""The ground under the tests themselves."""

import asyncio
import os
from datetime import UTC, datetime
from threading import Thread

import pytest
from django.conf import settings
from django.db import connection, connections, transaction

from audit import guards, ledger
from audit.actions import SYSTEM
from audit.models import Entry
from tests import chromium, environment

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def record() -> None:
    with transaction.atomic():
        ledger.append(subject="case:case_1", kind="case.commented", actor=SYSTEM, at=NOON, body={"text": "noted"})


def record_and_leave() -> None:
    record()
    connections.close_all()


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_each_transactional_test_finds_an_empty_and_guarded_ledger(turn: int) -> None:
    assert (turn, Entry.objects.count(), guards.missing(connection)) == (turn, 0, [])
    record()
    assert Entry.objects.count() == 1


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_threads_share_the_test_database() -> None:
    threads = [Thread(target=record_and_leave) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(Entry.objects.order_by("seq").values_list("seq", flat=True)) == [1, 2, 3, 4, 5, 6, 7, 8]


@pytest.mark.both_databases
@pytest.mark.django_db
def test_the_database_is_the_one_that_was_asked_for() -> None:
    assert connection.vendor == ("postgresql" if environment.ON_POSTGRES else "sqlite")


@pytest.mark.both_databases
@pytest.mark.django_db
def test_each_process_of_the_tests_has_data_of_its_own() -> None:
    """Settings that were read before the environment was prepared name the data of the process that started this."""
    assert str(settings.DATA_DIR) == os.environ["HITL_DATA_DIR"]
    if environment.ON_POSTGRES:
        assert f":{connection.settings_dict['PORT']}/" in os.environ["DATABASE_URL"]


async def test_asynchronous_tests_run_as_they_are() -> None:
    assert await asyncio.wait_for(asyncio.sleep(0, "awake"), timeout=60) == "awake"


@pytest.mark.django_db(transaction=True)
def test_a_test_that_drives_a_browser_can_read_the_database(browser) -> None:
    page = browser.new_page()
    page.set_content("<title>Desk</title>")
    assert (page.title(), Entry.objects.count()) == ("Desk", 0)
    chromium.close(page.context)
