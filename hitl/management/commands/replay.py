"""Play stored conversations against a desk."""

import json
import os
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from hitl.replay.conductor import Conductor, Programme, sound
from hitl.replay.conversation import READS
from hitl.replay.player import Stage
from hitl.replay.records import Diary
from hitl.replay.reviewer import SimulatedReviewer, Verdict
from hitl.replay.surroundings import Surroundings, read_customers, read_sources
from hitl.replay.transcripts import read_all
from hitl_client import Desk, Retry

PATIENT = Retry(attempts=12, most_seconds=15.0)  # many at once may well meet the agent's rate limit


class Command(BaseCommand):
    """`manage.py replay FILE… --url … --key …`."""

    help = (
        "Plays stored conversations (JSON lines: chat transcripts with tool calls, or stored conversations) against "
        "a desk over HTTP as a live agent would: every write call becomes a proposal and waits for its decision; what "
        "was rejected is never told as executed. Prints a summary as JSON; status 1 when a write was lost, merged or "
        "not gated."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--url", default="http://127.0.0.1:8000", help="the desk (default %(default)s)")
        parser.add_argument("--key", default=os.environ.get("HITL_AGENT_KEY"), help="agent's key, or HITL_AGENT_KEY")
        parser.add_argument("--parallel", type=int, default=8, help="conversations at once (default %(default)s)")
        parser.add_argument("--limit", type=int, help="only the first so many conversations")
        parser.add_argument("--state", type=Path, metavar="FILE", help="remember what was done and go on from there")
        parser.add_argument("--summary", type=Path, metavar="FILE", help="write the summary there as well")
        writes = f"calls that change something, by glob, repeatable (default: all but {' '.join(READS)})"
        parser.add_argument("--writes", action="append", default=[], metavar="GLOB", help=writes)
        patience = parser.add_mutually_exclusive_group()
        patience.add_argument("--until-decided", type=float, metavar="SECONDS", help="longest wait for one decision")
        patience.add_argument("--no-wait", action="store_true", help="only propose and record the verdict")
        parser.add_argument("--customers", type=Path, metavar="FILE", help="customers' records, one JSON object a line")
        parser.add_argument("--currency", default="USD", help="of the amounts in --customers (default %(default)s)")
        parser.add_argument(
            "--sources", type=Path, metavar="FILE", help="passages of the policy, one JSON object a line"
        )
        trial = parser.add_argument_group("trials without a person at the desk")
        trial.add_argument(
            "--reviewer-token", action="append", default=[], metavar="TOKEN", help="who decides; repeatable"
        )
        trial.add_argument("--approve", choices=("all", "none"), default="all", help="what they decide (default all)")

    def handle(self, **options: Any) -> None:
        """Play, show how far it is on the terminal, print the summary."""
        if not options["key"]:
            raise CommandError("An agent's key is needed: --key or HITL_AGENT_KEY; manage.py agent_key NAME makes one.")
        with ExitStack() as desks:
            try:
                conductor = _conductor(options, lambda secret: desks.enter_context(_desk(options, secret)))
            except OSError as fault:
                raise CommandError(f"{fault.filename} cannot be read: {fault.strerror}.") from fault
            except ValueError as fault:
                raise CommandError(str(fault)) from fault
            summary = _played(conductor, options["parallel"])
        written = json.dumps(summary, indent=2, ensure_ascii=False)
        if options["summary"]:
            options["summary"].write_text(written + "\n", encoding="utf-8")
        self.stdout.write(written)
        if not sound(summary):
            sys.exit(1)


def _desk(options: dict[str, Any], secret: str) -> Desk:
    return Desk(options["url"], secret, retry=PATIENT, executor="replay")


def _conductor(options: dict[str, Any], desk: Callable[[str], Desk]) -> Conductor:
    programme = Programme.of(read_all(options["files"], writes=options["writes"]), options["limit"])
    diary = Diary(options["state"])
    customers, sources = options["customers"], options["sources"]
    stage = Stage(
        desk=desk(options["key"]),
        surroundings=Surroundings(
            customers=read_customers(customers, options["currency"]) if customers else {},
            sources=read_sources(sources) if sources else {},
        ),
        reviewer=_reviewer(options, desk),
        patience=0 if options["no_wait"] else options["until_decided"],
        known=dict(diary.writes),
    )
    return Conductor(programme, stage, diary)


def _reviewer(options: dict[str, Any], desk: Callable[[str], Desk]) -> SimulatedReviewer | None:
    if not options["reviewer_token"]:
        return None
    verdict: Verdict = "approve" if options["approve"] == "all" else "reject"
    return SimulatedReviewer([desk(token) for token in options["reviewer_token"]], verdict)


def _played(conductor: Conductor, parallel: int) -> dict[str, Any]:
    columns = (TextColumn("conversations"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("conversations", total=len(conductor.waiting))
        return conductor.play(parallel, lambda _talk: progress.advance(task))
