"""The live socket when rights end: how quickly it is closed."""

import asyncio
import time
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import logout

from hitl import sockets
from hitl.accounts import admission, sessions, tokens
from hitl.accounts.models import User
from reviewqueue import consumers
from reviewqueue.models import Membership
from reviewqueue.queries import clock
from tests import factories
from tests.runtime.talking import socket
from tests.runtime.test_sockets import agent, application, in_database, reviewer, signed_in, token_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.covers("R72")]
__all__ = ["agent", "application", "reviewer"]


def deactivate(user: User, _browser: Any) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def change_rights(user: User, _browser: Any) -> None:
    sessions.revoke(user)


def change_password(user: User, _browser: Any) -> None:
    user.set_password("another-long-password")
    user.save()


def sign_out(_user: User, browser: Any) -> None:
    logout(browser.request)


def let_session_expire(_user: User, browser: Any) -> None:
    browser.request.session.set_expiry(-1)
    browser.request.session.save()


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """When rights were looked up: a clock that goes as slowly as the machine."""
    began: list[float] = []
    still = admission.still

    def noted(**arguments: Any) -> Any:
        began.append(time.monotonic())
        return still(**arguments)

    monkeypatch.setattr(admission, "still", noted)
    return began


def test_the_next_look_comes_within_two_seconds():
    assert consumers.RIGHTS_SECONDS + sockets.MEMORY_SECONDS < 2


@pytest.mark.parametrize("ends", [deactivate, change_rights, change_password, sign_out, let_session_expire])
async def test_a_browser_whose_rights_end_is_out_at_the_next_look(application, reviewer, looks, ends):
    browser = await in_database(lambda: signed_in(reviewer))
    async with socket(application, browser.headers) as here:
        assert await here.open() is None
        assert await here.silent(0.1)
        await in_database(lambda: ends(reviewer, browser))
        looks.clear()
        assert await here.closed() == consumers.FORBIDDEN
    assert len(looks) <= 1


@pytest.mark.parametrize("ends", ["revoked", "expired", "owner deactivated"])
async def test_a_token_that_ends_is_out_at_the_next_look(application, reviewer, looks, ends):
    token, secret = await in_database(lambda: tokens.make(reviewer, label="test", at=clock.now()))

    def end() -> None:
        if ends == "revoked":
            tokens.revoke(token, at=clock.now())
        elif ends == "expired":
            token.expires_at = clock.now() - timedelta(seconds=1)
            token.save()
        else:
            deactivate(reviewer, None)

    async with socket(application, {"authorization": f"Bearer {secret}"}) as here:
        assert await here.open() is None
        await in_database(end)
        looks.clear()
        assert await here.closed() == consumers.FORBIDDEN
    assert len(looks) <= 1


async def test_who_leaves_a_queue_hears_no_more_of_it_within_two_seconds(application, reviewer, agent):
    headers = await in_database(lambda: token_of(reviewer))
    async with socket(application, headers, "after=0") as here:
        assert await here.open() is None
        await in_database(lambda: factories.case(by=agent))
        await here.hear()
        await in_database(lambda: Membership.objects.filter(user=reviewer).delete())
        await asyncio.sleep(sockets.MEMORY_SECONDS)  # the longest that rights are remembered
        await in_database(lambda: factories.case(by=agent))
        assert await here.silent(1.2)


async def test_rights_that_cannot_be_read_are_no_rights(application, reviewer, monkeypatch, caplog):
    headers = await in_database(lambda: token_of(reviewer))

    def away(**_arguments: Any) -> None:
        raise ConnectionError("the database is away")

    async with socket(application, headers) as here:
        assert await here.open() is None
        monkeypatch.setattr("hitl.accounts.admission.still", away)
        assert await here.closed() == consumers.TRY_LATER
    assert [record.getMessage() for record in caplog.records] == ["A listener's socket is closed"]
