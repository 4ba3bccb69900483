"""Evidence out."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from audit import export, heads
from audit.standalone.verify_export import Broken


class Command(BaseCommand):
    """`audit_export PATH [--case C]`: prints JSON with what was written and the fingerprint to note elsewhere."""

    help = "Write the audit ledger to a JSON Lines file, with a stand-alone verifier next to it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """PATH and, for one case, its id."""
        parser.add_argument("path", type=Path, help="the file to write, e.g. evidence.jsonl")
        parser.add_argument("--case", help="only this case, e.g. case_01")

    def handle(self, *, path: Path, case: str | None, **_options: object) -> None:
        """Write the export."""
        subject = f"case:{case.removeprefix('case:')}" if case else None
        try:
            written = export.write(path, at=timezone.now(), subject=subject, expected=heads.expected())
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror or error}.") from error
        except (LookupError, Broken) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps(asdict(written), indent=2))
