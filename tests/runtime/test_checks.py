"""A production that is half configured says so."""

import pytest
from django.core.checks import ERROR, run_checks

from reviewqueue import checks

LONG_SECRET = "s" * 50


@pytest.fixture
def production(settings, monkeypatch):
    """A production with everything set."""
    monkeypatch.setenv("HITL_SECRET_KEY", LONG_SECRET)
    settings.EMBEDDED = False
    settings.SECRET_KEY = LONG_SECRET
    settings.REDIS_URL = "redis://redis:6379/0"
    settings.PUBLIC_URL = "https://desk.example.org"
    settings.ALLOWED_HOSTS = ["desk.example.org"]
    return settings


def found() -> list[tuple[str, bool]]:
    """Ids, and whether they stop the start."""
    return [(str(message.id), message.level >= ERROR) for message in run_checks(tags=[checks.TAG])]


def test_the_embedded_desk_needs_nothing():
    assert found() == []


def test_a_whole_production_has_no_fault(production):
    assert production.REDIS_URL
    assert found() == []


@pytest.mark.parametrize(
    ("setting", "value", "fault"),
    [
        ("EMBEDDED", True, ("desk.W001", False)),
        ("REDIS_URL", "", ("desk.W002", False)),
        ("SECRET_KEY", "short", ("desk.E002", True)),
        ("PUBLIC_URL", "http://desk.example.org", ("desk.W003", False)),
        ("ALLOWED_HOSTS", ["*"], ("desk.W004", False)),
        ("ALLOWED_HOSTS", ["other.example.org"], ("desk.W005", False)),
    ],
)
def test_each_missing_part_is_named(production, setting, value, fault):
    setattr(production, setting, value)
    assert found() == [fault]


def test_without_a_shared_secret_production_does_not_start(production, monkeypatch):
    assert not production.EMBEDDED
    monkeypatch.delenv("HITL_SECRET_KEY")
    assert found() == [("desk.E001", True)]


@pytest.mark.parametrize("address", ["http://localhost:8000", "http://127.0.0.1:8000", "http://[::1]:8000"])
def test_on_this_machine_plain_http_is_fine(production, address):
    production.PUBLIC_URL = address
    production.ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
    assert found() == []


def test_a_subdomain_of_an_allowed_domain_is_allowed(production):
    production.ALLOWED_HOSTS = [".example.org"]
    assert found() == []
