"""What the record keeps about signing in and the means to do it. Each must run in the transaction of the change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from audit.actions import SYSTEM
from reviewqueue.domain import people

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from audit.actions import Actor
    from hitl.accounts.models import User


def signed_in(user: User, *, by: Sequence[str], address: str, at: datetime) -> None:
    """Somebody came in, by these means."""
    people.record(user, "user.signed_in", actor=people.by(user), at=at, body={"by": list(by), "address": address})


def failed(user: User | None, *, means: str, address: str, at: datetime) -> None:
    """A try that failed. What was typed is not kept: it may be a password in the wrong field."""
    body = {"means": means, "address": address}
    if user is None:
        people.record_unknown("user.sign_in_failed", at=at, body=body)
    else:
        people.record(user, "user.sign_in_failed", actor=SYSTEM, at=at, body=body)


def factor(user: User, kind: str, *, means: str, at: datetime, actor: Actor | None = None) -> None:
    """A second factor was added, removed, renewed or used up: ``user.factor_added`` and the like."""
    people.record(user, kind, actor=actor or people.by(user), at=at, body={"means": means})


def noted(user: User, kind: str, *, at: datetime, **body: Any) -> None:
    """Something that a person did with their own account."""
    people.record(user, kind, actor=people.by(user), at=at, body=body)
