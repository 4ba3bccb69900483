"""Stored history is taken in once, completely, and as nobody's work."""

import fcntl
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError
from django.test import Client

from audit.models import Entry
from audit.verify import verify
from hitl.sqlite import journal_mode
from reviewqueue.domain import figures, history
from reviewqueue.models import Case, Conversation, Event, Figure, Grant, PastRecord
from reviewqueue.queries import cases, lanes, outcomes
from tests import factories, services

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def written(tmp_path: Path, *documents: Any) -> Path:
    file = tmp_path / "history.jsonl"
    lines = [one if isinstance(one, str) else json.dumps(one) for one in documents]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def imported(capsys: pytest.CaptureFixture[str], file: Path, *, status: int = 0) -> dict[str, Any]:
    try:
        call_command("import_history", str(file), "--agent", "old-bot")
        ended = 0
    except SystemExit as end:
        ended = int(str(end.code))
    assert ended == status
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


@pytest.mark.covers("R81", "R82")
def test_history_becomes_cases_that_nobody_has_to_do_anything_about(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(
        tmp_path,
        factories.document() | {"decision": "approve", "created_at": "2025-03-01T10:00:00Z"},
        factories.document() | {"decision": {"type": "reject", "message": "No receipt."}},
        factories.document() | {"outcome": {"status": "reversed"}},
    )
    told = imported(capsys, file)
    assert told == {"agent": "old-bot", "lines": 3, "imported": 3, "known": 0, "rejected": []}
    reviewer = factories.person()
    assert {case.state for case in Case.objects.all()} == {"imported"}
    assert cases.page(reviewer, cases.Wanted()).cases == []
    assert [lane.count for lane in lanes.of(reviewer, at=factories.now())] == [0] * len(
        lanes.of(reviewer, at=factories.now())
    )
    assert (Grant.objects.count(), Event.objects.count()) == (0, 0)
    ids = list(Case.objects.order_by("pk").values_list("pk", flat=True))
    assert sorted(outcomes.known(ids).tolist()) == [1, 2, 2]
    first = Case.objects.get(past__decision="approve")
    assert first.created_at.isoformat() == "2025-03-01T10:00:00+00:00"
    assert PastRecord.objects.get(decision="reject").said["decision"]["message"] == "No receipt."


@pytest.mark.covers("R81", "R83")
def test_each_imported_case_is_in_the_ledger(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    imported(capsys, written(tmp_path, factories.document(), factories.document()))
    kinds = Entry.objects.filter(subject__startswith="case:").values_list("kind", "seq")
    assert list(kinds) == [("case.imported", 1)] * 2
    assert verify().holds


def test_the_same_file_again_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(tmp_path, *(factories.document() for _each in range(3)))
    imported(capsys, file)
    told = imported(capsys, file)
    assert (told["imported"], told["known"], Case.objects.count(), Entry.objects.count()) == (0, 3, 3, 5)


def test_a_line_that_does_not_fit_is_named_and_the_rest_is_taken_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(
        tmp_path,
        factories.document(),
        "{",
        factories.document() | {"intnt": "refund"},
        factories.document() | {"decision": "maybe"},
        factories.document() | {"outcome": {"status": "lost"}},
        factories.document() | {"created_at": "yesterday"},
        "[]",
        factories.document(actions=[]),
    )
    told = imported(capsys, file, status=1)
    assert (told["lines"], told["imported"]) == (8, 1)
    assert [rejected.partition(":")[0] for rejected in told["rejected"]] == [f"line {n}" for n in range(2, 9)]
    assert "intent" in told["rejected"][1]


def test_facts_are_those_of_a_desk_that_was_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    talk = factories.document()["conversation"]
    later = talk | {"messages": [{"seq": 2, "role": "customer", "text": "I want to speak to a human."}]}
    file = written(
        tmp_path,
        factories.document(conversation=talk, dedupe_key="a"),
        factories.document(conversation=later, dedupe_key="b"),
    )
    imported(capsys, file)
    second = Case.objects.get(dedupe_key="b")
    assert len(second.facts["text"]["customer"]) == 2
    assert second.facts["conversation"]["asks_for_human"] is True
    assert second.facts["actions"][0]["same_action_count"] == 2
    assert Conversation.objects.count() == 1


def test_a_live_agent_finds_its_imported_case_and_may_not_act_on_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = factories.document()
    imported(capsys, written(tmp_path, document))
    case = Case.objects.get()
    assert (case.outcome, case.decisions.count(), case.due_at, case.rank_at) == ("decided", 0, None, None)


@pytest.mark.sqlite_only
@pytest.mark.django_db(transaction=True)
@pytest.mark.covers("R80")
def test_killed_half_way_it_goes_on_without_loss_or_duplicate(tmp_path: Path) -> None:
    file = written(tmp_path, *(factories.document(dedupe_key=f"key-{n}") for n in range(900)))
    environment = os.environ | {"HITL_DATA_DIR": str(tmp_path / "desk")}
    command = [sys.executable, "manage.py", "import_history"]
    with _half(file) as half:
        running = subprocess.Popen([*command, str(half)], env=environment, stdout=subprocess.DEVNULL)
        services.until(lambda: running.poll() is not None or _begun(tmp_path / "desk"), what="a batch is stored")
        running.kill()
        running.wait()
    again = subprocess.run([*command, str(file)], env=environment, capture_output=True, check=True, timeout=100)
    told = json.loads(again.stdout)
    assert (told["lines"], told["imported"] + told["known"], running.returncode) == (900, 900, -signal.SIGKILL)
    assert 0 < told["known"] < 900


@contextmanager
def _half(file: Path) -> Iterator[Path]:
    """The first lines of a file, and then nothing more and no end."""
    pipe = file.with_suffix(".pipe")
    os.mkfifo(pipe)
    end = os.open(pipe, os.O_RDWR)
    try:
        fcntl.fcntl(end, fcntl.F_SETPIPE_SZ, 1 << 20)
        os.write(end, b"".join(file.read_bytes().splitlines(keepends=True)[:500]))
        yield pipe
    finally:
        os.close(end)


def _begun(folder: Path) -> bool:
    """Is the first batch in the file?"""
    import sqlite3  # noqa: PLC0415 - only here is somebody else's database opened

    # Whoever looks while the log is switched on keeps it from being so.
    if journal_mode() == "WAL" and not (folder / "desk.sqlite3-wal").exists():
        return False
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"file:{folder}/desk.sqlite3?mode=ro", uri=True)) as database:
        return bool(database.execute("SELECT count(*) FROM reviewqueue_case").fetchone()[0])
    return False


def test_an_imported_case_can_be_read_and_not_decided(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    imported(capsys, written(tmp_path, factories.document() | {"decision": "approve"}))
    supervisor = Client()
    supervisor.force_login(factories.person("supervisor"))
    page = supervisor.get(f"/cases/{Case.objects.get().pk}/")
    assert page.status_code == 200
    assert "two weeks late" in page.content.decode()
    assert 'value="approve"' not in page.content.decode()


@pytest.mark.parametrize(("faults", "stored"), [(2, 1), (3, 1), (4, 0)])
def test_an_import_that_another_one_overtakes_looks_again_and_not_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, faults: int, stored: int
) -> None:
    store, left = history._store, [faults]  # noqa: SLF001 - where the other import was faster

    def overtaken(*asked: Any) -> int:
        if left[0]:
            left[0] -= 1
            raise IntegrityError
        return int(store(*asked))

    monkeypatch.setattr(history, "_store", overtaken)
    file = written(tmp_path, factories.document() | {"decision": "approve"})
    with nullcontext() if stored else pytest.raises(IntegrityError):
        call_command("import_history", str(file), "--agent", "old-bot")
    assert Case.objects.count() == stored


def test_imported_cases_are_counted_and_say_nothing_of_triggers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    over = {"name": "over-100", "when": {"fact": "action.value", "over": "100.00"}, "outcome": "review"}
    factories.policy(triggers=[over])
    imported(capsys, written(tmp_path, factories.document() | {"decision": "approve"}))
    figures.keep_up(at=factories.now())
    assert Figure.objects.get(by="all", name="").counts["cases"] == 1
    assert not Figure.objects.filter(by="trigger").exists()
