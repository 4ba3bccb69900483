"""Who looks at the desk in these tests."""

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings

from tests import factories
from tests.web.pages import Visitor

# What these tests look at is a page, not a policy: one that is in force already costs no query to make.
UNDO_SECONDS = 10


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Settings) -> None:
    """The real hash is slow on purpose; these tests are about what happens around it."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def undoable() -> None:
    """The policy leaves ten seconds to undo."""
    factories.policy(undo_seconds=UNDO_SECONDS)


@pytest.fixture
def visit() -> Callable[..., Visitor]:
    """A signed-in browser of a person with a role."""

    def _visit(role: str = "reviewer", **fields: Any) -> Visitor:
        return Visitor(factories.person(role, **fields))

    return _visit
