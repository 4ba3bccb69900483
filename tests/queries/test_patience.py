"""Reports take turns and end in time, so that the desk stays quick."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction

from reviewqueue.queries import patience
from reviewqueue.refusal import Refusal

pytestmark = pytest.mark.django_db
ENDLESS = (
    "SELECT pg_sleep(60)"
    if connection.vendor == "postgresql"
    else "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers) SELECT max(n) FROM numbers"
)


@pytest.fixture(autouse=True)
def _nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "WAITS", 0.0)


def ask(statement: str) -> Any:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()


def test_one_person_has_one_report_made_at_a_time() -> None:
    with patience.report(1), pytest.raises(Refusal) as refused, patience.report(1):
        pass
    assert (refused.value.slug, refused.value.extra) == ("rate-limited", {"retry_after": 10})
    with patience.report(1):
        assert ask("SELECT 1") == (1,)


def test_all_together_have_so_many_made_at_once(settings: Any) -> None:
    settings.REPORTS_AT_ONCE = 2
    with patience.report(1), patience.report(2):
        with pytest.raises(Refusal) as refused, patience.report(3):
            pass
        assert refused.value.slug == "rate-limited"
    with patience.report(3):
        assert ask("SELECT 1") == (1,)


def test_a_report_that_takes_too_long_is_stopped_and_the_next_is_not(settings: Any) -> None:
    settings.REPORT_SECONDS = 1
    with pytest.raises(Refusal) as refused, patience.report(1):
        ask(ENDLESS)
    assert refused.value.slug == "took-too-long"
    settings.REPORT_SECONDS = 60
    with patience.report(1):
        assert ask("SELECT 1") == (1,)


def test_outside_of_a_report_nothing_is_limited(settings: Any) -> None:
    settings.REPORT_SECONDS = 1
    with patience.report(1):
        pass
    if connection.vendor == "postgresql":
        assert ask("SHOW statement_timeout") == ("0",)
    else:
        counted = (
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000) SELECT max(i) FROM n"
        )
        assert ask(counted) == (3_000_000,)


def test_another_failure_of_the_database_stays_what_it_is() -> None:
    with pytest.raises(Exception, match="nowhere"), patience.report(1):
        ask("SELECT * FROM nowhere")
