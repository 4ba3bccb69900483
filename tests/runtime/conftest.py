"""Servers that a test may stop, freeze and kill."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from tests import environment, services


@pytest.fixture(scope="module")
def own_postgresql() -> Iterator[services.Server]:
    """A PostgreSQL for this module alone."""
    yield from _server(services.postgresql)


@pytest.fixture(scope="module")
def own_redis() -> Iterator[services.Server]:
    """A Redis for this module alone."""
    yield from _server(services.redis)


def _server(start: Callable[[], AbstractContextManager[services.Server]]) -> Iterator[services.Server]:
    try:
        with start() as server:
            yield server
    except services.ServiceMissing as missing:
        if environment.COMPLETE:
            raise
        pytest.skip(str(missing))
