from __future__ import annotations

from typing import TYPE_CHECKING, Any

from audit.actions import SYSTEM
from hitl.management.desk_command import DeskCommand
from reviewqueue.domain import configuration
from reviewqueue.models import Scope
from reviewqueue.queries import clock

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(DeskCommand):
    help = "Make a key for an agent, and the agent when it is new. It is shown once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Without ``--scope`` the key may do all that a plain agent needs."""
        parser.add_argument("name")
        parser.add_argument("--scope", action="append", choices=Scope.values, metavar="S", help="repeatable")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the secret as JSON."""
        scopes = options["scope"] or configuration.DEFAULT_SCOPES
        key, secret = configuration.make_key(options["name"], scopes=scopes, actor=SYSTEM, at=clock.now())
        self.show({"agent": key.agent.name, "key": secret, "scopes": key.scopes, "id": key.pk})
