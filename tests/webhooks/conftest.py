"""Endpoints that may receive on this machine."""

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings

from audit.actions import SYSTEM
from hitl.webhooks import secrets
from hitl.webhooks.models import Endpoint
from tests import factories

Make = Callable[..., tuple[Endpoint, str]]


@pytest.fixture
def endpoint(settings: Settings) -> Make:
    """Registers an endpoint with one secret, as an administrator does."""
    settings.WEBHOOK_NETWORKS = ["127.0.0.0/8"]

    def _make(url: str, **fields: Any) -> tuple[Endpoint, str]:
        fields = {"name": "we_orders", "agent": fields.pop("agent", None) or factories.agent()} | fields
        made = Endpoint(url=url, **fields)
        secrets.save_endpoint(made, actor=SYSTEM, at=factories.now())
        return made, secrets.make(made, actor=SYSTEM, at=factories.now())

    return _make
