"""What the audit tests share."""

import pytest

from tests.audit import stories


@pytest.fixture
def heads(db: None) -> dict[str, int]:  # noqa: ARG001 -- it opens the database
    """A ledger with every kind of story; what the product expects as the last number of each chain."""
    return stories.whole_ledger()


@pytest.fixture
def tamperer(heads: dict[str, int]) -> dict[str, int]:
    """The same, with the guards gone."""
    stories.without_guards()
    return heads
