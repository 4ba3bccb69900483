"""How often somebody may try to sign in: counted in the database, so that every process counts together."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.db.models import F

from hitl.accounts.models import SignInAttempts

if TYPE_CHECKING:
    from datetime import datetime

WINDOW: Final = timedelta(minutes=15)
# For one account from one address, and for one address whatever the account.
PER_ACCOUNT: Final = 10
PER_ADDRESS: Final = 100


@transaction.atomic
def begin(name: str, address: str, *, at: datetime) -> timedelta | None:
    """Count one more try. Returns how long to wait when there were too many, whether the account exists or not."""
    SignInAttempts.objects.filter(since_at__lte=at - WINDOW).delete()
    waits = [_count(key, limit, at) for key, limit in _limits(name, address)]
    return max((wait for wait in waits if wait is not None), default=None)


def succeeded(name: str, address: str) -> None:
    """A good password clears its account, and is not held against its address."""
    (account, _limit), (host, _limit) = _limits(name, address)
    SignInAttempts.objects.filter(key=account).delete()
    SignInAttempts.objects.filter(key=host, count__gt=0).update(count=F("count") - 1)


def _count(key: str, limit: int, at: datetime) -> timedelta | None:
    row, _new = SignInAttempts.objects.get_or_create(key=key, defaults={"since_at": at})
    if row.count >= limit:
        return row.since_at + WINDOW - at
    SignInAttempts.objects.filter(key=key).update(count=F("count") + 1)
    return None


def _limits(name: str, address: str) -> tuple[tuple[str, int], tuple[str, int]]:
    return (_key("account", name.strip().lower(), address), PER_ACCOUNT), (_key("address", address), PER_ADDRESS)


def _key(*parts: str) -> str:
    return hashlib.sha256("\x00".join(parts).encode(errors="replace")).hexdigest()
