from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management.base import CommandError

from hitl.management.desk_command import DeskCommand
from reviewqueue.queries import clock, register

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(DeskCommand):
    help = (
        "The register of incidents (DORA): alarms, pauses, dangerous actions that failed, critical errors, upheld "
        "contests and autonomy taken back, with whom they touched and until when a major one would have to be "
        "reported; and the agents that proposed in that time. Nothing of what a customer wrote is in it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The period and the form."""
        parser.add_argument("--from", dest="start", metavar="DAY", help="first day, such as 2026-01-31 (90 days)")
        parser.add_argument("--to", dest="end", metavar="DAY", help="last day (today)")
        parser.add_argument("--csv", action="store_true", help="the incidents as CSV instead of all of it as JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print it."""
        now = clock.now().astimezone(ZoneInfo(settings.TIME_ZONE))
        last = _day(options["end"]) if options["end"] else now.date()
        first = _day(options["start"]) if options["start"] else last - timedelta(days=89)
        if first > last:
            raise CommandError("The period ends before it begins.")
        start, end = (datetime(d.year, d.month, d.day, tzinfo=now.tzinfo) for d in (first, last + timedelta(days=1)))
        found = register.of(start, end)
        if options["csv"]:
            self.stdout.write(register.as_csv(found), ending="")
            return
        period = {"first": first.isoformat(), "last": last.isoformat(), "at": now.isoformat()}
        self.show({**period, "incidents": found, "agents": register.agents(start, end)})


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise CommandError("Give a day as 2026-01-31.") from error
