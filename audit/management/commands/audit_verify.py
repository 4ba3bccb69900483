"""Evidence checked."""

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from audit import guards, heads, verify
from audit.standalone.verify_export import Fault, Report


class Command(BaseCommand):
    """`audit_verify [PATH]`: prints a JSON report; status 1 and the first bad place when something does not hold."""

    help = "Check the audit ledger in the database, or an export of it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """PATH of an export; without it the database is checked."""
        parser.add_argument("path", type=Path, nargs="?", help="an export; the database when left out")

    def handle(self, *, path: Path | None, **_options: object) -> None:
        """Check and report."""
        try:
            report = verify.verify_export(path) if path else _verify_database()
        except OSError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(report.as_json())
        if report.fault:
            raise CommandError(_in_words(report.fault))


def _verify_database() -> Report:
    with verify.snapshot():
        expected = heads.expected()
        report = verify.verify(heads=expected.seqs, complete=expected.complete)
    if report.holds and (gone := guards.missing(connection)):
        says = f"the entries hold, but the database would let them be changed: {', '.join(gone)} is missing"
        report.fault = Fault("", None, "guards", says)
    return report


def _in_words(fault: Fault) -> str:
    place = f"{fault.subject} entry {fault.seq}" if fault.seq else fault.subject
    line = f"line {fault.line}: " if fault.line else ""
    detail = f" (expected {fault.expected}, found {fault.found})" if fault.expected or fault.found else ""
    return f"The ledger does not hold. {line}{place}: {fault.says}{detail}"
