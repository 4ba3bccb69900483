"""Commands before the first start: a fresh folder is made ready by whichever comes first."""

import io
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from hitl import env, health
from reviewqueue.domain import lifecycle
from tests.runtime import processes


def test_a_person_can_be_made_before_the_desk_was_ever_started(tmp_path):
    folder = tmp_path / "new"
    there = processes.environment(folder, HITL_PASSWORD="correct horse battery")
    made = processes.managed(there, "make_user", "ana", "--role", "reviewer", "--queue", "vip")
    assert made == {"name": "ana", "id": "u_1", "role": "reviewer", "queues": ["vip"], "skills": []}
    assert [stat.S_IMODE((folder / name).stat().st_mode) for name in (".", "secret_key")] == [0o700, 0o600]


def test_commands_that_start_together_make_one_desk(tmp_path):
    there = processes.environment(tmp_path)
    with ThreadPoolExecutor(3) as pool:
        keys = list(pool.map(lambda name: processes.managed(there, "agent_key", name)["agent"], ["a", "b", "c"]))
    assert keys == ["a", "b", "c"]


def test_an_empty_secret_is_none_and_made_anew(tmp_path, monkeypatch):
    """So it lies there for a moment when two start together, and for ever when the first was killed then."""
    monkeypatch.delenv("HITL_SECRET_KEY", raising=False)
    (tmp_path / "secret_key").touch()
    made = env.secret("HITL_SECRET_KEY", tmp_path)
    assert (len(made), env.secret("HITL_SECRET_KEY", tmp_path)) == (64, made)


@pytest.mark.django_db
def test_production_is_migrated_by_its_operator_only(monkeypatch):
    monkeypatch.setattr(settings, "EMBEDDED", False)
    monkeypatch.setattr(health, "migrated", lambda: False)
    with pytest.raises(CommandError, match="migrate first"):
        call_command("agent_key", "shop")


def test_the_lifecycle_page_is_what_the_table_says():
    call_command("lifecycle", "--check")


def test_an_old_lifecycle_page_is_noticed_and_written_anew(monkeypatch, tmp_path):
    monkeypatch.setattr(settings, "BASE_DIR", tmp_path)
    (tmp_path / "docs").mkdir()
    page = tmp_path / "docs" / "lifecycle.md"
    page.write_text("old")
    with pytest.raises(CommandError, match="is not what the table says"):
        call_command("lifecycle", "--check")
    call_command("lifecycle", stdout=io.StringIO())
    assert page.read_text() == lifecycle.page()
    call_command("lifecycle", "--check")
