from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from reviewqueue.engine import judged

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    help = (
        "The error rate that a judged sample shows, with its 95 % interval, as JSON. The file is CSV with the columns "
        "stratum, population (cases of the stratum), inclusion_probability and error (0 or 1), one judged case a line. "
        "Lines that do not fit are named, and nothing is estimated then."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One file; the desk's own data is not touched."""
        parser.add_argument("file", type=Path, metavar="FILE.csv")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the estimate."""
        file: Path = options["file"]
        try:
            with file.open(encoding="utf-8-sig", newline="") as lines:
                cases, faults = judged.read(lines)
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{file} cannot be read: {getattr(error, 'strerror', None) or error}.") from error
        found = None if faults else judged.estimate(cases)
        if found is None:
            raise CommandError("\n".join(f"{file}: {fault}" for fault in faults))
        told = {"rate": round(found.rate, 6), **found.as_json(), "says": _words(found)}
        self.stdout.write(json.dumps(told, ensure_ascii=False, indent=2))


def _words(found: judged.Estimate) -> str:
    between = f"between {_percent(found.low)} and {_percent(found.high)}"
    said = f"{_percent(found.rate)} of {found.population:,} cases, {between} with 95 % confidence"
    seen = f"from {found.n:,} judged cases with {found.errors:,} errors"
    if found.few:
        return f"{said}; {seen}. That is few: read the interval, not the rate."
    return f"{said}; {seen}."


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"
