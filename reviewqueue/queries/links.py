"""The customer's link to a case: unguessable, made anew from the case whenever somebody needs it, and never stored."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.utils.crypto import constant_time_compare

from reviewqueue.models import Case

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

_PREFIX: Final = "case_"
_ID_LETTERS: Final = 26
_SIGNATURE_BYTES: Final = 20
_LETTERS: Final = _ID_LETTERS + 32


def status_url(case: Case) -> str:
    """Where the customer reads how things stand."""
    return f"{settings.PUBLIC_URL}/wait/{token(case)}"


def token(case: Case) -> str:
    """The case's id and 160 bits that only this desk can make; the same each time."""
    return case.pk.removeprefix(_PREFIX) + _signature(case.pk, settings.SECRET_KEY)


def find(given: str, *, at: datetime) -> Case | None:
    """The case that a token names; ``None`` for one that is forged or whose time is over."""
    if len(given) != _LETTERS or not given.isascii() or not given.isalnum():
        return None
    case_id = _PREFIX + given[:_ID_LETTERS]
    # All are compared, so that the time taken tells nothing.
    if not any([constant_time_compare(given[_ID_LETTERS:], each) for each in _signatures(case_id)]):  # noqa: C419 - see above
        return None
    case = Case.objects.select_related("agent").filter(pk=case_id).first()
    return case if case and at < expires_at(case) else None


def expires_at(case: Case) -> datetime:
    """The link lives as long as the case and some time after, so that a decision can be read and contested."""
    return case.expires_at + timedelta(days=settings.WAIT_LINK_DAYS)


def _signatures(case_id: str) -> Iterator[str]:
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        yield _signature(case_id, secret)


def _signature(case_id: str, secret: str) -> str:
    made = _keyed(secret).copy()
    made.update(case_id.encode())
    return base64.b32encode(made.digest()[:_SIGNATURE_BYTES]).decode().lower()


@lru_cache(maxsize=8)
def _keyed(secret: str) -> hmac.HMAC:
    """As ``django.utils.crypto.salted_hmac`` makes it; every proposal asks for it, so the key is read in only once."""
    return hmac.new(hashlib.sha256(b"hitl wait link" + secret.encode()).digest(), digestmod="sha256")
