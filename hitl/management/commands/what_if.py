from __future__ import annotations

import sys
from argparse import ArgumentTypeError
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from hitl.history.trial import Trial
from hitl.management.desk_command import DeskCommand
from reviewqueue.domain import fact_blocks, policies
from reviewqueue.engine import policy as engine
from reviewqueue.engine import policy_file
from reviewqueue.queries import clock, what_if
from reviewqueue.queries.recorded import Period

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(DeskCommand):
    help = (
        "What a policy would have done: with proposals of a file in wire format (--over), one a line, which are not "
        "stored and are held against the policy in force, or else with the cases that this desk has recorded, held "
        "against what happened. Prints totals as JSON."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """A policy, and what to try it on."""
        parser.add_argument("policy", metavar="POLICY", help="a policy file, YAML or JSON; - for standard input")
        parser.add_argument("--over", type=Path, metavar="FILE.jsonl", help="proposals, one a line")
        parser.add_argument("--cases", action="store_true", help="say the verdict on each as well")
        parser.add_argument("--agent", default="history", metavar="NAME", help="whose the proposals are (%(default)s)")
        parser.add_argument("--from", dest="start", type=_moment, metavar="TIME", help="recorded from then on")
        parser.add_argument("--to", dest="end", type=_moment, metavar="TIME", help="recorded before then")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Try it, show how far it is on the terminal, print the totals."""
        policy = _read(options["policy"])
        columns = (TextColumn("cases"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True)) as progress:
            task = progress.add_task("cases", total=None)
            if options["over"]:
                told = _over(policy, options, lambda total: progress.update(task, total=total), _step(progress, task))
            else:
                told = _recorded(
                    policy, options, lambda total: progress.update(task, total=total), _step(progress, task)
                )
        self.show(told)
        if told.get("rejected"):
            sys.exit(1)


def _over(
    policy: engine.Policy, options: dict[str, Any], size: Callable[[int], None], step: Callable[[int], None]
) -> dict[str, Any]:
    file: Path = options["over"]
    try:
        size(file.stat().st_size)
        _number, current = policies.current(at=clock.now())
        return Trial(policy, current, options["agent"], step, each=options["cases"]).over(file)
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error


def _recorded(
    policy: engine.Policy, options: dict[str, Any], size: Callable[[int], None], step: Callable[[int], None]
) -> dict[str, Any]:
    period = Period(options["start"], options["end"])
    fact_blocks.check()
    while fact_blocks.pack(at=clock.now()):
        pass
    size(period.cases().count())
    told = what_if.report(policy, period, told=step)
    if options["cases"]:
        told["cases"] = []
        after = ""
        while True:
            page = what_if.cases(policy, period, after=after, most=1000)
            told["cases"] += page.cases
            if not (after := page.cursor):
                break
    return told


def _step(progress: Progress, task: Any) -> Callable[[int], None]:
    return lambda done: progress.advance(task, done)


def _read(name: str) -> engine.Policy:
    try:
        return engine.parse(policy_file.load(sys.stdin.read() if name == "-" else Path(name).read_text()))
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{name} is not UTF-8 text.") from error
    except engine.PolicyError as error:
        faults = [f"{fault.path or '/'}: {fault.says}" for fault in error.faults]
        raise CommandError("\n".join(["The policy has faults:", *faults])) from error


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError("give a day or a moment as 2026-01-31 or 2026-01-31T09:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
