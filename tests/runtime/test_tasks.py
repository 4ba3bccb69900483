"""Alarm clocks: they ring verbs, and when they stop, sweeps go on."""

import threading
import time
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from audit.models import Entry
from hitl import celery, ticker
from hitl import tasks as project_tasks
from reviewqueue import live, presence, tasks
from reviewqueue.domain import canaries, due, looks, suggesting
from reviewqueue.models import Case, Conversation, FactBlock, Idempotency, Presence, Sampled, SamplingRules, factblock
from reviewqueue.queries.recorded import Period
from tests import factories, services
from tests.domain import coached

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.covers("R73")]


def overdue() -> Case:
    """A case whose time ran out a minute ago, unseen."""
    return factories.case(at=factories.now() - timedelta(seconds=90), expires_in=30)


def state_of(case: Case) -> str:
    case.refresh_from_db()
    return str(case.state)


@pytest.fixture(autouse=True)
def _not_swept_for_long(monkeypatch):
    monkeypatch.setattr(tasks, "_swept_at", float("-inf"))


def test_the_clock_that_rings_each_second_does_all_that_is_due():
    cases = [overdue() for _each in range(3)]
    tasks.ring_due()
    assert [state_of(case) for case in cases] == ["expired"] * 3


def test_a_sweep_ends_also_when_something_stays_due(monkeypatch):
    rounds: list[int] = []

    def stubborn(**_arguments: object) -> dict[str, int]:
        rounds.append(1)
        return {"effects": 1}

    monkeypatch.setattr(due, "run", stubborn)
    tasks.sweep()
    assert len(rounds) == 50


def test_two_sweeps_at_once_are_one(monkeypatch):
    inside, go, runs = threading.Event(), threading.Event(), []

    def slow(**_arguments: object) -> dict[str, int]:
        runs.append(1)
        inside.set()
        go.wait(60)
        return {}

    monkeypatch.setattr(due, "run", slow)
    first = threading.Thread(target=live.with_fresh_connection, args=(tasks.sweep,))
    first.start()
    inside.wait(60)
    tasks.sweep()
    go.set()
    first.join(60)
    assert len(runs) == 1


def test_who_has_just_swept_does_not_sweep_again():
    tasks.sweep()
    case = overdue()
    tasks.sweep_when_late(3600)
    assert state_of(case) == "queued"
    tasks.sweep_when_late(0)
    assert state_of(case) == "expired"


def test_a_failed_sweep_is_not_taken_for_one(monkeypatch):
    def broken(**_arguments: object) -> dict[str, int]:
        raise LookupError("broken")

    with monkeypatch.context() as patch:
        patch.setattr(due, "run", broken)
        with pytest.raises(LookupError):
            tasks.sweep()
    case = overdue()
    tasks.sweep_when_late(5)
    assert state_of(case) == "expired"


def test_without_any_alarm_clock_the_web_process_sweeps(monkeypatch):
    monkeypatch.setattr(ticker, "LOOK_SECONDS", 0.01)
    case = overdue()
    clock = ticker.Ticker()
    clock.start()
    try:
        services.until(lambda: state_of(case) == "expired", what="the ticker sweeps")
    finally:
        clock.stop()


def test_a_sweep_that_fails_does_not_stop_the_ticker(monkeypatch, caplog):
    monkeypatch.setattr(ticker, "LOOK_SECONDS", 0.01)
    rung: list[float] = []

    def broken(_seconds: float) -> None:
        rung.append(time.monotonic())
        raise LookupError("broken")

    monkeypatch.setattr(tasks, "sweep_when_late", broken)
    clock = ticker.Ticker()
    clock.start()
    try:
        services.until(lambda: len(rung) > 2, what="the ticker goes on")
    finally:
        clock.stop()
    assert {record.getMessage() for record in caplog.records} == {"A sweep failed; the next one comes"}


def test_every_clock_of_the_schedule_is_there_and_none_gathers_dust():
    celery.app.loader.import_default_modules()
    schedule = celery.app.conf.beat_schedule
    assert {entry["task"] for entry in schedule.values()} <= set(celery.app.tasks)
    assert all(entry["options"]["expires"] > 0 for entry in schedule.values())


def test_housekeeping_forgets_what_is_over_and_nothing_else():
    at = timezone.now()
    for key, age in (("old", 25), ("new", 23)):
        row = {"request_digest": "0" * 64, "started_at": at - timedelta(hours=age)}
        Idempotency.objects.create(principal="agent:1", key=key, **row)
        Session.objects.create(session_key=key, session_data="", expire_date=at + timedelta(hours=24 - age))
    case, person = factories.case(), factories.person()
    presence.note(case.pk, person.pk, "viewing", at=at - timedelta(hours=1))
    project_tasks.ring_housekeeping()
    assert not Presence.objects.exists()
    assert list(Idempotency.objects.values_list("key", flat=True)) == ["new"]
    assert list(Session.objects.values_list("session_key", flat=True)) == ["new"]


CLOCKS = ["due", "alarms", "tallies", "looks", "packing", "figures", "autonomy", "canaries", "quality", "gaps"]


@pytest.mark.parametrize("name", CLOCKS)
def test_an_alarm_clock_with_nothing_to_do_changes_nothing_however_often_it_rings(name):
    factories.policy()
    ring = getattr(tasks, f"ring_{name}")
    ring()
    known = Entry.objects.count()
    ring()
    assert Entry.objects.count() == known


def test_the_clocks_of_looking_back_pack_cases_and_finish_what_waits(monkeypatch):
    monkeypatch.setattr(factblock, "ROWS", 1)
    monkeypatch.setattr("reviewqueue.queries.recorded.SIZE", 1)
    case = factories.case()
    monkeypatch.setattr("reviewqueue.queries.clock.now", lambda: case.created_at + timedelta(minutes=11))
    tasks.ring_packing()
    assert FactBlock.objects.count() == 1
    look = looks.ask(factories.PLAIN_POLICY, person=factories.person("admin"), period=Period(), at=factories.now())
    tasks.ring_looks()
    look.refresh_from_db()
    assert look.finished_at is not None


def test_a_control_case_comes_at_a_moment_that_is_drawn(monkeypatch):
    monkeypatch.setattr(canaries, "RARITY", 1)
    coached.rules()
    factories.policy()
    wrong = coached.overridden(factories.person(), factories.agent())
    coached.specimen(wrong, factories.person("supervisor"))
    coached.worker()
    celery.app.conf.task_always_eager = True
    try:
        tasks.ring_canaries()
    finally:
        celery.app.conf.task_always_eager = False
    assert Case.objects.filter(canary__isnull=False).count() == 1


def test_the_clock_of_targets_chooses_what_deserves_a_look_once():
    SamplingRules.objects.create(low_csat=2)
    unhappy = factories.case()
    Conversation.objects.filter(pk=unhappy.conversation_id).update(csat=1, closed_at=factories.now())
    tasks.ring_targets()
    tasks.ring_targets()
    assert list(Sampled.objects.values_list("case_id", "reason")) == [(unhappy.pk, "low_csat")]


def test_the_clock_of_suggestions_looks_anew_where_many_were_decided(monkeypatch):
    monkeypatch.setattr("reviewqueue.queries.suggestions._FEW", 1)
    who, seen = factories.person(), []
    for _each in range(2):
        for _case in range(2):
            factories.decide(factories.claimed(who), who)
        tasks.ring_suggestions()
        seen.append(suggesting.told(at=factories.now()).cases)
    assert seen == [2, 4]


def test_the_clock_of_webhooks_starts_no_thread_when_nothing_waits(monkeypatch):
    started: list[object] = []
    monkeypatch.setattr("hitl.webhooks.dispatch._in_thread", started.append)
    factories.case()
    project_tasks.ring_webhooks()
    assert started == []
