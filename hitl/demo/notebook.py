"""What the agents remember over a restart: which encounters are open, and the next number."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from hitl import env
from hitl.demo.encounters import Encounter
from hitl.demo.scenarios import SCENARIOS

FILE: Final = env.DEMO_NOTES


class Notebook:
    """The open encounters in one small file; each follows from its name, number and moment."""

    def __init__(self, folder: Path) -> None:
        self._path = path = folder / FILE
        kept = _read(path)
        self._next = int(kept.get("next", 1))
        self._open = {encounter.number: encounter for encounter in _encounters(kept.get("open", []))}

    @property
    def empty(self) -> bool:
        """True before the first encounter of this desk."""
        return self._next == 1

    def open(self) -> list[Encounter]:
        """Every encounter that the desk has not settled, oldest first."""
        return list(self._open.values())

    def met(self, conversation: str) -> Encounter | None:
        """The open encounter behind a conversation's id."""
        return next((encounter for encounter in self._open.values() if encounter.conversation == conversation), None)

    def begin(self, scenario: str, at: datetime) -> Encounter:
        """A new encounter, on record before the desk hears of it."""
        encounter = Encounter(SCENARIOS[scenario], self._next, at)
        self._next += 1
        self._open[encounter.number] = encounter
        self._save()
        return encounter

    def correct(self, encounter: Encounter, case: str) -> Encounter:
        """The agent thinks better of it: the same encounter, whose proposal replaces this case."""
        corrected = replace(encounter, supersedes=case)
        self._open[encounter.number] = corrected
        self._save()
        return corrected

    def close(self, encounter: Encounter) -> None:
        """Nothing is left to do about this one."""
        self._open.pop(encounter.number, None)
        self._save()

    def _save(self) -> None:
        lines = [_line(encounter) for encounter in self._open.values()]
        beside = self._path.with_suffix(".new")
        beside.write_text(json.dumps({"next": self._next, "open": lines}))
        beside.replace(self._path)


def _line(encounter: Encounter) -> dict[str, Any]:
    return {
        "scenario": encounter.scenario.name,
        "number": encounter.number,
        "began_at": encounter.began_at.isoformat(),
        "supersedes": encounter.supersedes,
    }


def _read(path: Path) -> dict[str, Any]:
    try:
        kept: dict[str, Any] = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return kept


def _encounters(lines: Iterable[dict[str, Any]]) -> Iterable[Encounter]:
    """Those whose scenario still exists."""
    for line in lines:
        if scenario := SCENARIOS.get(line["scenario"]):
            began_at = datetime.fromisoformat(line["began_at"])
            yield Encounter(scenario, line["number"], began_at, line["supersedes"])
