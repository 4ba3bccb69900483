from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError

from hitl.management.desk_command import DeskCommand
from reviewqueue.domain import policies
from reviewqueue.engine import canonical, hearing, policy, policy_file
from reviewqueue.queries import clock

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterator


class Command(DeskCommand):
    help = "How well the triggers hear labelled sentences: precision and recall, each with a 95 % interval, as JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One file of sentences, perhaps one of a policy."""
        parser.add_argument("file", help='JSONL: {"text": …, "triggers": [names, may be none], "language"?: …}')
        parser.add_argument("--policy", metavar="FILE", help="a policy file instead of the policy in force")
        parser.add_argument("--part", choices=hearing.PARTS, default="all", help="always the same halves")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the figures."""
        rows = list(_rows(options["file"]))
        scores = hearing.measure(_policy(options["policy"]), rows, part=options["part"])
        told = {name: score.as_json() for name, score in scores.items()}
        self.show({"rows": len(rows), "part": options["part"], "method": "Wilson, 95 %", "triggers": told})


def _policy(path: str | None) -> policy.Policy:
    if path is None:
        return policies.current(at=clock.now())[1]
    try:
        return policy.parse(policy_file.load(Path(path).read_text()))
    except (OSError, policy.PolicyError) as error:
        raise CommandError(f"{path} is no policy that can be read: {error}") from error


def _rows(path: str) -> Iterator[dict[str, Any]]:
    try:
        lines = Path(path).read_text().splitlines()
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield _row(line, f"{path}:{number}")


def _row(line: str, place: str) -> dict[str, Any]:
    try:
        row = canonical.loads(line.encode())
    except canonical.UnreadableError as error:
        raise CommandError(f"{place}: {error}") from error
    fits = isinstance(row, dict) and isinstance(row.get("text"), str) and isinstance(row.get("triggers"), list)
    if not fits:
        raise CommandError(f"{place}: a row is {json.dumps({'text': '…', 'triggers': ['…']}, ensure_ascii=False)}.")
    return dict(row)
