"""Secrets that the desk must be able to read again (of authenticator apps) are sealed before they are stored."""

from __future__ import annotations

import base64
import hashlib
from contextlib import suppress
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

_PURPOSE = b"hitl second factors"


def seal(text: str) -> str:
    """Readable only with the desk's secret key."""
    return _box(settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS).encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """What was sealed, also with a secret key that is kept as a fallback. Raises InvalidToken for anything else."""
    return _box(settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS).decrypt(sealed.encode()).decode()


def opened(sealed: str) -> str | None:
    """The same; ``None`` when none of the desk's keys has sealed it."""
    with suppress(InvalidToken):
        return unseal(sealed)
    return None


@lru_cache(maxsize=4)
def _box(*secrets: str) -> MultiFernet:
    return MultiFernet([Fernet(_key(secret)) for secret in secrets])


def _key(secret: str) -> bytes:
    return base64.urlsafe_b64encode(hashlib.blake2b(_PURPOSE, key=_short(secret), digest_size=32).digest())


def _short(secret: str) -> bytes:
    """BLAKE2 takes keys of at most 64 bytes."""
    return hashlib.sha512(secret.encode()).digest()
