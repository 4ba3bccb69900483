from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError

from audit.actions import SYSTEM
from hitl.accounts import factors
from hitl.accounts.models import User
from hitl.management.desk_command import DeskCommand
from reviewqueue.queries import clock

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(DeskCommand):
    help = "Remove the second factors of somebody who lost theirs; the password alone opens the account then."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose."""
        parser.add_argument("name")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print how many there were as JSON."""
        user = User.objects.filter(username=options["name"]).first()
        if user is None:
            raise CommandError(f"There is no person named {options['name']}.")
        removed = factors.remove_all(user, actor=SYSTEM, at=clock.now())
        self.show({"user": user.username, "removed": removed})
