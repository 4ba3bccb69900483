"""What a check found, and what it saw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from hitl.oversight.sandbox import Sandbox

PASS, WARN, FAIL = "pass", "warn", "fail"


@dataclass(slots=True)
class Notes:
    """The evidence of one check: each claim is written down, whether it held or not."""

    evidence: list[str] = field(default_factory=list)
    grade: str = PASS

    def saw(self, what: str) -> None:
        """Evidence that proves nothing by itself."""
        self.evidence.append(what)

    def claim(self, holds: object, what: str) -> None:
        """Something that must be so."""
        self.evidence.append(what if holds else f"NOT SO: {what}")
        if not holds:
            self.grade = FAIL

    def wish(self, holds: object, what: str, otherwise: str) -> None:
        """Something that should be so; where it is not, a person should look at it."""
        self.evidence.append(what if holds else f"LOOK AT THIS: {otherwise}")
        if not holds and self.grade == PASS:
            self.grade = WARN

    def refused(self, verb: Callable[[], Any], slugs: tuple[str, ...], what: str) -> None:
        """The desk must say no, for one of these reasons."""
        try:
            verb()
        except Refusal as refusal:
            self.claim(refusal.slug in slugs, f"{what}: refused ({refusal.slug}: {refusal.says})")
        else:
            self.claim(holds=False, what=f"{what}: refused")


@dataclass(frozen=True, slots=True)
class Check:
    """One test: the requirement or attack, what must be so, and how it is tried."""

    name: str
    title: str
    run: Callable[[Sandbox, Notes], None]


@dataclass(frozen=True, slots=True)
class Finding:
    """How a check ended."""

    name: str
    title: str
    grade: str
    evidence: tuple[str, ...]
