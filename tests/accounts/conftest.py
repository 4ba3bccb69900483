"""People who sign in."""

import pytest
from django.core.cache import cache
from pytest_django import Settings

from hitl.accounts.models import User
from tests import factories

PASSWORD = "an-invented-password"


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Settings) -> None:
    """The real hash is slow on purpose; these tests are about what happens around it."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _nothing_remembered(db: None) -> None:  # noqa: ARG001 - the cache is a table
    cache.clear()


@pytest.fixture
def ana() -> User:
    """Somebody with a password."""
    return somebody("ana", first_name="Ana", last_name="Ruiz", email="ana@shop.example")


def somebody(name: str, role: str = "reviewer", **fields: object) -> User:
    """A person with the password of these tests."""
    user = factories.person(role, username=name, **fields)
    user.set_password(PASSWORD)
    user.save()
    return user
