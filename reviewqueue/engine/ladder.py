"""The autonomy ladder: what each rung asks for at least, what evidence carries to the next, and when to step down.

* Evidence is the one-sided upper 95 % bound (Clopper–Pearson) of the error rate: without any error, 59 reviews show
  that it is below 5 %, 149 below 2 %, 299 below 1 %.
* The way down is a sequential test that may be looked at after each review: the likelihood ratio of "alarming" against
  "at the limit", never below 1 (CUSUM). At the limit it needs on average at least ``patience`` reviews for a false
  alarm, because under it the expected ratio of each review is at most 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

OFF, SHADOW, REVIEW_ALL, REVIEW_SAMPLED, AUTOMATIC = "off", "shadow", "review_all", "review_sampled", "automatic"
RUNGS: Final = (OFF, SHADOW, REVIEW_ALL, REVIEW_SAMPLED, AUTOMATIC)
# From here on something runs that no person has seen.
UNSEEN: Final = (REVIEW_SAMPLED, AUTOMATIC)
TRIGGER: Final = "autonomy"
CONFIDENCE: Final = 0.95
# What a rung asks for at least; a policy may always ask for more.
_AT_LEAST: Final = {OFF: "handoff", SHADOW: "review", REVIEW_ALL: "review", REVIEW_SAMPLED: "watch"}
_SAYS: Final = {
    OFF: "%s is off for this agent: a person does it",
    SHADOW: "%s is in shadow: a person decides, and the proposal is compared with what they say first",
    REVIEW_ALL: "%s is reviewed each time",
    REVIEW_SAMPLED: "%s is reviewed by sample; this one is released and watched",
}
_DRAWN: Final = "%s is reviewed by sample; this one was drawn"


@dataclass(frozen=True, slots=True)
class Floor:
    """What the ladder asks for one action at least."""

    call_id: str
    outcome: str
    rung: str
    says: str


def floor(rung: str, *, call_id: str, action: str, drawn: bool = False) -> Floor | None:
    """The floor of a rung; ``None`` where the policy alone decides. ``drawn``: is this one of the sample?"""
    if rung == REVIEW_SAMPLED and drawn:
        return Floor(call_id, "review", rung, _DRAWN % action)
    return Floor(call_id, _AT_LEAST[rung], rung, _SAYS[rung] % action) if rung in _AT_LEAST else None


def stricter(one: str, other: str) -> str:
    """The lower of two rungs."""
    return min(one, other, key=RUNGS.index)


def above(rung: str) -> str:
    """The next rung; empty on the last one."""
    place = RUNGS.index(rung) + 1
    return RUNGS[place] if place < len(RUNGS) else ""


def upper_bound(errors: int, n: int) -> float:
    """With 95 % the error rate is below this; 1 when nothing was reviewed."""
    if not n or errors >= n:
        return 1.0
    if not errors:
        return 1 - math.pow(1 - CONFIDENCE, 1 / n)
    from scipy.special import betaincinv  # noqa: PLC0415 - SciPy is loaded by whoever estimates, never at rest

    return float(betaincinv(errors + 1, n - errors, CONFIDENCE))


def reviews_needed(limit: float, errors: int = 0) -> int:
    """How many reviews with so many errors bring the bound below the limit."""
    if not errors:
        return math.ceil(math.log(1 - CONFIDENCE) / math.log(1 - limit) + 1e-9)
    low, high = errors + 1, 2 * errors + 2
    while upper_bound(errors, high) >= limit:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if upper_bound(errors, middle) < limit else (middle, high)
    return high


@dataclass(frozen=True, slots=True)
class Detector:
    """Tells when an error rate has gone from at most ``limit`` to something like ``alarming``."""

    limit: float
    alarming: float
    patience: int

    def reading(self, errors: Iterable[bool]) -> float:
        """Where the test stands after these reviews, oldest first; at ``patience`` and above it demotes."""
        wrong, right = self.alarming / self.limit, (1 - self.alarming) / (1 - self.limit)
        standing = 1.0
        for error in errors:
            standing = max(standing, 1.0) * (wrong if error else right)
            if standing >= self.patience:
                return standing
        return standing

    def alarms(self, errors: Iterable[bool]) -> bool:
        """Is it time to step down?"""
        return self.reading(errors) >= self.patience
