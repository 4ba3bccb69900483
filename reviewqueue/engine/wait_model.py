"""How long a new case will wait: a queue with several reviewers, measured against what really happened.

The model says how much work lies before a case, in turns of one reviewer. What a turn takes is not assumed: each
answered case tells how many seconds one turn of its own estimate turned out to be, and the quantiles of these are used.
So whatever the model leaves out is measured along with the rest, and four fifths stay four fifths.

Who still waits, gave up or expired tells something too: that it takes longer than that. Left out, only short waits
would ever be seen. They count as censored (Kaplan and Meier), and everybody only from when we began to look.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

FEWEST: Final = 5
# Of a case that was seen from its beginning on, which may also be answered in the same moment.
_ALWAYS: Final = -1.0
# Products of fractions are a little less than the fraction that they make.
_TINY: Final = 1e-9
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


@dataclass(frozen=True, slots=True)
class Seen:
    """What one turn took in one case: its answer came after ``turn`` seconds, or (not ``answered``) it had not by then.

    ``since``: how much of that had passed when we began to look; who was gone before was not seen.
    """

    turn: float
    answered: bool = True
    since: float = 0.0


def expected(ahead: float, seen: Sequence[Seen]) -> Expected | None:
    """The estimate from what a turn took lately; ``None`` while fewer than five answers are known."""
    if sum(each.answered for each in seen) < FEWEST:
        return None
    p50, p80 = quantiles(seen, (0.5, 0.8))
    return Expected(ahead * p50, ahead * p80)


def quantiles(seen: Sequence[Seen], shares: Sequence[float]) -> list[float]:
    """For each share, what a turn takes at most in so many of all cases, those without an answer included.

    Of so many that the next one stays below it too. Where too few have an answer to know: the longest time that anybody
    is known to have waited.
    """
    seen = [each for each in seen if each.turn > each.since or not each.since]
    exits = sorted(each.turn for each in seen)
    begins = sorted(each.since or _ALWAYS for each in seen)
    left, known = 1.0, list[tuple[float, float]]()
    for turn, answers in sorted(Counter(each.turn for each in seen if each.answered).items()):
        at_risk = bisect_left(begins, turn) - bisect_left(exits, turn)
        left *= 1 - answers / at_risk
        known.append((1 - left + _TINY, turn))
    wanted = [min(share * (len(seen) + 1) / len(seen), 1.0) for share in shares]
    return [next((turn for reached, turn in known if reached >= share), exits[-1]) for share in wanted]
