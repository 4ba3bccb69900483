from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError

from hitl import doctor
from hitl.management.desk_command import DeskCommand
from reviewqueue.queries import clock

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(DeskCommand):
    help = "Say what is configured, what is missing and what is unsafe; status 1 when something is unsafe."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """For people, or with ``--json`` for programs."""
        parser.add_argument("--json", action="store_true", help="print the findings as JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        """One line for each finding."""
        findings = list(doctor.examine(at=clock.now()))
        if options["json"]:
            self.stdout.write(json.dumps([asdict(found) for found in findings], ensure_ascii=False, indent=2))
        else:
            for found in findings:
                self.stdout.write(f"{found.grade:8} {found.topic:12} {found.says}")
        if unsafe := sum(found.grade == doctor.Grade.UNSAFE for found in findings):
            raise CommandError(f"{unsafe} unsafe.")
