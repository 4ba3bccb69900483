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
    help = "Let go on what was paused. Without a pause: list those that are open."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which pause, why it may go on, and who answers for it."""
        parser.add_argument("pause", nargs="?", help="the id that manage.py pause printed")
        parser.add_argument("--reason", default="")
        parser.add_argument("--by", default="", metavar="NAME", help="a person who may resume")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the open pauses, or the one that was resumed."""
        if not options["pause"]:
            self.show({"pauses": [_shown(pause) for pause in brakes.open_pauses()]})
            return
        found = Pause.objects.filter(pk=options["pause"]).first()
        if found is None:
            raise CommandError(f"There is no pause {options['pause']}.")
        who = named_person(options["by"])
        self.show(_shown(pauses.resume(found, reason=options["reason"], person=who, at=clock.now())))


def _shown(pause: Pause) -> dict[str, Any]:
    told = {"id": pause.pk, "of": pause.of, "name": pause.name, "reason": pause.reason}
    return told | {
        "paused_at": pause.paused_at.isoformat(),
        "resumed_at": pause.resumed_at and pause.resumed_at.isoformat(),
    }
