"""Who looks at the desk in these tests."""

from collections.abc import Callable
from typing import Any

import pytest

from tests import factories
from tests.web.pages import Visitor

# What these tests look at is a page, not a policy: one that is in force already costs no query to make.
UNDO_SECONDS = 10


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
