"""The weeks before the visitor came: told once, always the same, and as good in the record as what happens now."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command

from hitl.demo import people
from hitl.demo.past import telling, weeks, writing
from reviewqueue.engine import grouping
from reviewqueue.models import Case, Figure, Gap, Grant, QaRun, Sampled, SamplePlan

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("folder"), pytest.mark.sqlite_only]
MONDAY = datetime(2026, 9, 7, tzinfo=UTC)
# A Saturday; five whole weeks and most of a sixth lie before it.
NOW = datetime(2026, 10, 17, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weeks, "_CASES", 12)


def past() -> writing.Past:
    return writing.Past(settings.DATA_DIR, clock=lambda: NOW, grouped=grouping.groups, leisure=0)


def outline() -> list[Any]:
    """What is told, without the chance in the numbers of cases."""
    cases = Case.objects.order_by("created_at").values_list("conversation__external_id", "agent_version", "outcome")
    return [*cases, *Sampled.objects.order_by("case__created_at").values_list("case__conversation", "verdict")]


def test_a_week_is_the_same_each_time_it_is_told() -> None:
    first, second = (
        [(each.at, each.encounter.proposal(), each.slipped, each.software) for each in weeks.of(MONDAY, 3)]
        for _time in range(2)
    )
    assert first == second
    assert [at for at, *_rest in first] == sorted(at for at, *_rest in first)


def test_the_version_changes_and_errs_less() -> None:
    before, after = (
        [each for n in numbers for each in weeks.of(MONDAY, n) if each.kind.scenario.agent == "wren-chat"]
        for numbers in (range(weeks.CHANGED), range(weeks.CHANGED, weeks.WEEKS))
    )
    assert {each.software["version"] for each in before} == {"2026.10.4"}
    assert {each.software["version"] for each in after} == {"2026.11.2"}
    assert all(kind.wrong[1] <= kind.wrong[0] for kind in (each.kind for each in before))


def test_it_is_told_to_its_end_and_verifies(monkeypatch: pytest.MonkeyPatch) -> None:
    people.prepare(at=NOW)
    stopped = past()
    tell = telling.tell

    def tell_some(*given: Any) -> Any:
        if Case.objects.count() == 20:
            stopped.stop()
        return tell(*given)

    monkeypatch.setattr(telling, "tell", tell_some)
    stopped.write()
    assert (Case.objects.count() < 30, writing.is_written(settings.DATA_DIR)) == (True, False)
    past().write()
    told = outline()
    assert writing.is_written(settings.DATA_DIR)
    past().write()
    assert outline() == told

    assert set(Case.objects.values_list("state", flat=True)) == {"closed"}
    assert not Grant.objects.exclude(outcome="succeeded").exists()
    *plans, running = SamplePlan.objects.order_by("week")
    # Opened before all others, it takes none of their cases.
    assert (running.week, running.drawn_at, running.from_at) == ("2026-W42", None, plans[-1].to_at)
    assert [plan.week for plan in plans] == ["2026-W37", "2026-W38", "2026-W39", "2026-W40", "2026-W41"]
    assert {plan.population for plan in plans} == {12}
    open_ = set(Sampled.objects.exclude(state="settled").values_list("plan", flat=True))
    assert open_ == {"2026-W41"}
    signed = set(QaRun.objects.exclude(signed_off_at=None).values_list("of", "period"))
    assert signed == {*(("week", plan.week) for plan in plans[:-1]), ("month", "2026-09")}
    assert Gap.objects.get(intent="warranty").changed_at is not None
    assert sum(Figure.objects.filter(by="all").values_list("counts__cases", flat=True)) == Case.objects.count()

    out = StringIO()
    call_command("audit_verify", stdout=out)
    assert json.loads(out.getvalue())["fault"] is None


def test_a_demo_that_is_older_keeps_the_past_that_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    people.prepare(at=NOW)
    (settings.DATA_DIR / writing.FILE).write_text(json.dumps({"first": "2026-09-07", "done": True}))
    monkeypatch.setattr(telling, "tell", None)
    past().write()
    assert not Case.objects.exists()
