"""Ring the bell after a commit: somebody may want to look at the database now.

A ring carries nothing and may be lost; whoever listens also looks from time to time without one.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.db import transaction

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger(__name__)
_bells: list[Callable[[], None]] = []


def connect(bell: Callable[[], None]) -> None:
    """Have ``bell`` called, from any thread, after each change. It must return at once."""
    if bell not in _bells:
        _bells.append(bell)


def disconnect(bell: Callable[[], None]) -> None:
    """Stop calling ``bell``."""
    if bell in _bells:
        _bells.remove(bell)


def after_commit() -> None:
    """Ring once the running transaction has committed."""
    transaction.on_commit(ring, robust=True)


def ring() -> None:
    """Ring now; a broken bell never breaks the change that rang it."""
    for bell in tuple(_bells):
        try:
            bell()
        except Exception:  # noqa: BLE001 - a bell is a hint; the change has happened
            _log.exception("A listener could not be woken; it will look by itself")
