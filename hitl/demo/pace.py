"""How busy the demo is: lively for somebody who watches, bounded for one that is left alone over night."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

Bounds: TypeAlias = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long agents take, in seconds: between two bounds, or at most."""

    acting: Bounds = (0.1, 0.5)
    answering: Bounds = (3, 8)
    second_thoughts: Bounds = (45, 150)
    customer: float = 45 * 60
    outage: float = 10


@dataclass(frozen=True, slots=True)
class Tempo:
    """How fast a colleague works, in seconds, and how many cases that wait for them they leave to others."""

    pausing: Bounds = (8, 30)
    reading: Bounds = (8, 30)
    talking: Bounds = (40, 120)
    leave: int = 4


PATIENCE: Final = Patience()
QUIET: Final = Tempo()
RUSH: Final = Tempo(pausing=(0, 0.5), reading=(0.3, 1.5), talking=(1, 3), leave=1)


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between customers (`idle_gap` when `most_open` cases are open), and what there is at the start.

    `history`: cases that colleagues deal with before a visitor can look; `opening`: how many then wait, or soon will.
    """

    history: int = 9
    opening: int = 20
    opening_gap: float = 0.15
    gap: Bounds = (5, 15)
    idle_gap: Bounds = (30, 90)
    most_open: int = 40
    harmless_share: float = 0.5
    tempo: Tempo = QUIET
    rush: Tempo = RUSH
    patience: Patience = PATIENCE


LIVELY: Final = Pace()
