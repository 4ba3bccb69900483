"""When what happened: the same weeks for the same first Monday."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Final

from hitl.demo.encounters import Encounter
from hitl.demo.past.slips import KINDS, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

WEEKS: Final = 5
# Cases of one whole week, and the hours in which customers write.
_CASES: Final = 64
_OPEN: Final = (8, 20)
# Numbers of encounters that the living shop never reaches.
_FIRST: Final = 700_000
# From this week on the chat and the mail agent are what they are now.
CHANGED: Final = 3
_BEFORE: Final = {
    "wren-chat": {"version": "2026.10.4", "model": "lark-3-large", "prompt": "chat-38", "knowledge": "kb-2026-09-30"},
    "wren-orders": {"version": "5.1.2", "model": "plover-2", "prompt": "orders-16", "knowledge": "kb-2026-09-30"},
}
_AFTER: Final = {
    "wren-chat": {"version": "2026.11.2", "model": "lark-3-large", "prompt": "chat-40", "knowledge": "kb-2026-11-18"},
    "wren-orders": {"version": "5.2.0", "model": "plover-2", "prompt": "orders-17", "knowledge": "kb-2026-11-11"},
    "wren-voice": {"version": "0.9.4", "model": "lark-3-mini", "prompt": "voice-8", "knowledge": "kb-2026-11-18"},
}


@dataclass(frozen=True, slots=True)
class Happened:
    """One case of the past. ``chance`` goes on where the drawing of it ended."""

    kind: Kind
    encounter: Encounter
    software: dict[str, str]
    slipped: bool
    chance: Random

    @property
    def at(self) -> datetime:
        """When the agent proposed."""
        return self.encounter.began_at


def of(monday: datetime, number: int) -> Iterator[Happened]:
    """The cases of one week, from its first to its last; ``number`` counts the weeks from 0."""
    chance = Random(f"{monday:%Y-%m-%d}")  # noqa: S311 - it invents customers, it guards nothing
    moments = sorted(_moment(monday, chance) for _each in range(_CASES))
    kinds = chance.choices(KINDS, [kind.weight for kind in KINDS], k=_CASES)
    for n, (at, kind) in enumerate(zip(moments, kinds, strict=True)):
        slipped = chance.random() < kind.wrong[number >= CHANGED]
        encounter = Encounter(kind.scene(slipped=slipped), _FIRST + number * 1000 + n, at)
        yield Happened(kind, encounter, _software(kind, number), slipped, Random(f"{encounter.number}"))  # noqa: S311 - the same


def _moment(monday: datetime, chance: Random) -> datetime:
    """Weekends are quieter."""
    day = chance.choices(range(7), (6, 5, 5, 5, 5, 3, 2))[0]
    return monday + timedelta(days=day, hours=chance.uniform(*_OPEN))


def _software(kind: Kind, number: int) -> dict[str, str]:
    agent = kind.scenario.agent
    return _BEFORE.get(agent, _AFTER[agent]) if number < CHANGED else _AFTER[agent]


def corrected(encounter: Encounter, kind: Kind) -> Encounter:
    """The same with what colleagues say of its kind."""
    return replace(encounter, scenario=replace(encounter.scenario, rulings=kind.rulings))
