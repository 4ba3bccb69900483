"""What load balancers and supervisors are told."""

import asyncio
import json
import threading
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from hitl import health, redis_bell
from tests import services

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _nothing_is_known_yet(monkeypatch):
    monkeypatch.setattr(health, "ANSWER_SECONDS", 60)
    health.forget()
    yield
    health.forget()


async def asked(path: str) -> tuple[int, dict[str, Any]]:
    out: list[Any] = []

    async def send(message: Any) -> None:
        out.append(message)

    await health.answer(path, send)
    return out[0]["status"], json.loads(out[1]["body"])


async def test_a_process_whose_loop_turns_is_alive():
    assert await asked("/livez") == (200, {"status": "alive"})


async def test_a_desk_with_database_tables_and_policy_is_ready():
    parts = {"status": "ready", "database": "ok", "migrations": "ok", "redis": "not used", "policy": 1}
    assert await asked("/readyz") == (200, parts)


async def test_a_desk_without_its_tables_is_not_ready():
    newest = await sync_to_async(lambda: MigrationRecorder(connection).migration_qs.filter(app="audit").latest("id"))()
    await sync_to_async(newest.delete)()
    try:
        status, report = await asked("/readyz")
    finally:
        await sync_to_async(newest.save)(force_insert=True)
    assert (status, report["status"], report["migrations"]) == (503, "not ready", "missing: run manage.py migrate")


async def test_a_desk_whose_database_is_away_is_not_ready_and_says_no_more_than_that(monkeypatch):
    def away(**_arguments: Any) -> Any:
        raise ConnectionError("password of hitl@db is secret")

    monkeypatch.setattr("hitl.health.policies.current", away)
    status, report = await asked("/readyz")
    assert (status, report["database"]) == (503, "ConnectionError")
    assert "secret" not in json.dumps(report)


async def test_a_database_that_hangs_does_not_hang_the_answer(monkeypatch):
    go = threading.Event()
    monkeypatch.setattr(health, "ANSWER_SECONDS", 0.1)
    monkeypatch.setattr("hitl.health.policies.current", lambda **_arguments: go.wait(60))
    status, report = await asked("/readyz")
    go.set()
    # Who was waited for no longer is still at work: not beyond this test.
    await asyncio.get_running_loop().shutdown_default_executor()
    assert (status, report["status"]) == (503, "not ready")


async def test_without_redis_the_desk_is_ready_and_says_so(settings):
    settings.REDIS_URL = f"redis://127.0.0.1:{services.free_port()}/0"
    status, report = await asked("/readyz")
    assert (status, report["redis"]) == (200, "away")


async def test_redis_that_answers_is_reported(settings, redis_url, monkeypatch):
    monkeypatch.setattr(redis_bell, "ANSWER_SECONDS", 30)
    settings.REDIS_URL = redis_url
    status, report = await asked("/readyz")
    assert (status, report["redis"]) == (200, "ok")
