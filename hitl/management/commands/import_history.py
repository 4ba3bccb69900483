from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from django.core.management.base import CommandError
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from hitl.history import lines
from hitl.management.desk_command import DeskCommand
from reviewqueue.domain import history
from reviewqueue.models import Agent
from reviewqueue.queries import clock, pasts

if TYPE_CHECKING:
    from argparse import ArgumentParser

_AT_ONCE: Final = 200


class Command(DeskCommand):
    help = (
        "Take in stored history: proposals in wire format, one a line, each with an optional “decision” (approve, "
        "edit, reject, respond), “outcome” (succeeded, failed, unknown, reversed, incident) and “created_at”. Imported "
        "cases are in nobody's queue and have no grants. Interrupted, it goes on where it ended when it is run again; "
        "lines that do not fit are named, and end it with status 1."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One file, one agent."""
        parser.add_argument("file", type=Path, metavar="FILE.jsonl")
        parser.add_argument("--agent", default="history", metavar="NAME", help="whose history it is (%(default)s)")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Read, store in batches, print what came of it as JSON."""
        file: Path = options["file"]
        try:
            size = file.stat().st_size
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
        agent = history.agent_named(options["agent"], at=clock.now())
        columns = (TextColumn("cases"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True)) as progress:
            task = progress.add_task("cases", total=size)
            told = self._take_in(file, agent, lambda bytes_read: progress.advance(task, bytes_read))
        self.show({"agent": agent.name, **told})
        if told["rejected"]:
            sys.exit(1)

    def _take_in(self, file: Path, agent: Agent, advance: Any) -> dict[str, Any]:
        told: dict[str, Any] = {"lines": 0, "imported": 0, "known": 0, "rejected": []}
        memory = pasts.Memory()
        for batch in _batches(lines.read(file)):
            good = [line for line in batch if isinstance(line, lines.Line)]
            new = history.take_in([_remembered(line, memory, agent) for line in good], agent=agent, at=clock.now())
            told["lines"] += len(batch)
            told["imported"] += new
            told["known"] += len(good) - new
            told["rejected"] += [str(line) for line in batch if isinstance(line, lines.Fault)]
            advance(sum(line.size for line in batch))
        return told


def _remembered(line: lines.Line, memory: pasts.Memory, agent: Agent) -> history.Memory:
    facts = memory.facts(line.proposal.document, agent=agent.name, team=agent.team, at=line.at)
    at = line.at or clock.now()
    return history.Memory(line.proposal, facts, line.decision, line.outcome, line.said, at)


def _batches(found: Iterator[lines.Line | lines.Fault]) -> Iterator[list[lines.Line | lines.Fault]]:
    batch: list[lines.Line | lines.Fault] = []
    for line in found:
        batch.append(line)
        if len(batch) == _AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch
