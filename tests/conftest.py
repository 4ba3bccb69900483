"""The ground under every test: databases, Redis, a browser, and the marks."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from _pytest.monkeypatch import MonkeyPatch
from hypothesis import HealthCheck
from hypothesis import settings as searching

from tests import environment, services
from tests.covers import marked

environment.prepare()

import django  # noqa: E402 - the settings read the environment that was just prepared

django.setup()

from django.conf import settings  # noqa: E402 - the same
from django.contrib.staticfiles.storage import StaticFilesStorage  # noqa: E402 - apps must be ready
from django.db import connections  # noqa: E402 - apps must be ready
from django.test import TransactionTestCase, override_settings  # noqa: E402 - apps must be ready
from django.utils import translation  # noqa: E402 - apps must be ready

from audit import guards as ledger_guards  # noqa: E402 - apps must be ready
from reviewqueue.domain import insight  # noqa: E402 - apps must be ready
from reviewqueue.models import CoachingRules, canary_guards  # noqa: E402 - apps must be ready
from reviewqueue.models import guards as policy_guards  # noqa: E402 - apps must be ready
from reviewqueue.queries import outlook  # noqa: E402 - apps must be ready

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.chromium import Chromium

# The same examples in every run, however slow the machine is; `--hypothesis-profile=default` searches for others.
searching.register_profile("steady", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
searching.load_profile("steady")
HERE = Path(__file__).parent
# These run on both databases as a whole; elsewhere a test says so with the mark.
ON_BOTH_DATABASES = frozenset({"api", "audit", "concurrency", "domain"})
GUARDS = (ledger_guards, policy_guards, canary_guards)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Workers would read the settings with what they inherit, before they have a folder and a server of their own."""
    for name in ("DJANGO_SETTINGS_MODULE", "DATABASE_URL", "HITL_DATA_DIR"):
        os.environ.pop(name, None)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is not for this database, put the browser's tests last, check the requirement marks."""
    left_out = [item for item in items if not _for_this_database(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
    kept = [item for item in items if _for_this_database(item)]
    for item in kept:
        marked(item)
    # Playwright leaves an event loop in its thread; asynchronous tests must be over by then.
    items[:] = sorted(kept, key=_drives_a_browser)


def _for_this_database(item: pytest.Item) -> bool:
    if not environment.ON_POSTGRES:
        return item.get_closest_marker("postgres_only") is None
    folder = item.path.relative_to(HERE).parts[0] if item.path.is_relative_to(HERE) else ""
    marks = ("both_databases", "postgres_only")
    chosen = folder in ON_BOTH_DATABASES or any(item.get_closest_marker(mark) for mark in marks)
    return chosen and item.get_closest_marker("sqlite_only") is None


def _drives_a_browser(item: pytest.Item) -> bool:
    return "chromium_of_tests" in getattr(item, "fixturenames", ())


@pytest.fixture(scope="session", autouse=True)
def _ledger_can_be_emptied_between_tests() -> Iterator[None]:
    """Django empties every table after a transactional test; the guards step aside for that moment only."""
    empty = TransactionTestCase.__dict__["_fixture_teardown"]  # the one place where Django empties tables

    def without_guards(case: TransactionTestCase) -> None:
        connection = connections["default"]
        for guards in GUARDS:
            guards.remove(connection)
        try:
            empty(case)
        finally:
            for guards in GUARDS:
                guards.install(connection)

    with MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", without_guards)
        yield


@pytest.fixture(scope="session", autouse=True)
def _pages_find_their_static_files_uncollected() -> Iterator[None]:
    """Away from SQLite the desk expects ``collectstatic`` to have run; tests serve straight from the source folder."""
    storages = {**settings.STORAGES, "staticfiles": {"BACKEND": f"{StaticFilesStorage.__module__}.StaticFilesStorage"}}
    with override_settings(STATIC_ROOT=None, STORAGES=storages, WHITENOISE_USE_FINDERS=True):
        yield


@pytest.fixture(scope="session", autouse=True)
def _pages_count_to_the_end() -> Iterator[None]:
    """A page leaves to the clock what it cannot count in two seconds, and those are soon over on a busy machine."""
    with MonkeyPatch.context() as patch:
        patch.setattr(insight, "PATIENCE", 100.0)
        yield


@pytest.fixture(scope="session", autouse=True)
def _nobody_is_drawn_for_a_second_look_unasked() -> Iterator[None]:
    """Of the decided cases two in a hundred are, by their ids; the tests of that draw every one."""
    share = CoachingRules._meta.get_field("second_share")  # noqa: SLF001 - Django's documented name
    with MonkeyPatch.context() as patch:
        patch.setattr(share, "_get_default", lambda: 0)
        yield


@pytest.fixture(autouse=True)
def _no_queue_is_remembered_from_the_test_before() -> None:
    """A process looks at what lies before a new case every ten seconds only."""
    outlook.forget()


@pytest.fixture(autouse=True)
def _every_test_begins_in_english() -> Iterator[None]:
    """A request leaves its language behind in its thread; the next request would set its own, a test does not."""
    yield
    translation.deactivate()


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A Redis of this worker's own."""
    _need("redis-server")
    with services.redis() as server:
        yield server.url


@pytest.fixture(scope="session")
def chromium_of_tests() -> Iterator["Chromium"]:
    """The Chromium of this machine, without a window."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - slow to import, few tests need it

    from tests.chromium import Chromium  # noqa: PLC0415 - the same

    program = _need("chromium")
    with MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright's loop counts as running in the tests' thread, where Django then refuses its database.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        chromium = Chromium(playwright, program)
        yield chromium
        chromium.close()


@pytest.fixture
def browser(chromium_of_tests: "Chromium") -> "Browser":
    """Its browser; another one when the last was lost."""
    return chromium_of_tests.browser()


def _need(program: str) -> Path:
    """A program that is missing is a failure in CI and in `make test`, a skip in a developer's own run."""
    try:
        return services.program(program)
    except services.ServiceMissing as missing:
        if environment.COMPLETE:
            raise
        pytest.skip(str(missing))
