"""How the record names whoever acts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from audit import ledger
from audit.actions import SYSTEM, Actor
from reviewqueue.rules import Person

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class Reviewer(Person, Protocol):
    """A signed-in person who acts on cases; ``habits`` is how they like to work (``domain.habits``)."""

    habits: dict[str, Any]

    @property
    def reference(self) -> str: ...

    @property
    def display(self) -> str: ...


def by(person: Reviewer) -> Actor:
    """The person as the ledger writes them."""
    return Actor("user", person.reference, person.display)


def record(person: Reviewer, kind: str, *, actor: Actor, at: datetime, body: Mapping[str, Any]) -> None:
    """A ledger row about a person (``user.created``, ``user.token_made``, …); must run inside a transaction."""
    ledger.append(subject=f"user:{person.reference}", kind=kind, actor=actor, at=at, body=body)


def record_unknown(kind: str, *, at: datetime, body: Mapping[str, Any]) -> None:
    """A ledger row about somebody whom the desk does not know; must run inside a transaction."""
    ledger.append(subject="user:unknown", kind=kind, actor=SYSTEM, at=at, body=body)
