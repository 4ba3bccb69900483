"""How long a new case will wait: a queue with several reviewers, measured against what really happened.

The model says how much work lies before a case, in turns of one reviewer. What a turn takes is not assumed: each
answered case tells how many seconds one turn of its own estimate turned out to be, and the quantiles of these are used.
So whatever the model leaves out is measured along with the rest, and four fifths stay four fifths.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

FEWEST: Final = 5
# The last so many answered cases count: enough for a quantile, and soon those of today.
LOOKED_AT: Final = 200


@dataclass(frozen=True, slots=True)
class Expected:
    """Half of the cases like this one are answered within ``p50`` seconds, four fifths within ``p80``."""

    p50: float
    p80: float


def turns(*, before: int, in_hand: int, on: int) -> float:
    """How many turns until a case is answered, its own included.

    ``before``: cases that wait and come first; ``in_hand``: cases that somebody works on; ``on``: people who work.
    """
    people = max(on, 1)
    first = max(before + min(in_hand, people) - people + 1, 0)
    return 1 + first / people


def expected(ahead: float, seconds_a_turn: Sequence[float]) -> Expected | None:
    """The estimate from what a turn took lately; ``None`` while fewer than five answers are known."""
    if len(seconds_a_turn) < FEWEST:
        return None
    known = sorted(seconds_a_turn)
    return Expected(ahead * _quantile(known, 0.5), ahead * _quantile(known, 0.8))


def _quantile(known: Sequence[float], share: float) -> float:
    """Of so many that the next one stays below it in ``share`` of all cases (not only the known ones)."""
    return known[min(math.ceil((len(known) + 1) * share), len(known)) - 1]
