"""How the record names whoever acts."""

from __future__ import annotations

from typing import Protocol

from audit.actions import Actor
from reviewqueue.rules import Person


class Reviewer(Person, Protocol):
    """A signed-in person who acts on cases."""

    @property
    def reference(self) -> str: ...

    @property
    def display(self) -> str: ...


def by(person: Reviewer) -> Actor:
    """The person as the ledger writes them."""
    return Actor("user", person.reference, person.display)
