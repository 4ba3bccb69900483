from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError

from hitl.accounts import tokens
from hitl.accounts.models import User
from hitl.management.desk_command import DeskCommand
from reviewqueue.queries import clock

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(DeskCommand):
    help = "Make a personal token for the reviewers' wire. It is shown once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose, what for, and for how long."""
        parser.add_argument("name")
        parser.add_argument("--label", default="command line", help="what the token is for")
        parser.add_argument("--days", type=int, default=30, help="how long it is valid (default 30)")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the secret as JSON."""
        user = User.objects.filter(username=options["name"], is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active person named {options['name']}.")
        if not 1 <= options["days"] <= tokens.LONGEST_DAYS:
            raise CommandError(f"A token is valid for 1 to {tokens.LONGEST_DAYS} days.")
        token, secret = tokens.make(user, label=options["label"], at=clock.now(), days=options["days"])
        shown = {"user": user.username, "token": secret, "label": token.label}
        self.show(shown | {"expires_at": token.expires_at.isoformat()})
