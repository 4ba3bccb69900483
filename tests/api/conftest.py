"""Agents and people who call the wire."""

import pytest

from hitl.api import throttle
from reviewqueue.queries import outlook
from tests.api.wire import AgentCaller, PersonCaller


@pytest.fixture(autouse=True)
def _nothing_remembered_by_the_process():
    throttle.buckets.cache_clear()
    outlook.forget()


@pytest.fixture
def agent(db):  # noqa: ARG001 - rows are made
    return AgentCaller()


@pytest.fixture
def reviewer(db):  # noqa: ARG001 - rows are made
    return PersonCaller()
