"""Run every check, each in a sandbox of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hitl.oversight.attacks import ATTACKS
from hitl.oversight.demonstrations import DEMONSTRATIONS
from hitl.oversight.findings import FAIL, Check, Finding, Notes
from hitl.oversight.sandbox import sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

CHECKS: Final = (*DEMONSTRATIONS, *ATTACKS)


def run(*, at: datetime) -> Iterator[Finding]:
    """Each check as it ends. Nothing stays in the database."""
    return (_tried(check, at) for check in CHECKS)


def _tried(check: Check, at: datetime) -> Finding:
    notes = Notes()
    try:
        with sandbox(at) as box:
            check.run(box, notes)
    except Exception as error:  # noqa: BLE001 - a check that breaks has not shown what it should
        notes.grade = FAIL
        notes.saw(f"The check itself ended with {type(error).__name__}: {error}")
    return Finding(check.name, check.title, notes.grade, tuple(notes.evidence))
