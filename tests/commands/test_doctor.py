"""The doctor: what is configured, what is missing, what is unsafe."""

import io
import json
import sys

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from audit.actions import SYSTEM
from hitl import doctor, sqlite
from hitl.webhooks import secrets
from hitl.webhooks.models import Endpoint
from reviewqueue.engine.policy import parse
from reviewqueue.engine.starting import starting_policy
from reviewqueue.models import Queue
from tests import factories, services

pytestmark = pytest.mark.django_db


def examined(grade: str) -> list[tuple[str, str]]:
    out = io.StringIO()
    try:
        call_command("doctor", "--json", stdout=out)
    except CommandError:
        assert grade == "unsafe"
    return [(found["topic"], found["says"]) for found in json.loads(out.getvalue()) if found["grade"] == grade]


@pytest.fixture
def staffed():
    """A desk that lacks nothing."""
    for role in ("reviewer", "admin"):
        factories.person(role)
    call_command("agent_key", "shop", stdout=io.StringIO())


@pytest.mark.sqlite_only
def test_a_desk_that_lacks_nothing_is_fine(staffed, settings):
    assert staffed is None
    folder, version = settings.DATA_DIR, ".".join(map(str, sqlite.version()))
    out = io.StringIO()
    call_command("doctor", stdout=out)
    assert out.getvalue().splitlines() == [
        "fine     way to run   embedded, one process on SQLite",
        "fine     address      http://127.0.0.1:8000, hosts localhost, 127.0.0.1, [::1], testserver",
        f"fine     data folder  {folder}",
        f"fine     secret       in {folder}/secret_key",
        f"fine     database     SQLite {version}, WAL mode, every commit synchronised",
        "fine     migrations   all applied",
        "fine     redis        not used",
        f"fine     policy       version 1, {_policy_in_force()}",
        "fine     people       1 reviewer, 0 supervisor, 0 qa_lead, 1 admin, 0 auditor",
        "fine     agents       1 with a valid key",
    ]


def _policy_in_force() -> str:
    policy = parse(starting_policy())
    return f"{policy.name}, {len(policy.triggers)} triggers"


def test_an_empty_desk_says_whom_it_lacks():
    assert examined("missing") == [
        ("people", "nobody can decide: manage.py make_user NAME --role reviewer"),
        ("people", "nobody can set the rules: manage.py make_user NAME --role admin"),
        ("queues", _nobody_in_any_queue()),
        ("agents", "none has a key: manage.py agent_key NAME"),
    ]


def _nobody_in_any_queue() -> str:
    return f"nobody decides in: {', '.join(sorted(Queue.objects.values_list('name', flat=True)))}"


def test_people_in_no_queue_and_queues_without_people_are_named(staffed):
    assert staffed is None
    factories.person(username="idle", queues=[])
    factories.person(username="busy", queues=["routine"])
    factories.person("auditor", queues=[])
    assert examined("missing") == [("people", "in no queue, so they see nothing: idle")]


def test_a_queue_in_which_only_inactive_people_work_is_unmanned():
    factories.policy()
    factories.person("admin")
    factories.person(queues=["routine"])
    factories.person(queues=["vip"], is_active=False)
    factories.person("auditor", queues=["legal"])
    topics = dict(examined("missing"))
    assert topics["queues"] == "nobody decides in: legal, vip"


def test_a_folder_that_others_can_enter_is_unsafe(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    tmp_path.chmod(0o755)
    says = f"{tmp_path} can be entered by other users (mode 755); chmod 700 {tmp_path}"
    assert examined("unsafe") == [("data folder", says)]


def test_a_folder_of_the_demo_is_unsafe(settings, tmp_path):
    tmp_path.chmod(0o700)
    settings.DATA_DIR = tmp_path
    (tmp_path / "demo.json").touch()
    says = f"{tmp_path} holds the demo's people, whose password is public; use another folder for real work"
    assert ("demo", says) in examined("unsafe")


def test_a_secret_that_others_can_read_is_unsafe(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    tmp_path.chmod(0o700)
    secret = tmp_path / "secret_key"
    secret.write_text("s")
    secret.chmod(0o644)
    assert examined("unsafe") == [("secret", f"{secret} can be read by other users; chmod 600 {secret}")]


@pytest.mark.sqlite_only
def test_an_sqlite_that_loses_commits_is_unsafe(monkeypatch):
    monkeypatch.setattr(sqlite, "FIRST_SAFE_WAL", (99, 0, 0))
    version = ".".join(map(str, sqlite.version()))
    says = f"SQLite {version} in WAL mode can lose committed changes; install the locked requirements again"
    assert examined("unsafe") == [("database", says)]


def test_a_redis_that_is_away_is_missing_and_not_unsafe(settings):
    settings.REDIS_URL = f"redis://127.0.0.1:{services.free_port()}/0"
    assert ("redis", "does not answer; pages and agents poll") in examined("missing")


def test_a_production_without_a_shared_secret_is_unsafe(settings, monkeypatch):
    settings.EMBEDDED = False
    monkeypatch.delenv("HITL_SECRET_KEY", raising=False)
    found = examined("unsafe")
    assert [topic for topic, _says in found] == ["settings"]
    assert found[0][1].startswith("DATABASE_URL is set, but HITL_SECRET_KEY is not")


@pytest.mark.postgres_only
@pytest.mark.parametrize(("fsync", "commit"), [("off", "on"), ("on", "off"), ("off", "off")])
def test_a_postgresql_that_does_not_wait_for_its_disk_is_unsafe(monkeypatch, fsync, commit):
    monkeypatch.setattr(doctor, "flushing", lambda: (fsync, commit))
    says = f"fsync {fsync}, synchronous_commit {commit}: an acknowledged proposal can be lost with the power"
    assert dict(examined("unsafe"))["durability"] == says


@pytest.mark.postgres_only
def test_a_postgresql_that_waits_for_its_disk_is_fine(monkeypatch):
    monkeypatch.setattr(doctor, "flushing", lambda: ("on", "on"))
    found = {each.topic: each for each in doctor.examine(at=factories.now())}
    assert found["durability"] == doctor.Finding(doctor.Grade.FINE, "durability", "fsync on, synchronous_commit on")


@pytest.mark.postgres_only
@pytest.mark.parametrize("commit", ["on", "off"])
def test_how_a_postgresql_waits_is_asked_of_itself(commit):
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL synchronous_commit TO {commit}")
    # The server of the tests does not wait: it holds nothing that has to outlive a power cut.
    assert doctor.flushing() == ("off", commit)


def test_something_unsafe_ends_the_command_with_status_1(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    tmp_path.chmod(0o755)
    with pytest.raises(CommandError) as refused:
        call_command("doctor", stdout=io.StringIO())
    assert (str(refused.value), refused.value.returncode) == ("1 unsafe.", 1)
    assert sys.exc_info() == (None, None, None)


def test_a_secret_key_that_does_not_open_what_was_sealed_is_told(staffed, settings):
    assert staffed is None
    endpoint = Endpoint(name="we_orders", url="https://example.org/hook", agent=factories.agent())
    secrets.save_endpoint(endpoint, actor=SYSTEM, at=factories.now())
    secrets.make(endpoint, actor=SYSTEM, at=factories.now())
    old, settings.SECRET_KEY = settings.SECRET_KEY, "the key of a desk that was set up anew"
    (told,) = [says for topic, says in examined("missing") if topic == "secret"]
    assert told.startswith("it opens all but 1 of 1 authenticator apps and webhook secrets; name the key")
    settings.SECRET_KEY_FALLBACKS = [old]
    assert [topic for topic, _says in examined("missing") if topic == "secret"] == []
