"""How long a case will wait, from who works in its queue now and what answers took; and whether that came true."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from reviewqueue.engine import wait_model
from reviewqueue.engine.estimates import Share
from reviewqueue.models import OPEN, Case, Decision, State
from reviewqueue.queries import real

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django.db.models import QuerySet

# Who decided something in this time, or holds a case, is at work.
AT_WORK: Final = timedelta(hours=1)
_MOST: Final = 2000
_LONGEST: Final = 366 * 86_400


@dataclass(frozen=True, slots=True)
class Wait:
    """Half of the cases like this one are answered within ``p50_seconds``, four fifths within ``p80_seconds``."""

    p50_seconds: int
    p80_seconds: int


@dataclass(frozen=True, slots=True)
class Lately:
    """A queue at one moment: the ranks of who waits, how many are in hand, who works, what a turn took lately."""

    ranks: tuple[datetime, ...]
    in_hand: int
    on: int
    seconds_a_turn: tuple[float, ...]

    def turns(self, rank_at: datetime | None) -> float:
        """The work before a case of this rank, its own included; without a rank it comes last."""
        before = bisect_left(self.ranks, rank_at) if rank_at else len(self.ranks)
        return wait_model.turns(before=before, in_hand=self.in_hand, on=self.on)

    def wait(self, turns: float) -> Wait | None:
        """The estimate; ``None`` while fewer than five answers are known."""
        found = wait_model.expected(turns, self.seconds_a_turn)
        return Wait(_whole(found.p50), _whole(found.p80)) if found else None


@dataclass(frozen=True, slots=True)
class Truth:
    """How many of ``cases`` were answered within what was told, as shares; ``low`` and ``high`` bound the second."""

    queue: str
    cases: int
    half: float
    four_fifths: float
    low: float
    high: float


def of_queue(name: str, *, at: datetime) -> Lately:
    """Two queries."""
    rows = Case.objects.filter(queue_id=name, rank_at__isnull=False, state__in=OPEN).order_by("rank_at")
    open_cases = list(rows.values_list("state", "claimed_by_id", "rank_at")[:_MOST])
    holders = {holder for state, holder, _rank in open_cases if state == State.CLAIMED}
    answers = list(
        _answered()
        .filter(case__queue_id=name)
        .values_list("case_id", "case__created_at", "decided_at", "case__turns_ahead", "decided_by_id")[
            : wait_model.LOOKED_AT
        ]
    )
    deciders = {person for *_case, decided_at, _turns, person in answers if decided_at > at - AT_WORK}
    return Lately(
        ranks=tuple(rank for state, _holder, rank in open_cases if rank and state != State.CLAIMED),
        in_hand=len(holders),
        on=max(len(holders | deciders), 1),
        seconds_a_turn=_turns_took(answers),
    )


def truth() -> list[Truth]:
    """For each queue, whether what the last customers were told came true."""
    rows = _answered().filter(case__told_p80__isnull=False)
    told: dict[str, dict[str, tuple[bool, bool]]] = {}
    columns = ("case_id", "case__queue_id", "case__created_at", "decided_at", "case__told_p50", "case__told_p80")
    for case, queue, created_at, decided_at, p50, p80 in rows.values_list(*columns)[: 10 * wait_model.LOOKED_AT]:
        waited = (decided_at - created_at).total_seconds()
        kept = told.setdefault(queue, {})
        if len(kept) < wait_model.LOOKED_AT:
            kept[case] = (waited <= p50, waited <= p80)
    return [_truth(queue, list(kept.values())) for queue, kept in sorted(told.items())]


def _whole(seconds: float) -> int:
    """As a column holds it; a clock that was set back makes no negative wait."""
    return min(max(round(seconds), 0), _LONGEST)


def _answered() -> QuerySet[Decision]:
    """What people decided, the newest first."""
    recent = real.decisions().filter(decided_by__isnull=False, undone_at=None, took_effect_at__isnull=False)
    return recent.order_by("-id")


def _turns_took(answers: Iterable[tuple[str, datetime, datetime, float | None, int]]) -> tuple[float, ...]:
    """Seconds for each turn of the case's own estimate; each case once."""
    took = {
        case: (decided_at - created_at).total_seconds() / (turns or 1.0)
        for case, created_at, decided_at, turns, _person in answers
    }
    return tuple(took.values())


def _truth(queue: str, kept: list[tuple[bool, bool]]) -> Truth:
    count = len(kept)
    half, most = (sum(each[place] for each in kept) for place in (0, 1))
    return Truth(queue, count, half / count, most / count, *Share(most, count).bounds)
