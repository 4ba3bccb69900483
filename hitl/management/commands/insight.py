from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError

from hitl.management.desk_command import DeskCommand
from reviewqueue.domain import figures, insight
from reviewqueue.queries import clock
from reviewqueue.queries.insight.counted import Span
from reviewqueue.queries.insight.metrics import BYS

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from reviewqueue.domain.insight import Insight
    from reviewqueue.queries.insight.report import Told


class Command(DeskCommand):
    help = (
        "The metrics of the desk: each with its definition, interval, number of observations, weekly trend and what "
        "it was in the baseline. Counts every day that is not counted yet, then reads."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The period and the split."""
        parser.add_argument("--json", action="store_true", help="the whole report as JSON instead of a short list")
        parser.add_argument("--from", dest="start", metavar="DAY", help="first day, such as 2026-01-31 (four weeks)")
        parser.add_argument("--to", dest="end", metavar="DAY", help="last day (today)")
        parser.add_argument("--by", default="", choices=["", *BYS], help="split each metric by this")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print it."""
        at = clock.now()
        figures.keep_up(at=at)
        found = insight.looked(at=at, span=_span(options, figures.today(at)), by=options["by"])
        if options["json"]:
            self.show(insight.as_json(found))
        else:
            self._list(found)

    def _list(self, found: Insight) -> None:
        self.stdout.write(f"{found.span.first} – {found.span.last}")
        for told in found.metrics:
            self.stdout.write(f"{told.metric.requirement:5} {told.metric.title}: {_worded(told)}")


def _span(options: dict[str, Any], today: date) -> Span | None:
    if not (options["start"] or options["end"]):
        return None
    last = _day(options["end"]) if options["end"] else today
    return Span(_day(options["start"]) if options["start"] else last - insight.USUAL + timedelta(days=1), last)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise CommandError("Give a day as 2026-01-31.") from error


def _worded(told: Told) -> str:
    now = told.now
    if now.value is None:
        return f"not known. {told.why_unknown}"
    between = "" if now.low is None or now.high is None else f" ({now.low:.3g} to {now.high:.3g})"
    return f"{now.value:.3g} {told.metric.measure.unit}{between}, n = {now.n}"
