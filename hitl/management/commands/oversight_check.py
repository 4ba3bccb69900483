from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError

from hitl.management.desk_command import DeskCommand
from hitl.oversight import trial
from hitl.oversight.findings import FAIL, WARN
from reviewqueue.domain import policies
from reviewqueue.queries import clock

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from hitl.oversight.findings import Finding


class Command(DeskCommand):
    help = "Show that oversight works here: demonstrations and attacks against the policy in force, kept nowhere."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """For people, or with ``--json`` for programs."""
        parser.add_argument("--json", action="store_true", help="print the findings as JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Each check with its evidence; status 1 when one fails."""
        at = clock.now()
        number, policy = policies.current(at=at)
        findings = []
        if not options["json"]:
            self.stdout.write(f"Policy {number}, {policy.name}, digest {policy.digest}, at {at.isoformat()}\n")
        for finding in trial.run(at=at):
            findings.append(finding)
            if not options["json"]:
                self._tell(finding)
        if options["json"]:
            self._show(number, policy.digest, at.isoformat(), findings)
        if failed := [finding.name for finding in findings if finding.grade == FAIL]:
            raise CommandError(f"{len(failed)} of {len(findings)} failed: {', '.join(failed)}.")
        if not options["json"]:
            warned = sum(finding.grade == WARN for finding in findings)
            more = f", {warned} of them with something to look at" if warned else ""
            self.stdout.write(f"{len(findings)} of {len(findings)} hold{more}. Nothing of this was kept.")

    def _tell(self, finding: Finding) -> None:
        self.stdout.write(f"{finding.grade:4}  {finding.name:14}  {finding.title}")
        for line in finding.evidence:
            self.stdout.write(f"      {'':14}  - {line}")

    def _show(self, number: int, digest: str, at: str, findings: list[Finding]) -> None:
        failed = any(finding.grade == FAIL for finding in findings)
        shown = {"policy": number, "digest": digest, "at": at, "passed": not failed}
        checks = [{**asdict(finding), "evidence": list(finding.evidence)} for finding in findings]
        self.stdout.write(json.dumps(shown | {"checks": checks}, ensure_ascii=False, indent=2))
