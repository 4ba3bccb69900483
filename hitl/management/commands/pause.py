from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError

from hitl.management.desk_command import DeskCommand, named_person
from reviewqueue.domain import pauses
from reviewqueue.models import Pause
from reviewqueue.queries import brakes, clock

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(DeskCommand):
    help = "Pause an agent, an intent, an action or everything; acts at once. manage.py resume lets it go."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What, why, and who answers for it."""
        parser.add_argument("of", choices=Pause.Of.values)
        parser.add_argument("name", nargs="?", default="", help="with * for any letters; not for everything")
        parser.add_argument("--reason", required=True)
        parser.add_argument("--by", required=True, metavar="NAME", help="a person who may pause")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the pause as JSON."""
        if options["of"] == Pause.Of.EVERYTHING and options["name"]:
            raise CommandError("Everything has no name.")
        made = pauses.pause(
            of=options["of"],
            name=options["name"],
            reason=options["reason"],
            person=named_person(options["by"]),
            at=clock.now(),
        )
        if says := brakes.warning(made):
            self.stderr.write(says)
        self.show({"id": made.pk, "of": made.of, "name": made.name, "paused_at": made.paused_at.isoformat()})
