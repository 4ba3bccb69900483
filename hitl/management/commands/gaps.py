from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hitl.management.desk_command import DeskCommand
from reviewqueue.domain import gaps as verbs
from reviewqueue.models import Gap
from reviewqueue.queries import clock, gap_words, gaps

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(DeskCommand):
    help = (
        "The knowledge gaps, the worst first: gathers what failed since the last time, groups it, and says cases, "
        "cost, harm, owner, state and what a change did to the rate. Nothing of what a customer wrote is in it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to show."""
        parser.add_argument("--json", action="store_true", help="as JSON instead of a short list")
        parser.add_argument("--state", default="", choices=["", *Gap.State.values], help="only those (unsettled ones)")
        parser.add_argument("--order", default="harm", choices=list(gaps.ORDERS), help="(%(default)s)")
        parser.add_argument("--keep", action="store_true", help="show them as they were found last")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Find and print."""
        at = clock.now()
        if not options["keep"]:
            verbs.find(at=at)
        found = gaps.ranked(state=options["state"], order=options["order"])
        if options["json"]:
            self.show({"at": at.isoformat(), "order": options["order"], "gaps": gap_words.told(found)})
            return
        for gap in found:
            self.stdout.write(f"{gap.cases:5} cases, harm {gap.harm:5}, {gap.state:9} {gap.title}")
