"""How long a case will wait, from who works in its queue now and what answers took; and whether that came true."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db.models import Exists, OuterRef

from reviewqueue.engine import wait_model
from reviewqueue.engine.estimates import Share
from reviewqueue.models import OPEN, Case, Decision, State, ids
from reviewqueue.queries import real

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

# Who decided something in this time, or holds a case, is at work.
AT_WORK: Final = timedelta(hours=1)
_SILENT: Final = (State.EXPIRED, State.WITHDRAWN, State.SUPERSEDED)
_GIVEN_UP: Final = timedelta(days=14)
_MOST: Final = 2000
_LONGEST: Final = 366 * 86_400
_FAR_BACK: Final = 10 * wait_model.LOOKED_AT


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
    seen: tuple[wait_model.Seen, ...]

    def turns(self, rank_at: datetime | None) -> float:
        """The work before a case of this rank, its own included; without a rank it comes last."""
        before = bisect_left(self.ranks, rank_at) if rank_at else len(self.ranks)
        return wait_model.turns(before=before, in_hand=self.in_hand, on=self.on)

    def wait(self, turns: float) -> Wait | None:
        """The estimate; ``None`` while fewer than five answers are known."""
        found = wait_model.expected(turns, self.seen)
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
    """Three queries."""
    rows = Case.objects.filter(queue_id=name, rank_at__isnull=False, state__in=OPEN).order_by("rank_at")
    columns = ("state", "claimed_by_id", "rank_at", "pk", "created_at", "turns_ahead")
    open_cases = list(rows.values_list(*columns)[:_MOST])
    holders = {holder for state, holder, *_case in open_cases if state == State.CLAIMED}
    answers = list(
        _answered()
        .filter(case__queue_id=name)
        .values_list("case_id", "case__created_at", "case__turns_ahead", "decided_at", "decided_by_id")[
            : wait_model.LOOKED_AT
        ]
    )
    deciders = {person for *_case, decided_at, person in answers if decided_at > at - AT_WORK}
    # What happened before the oldest answer that is looked at is not looked at.
    since = min(decided_at for *_case, decided_at, _person in answers) if len(answers) == wait_model.LOOKED_AT else None
    answered = {
        pk: _seen(created_at, turns, until, since, answered=True) for pk, created_at, turns, until, _who in answers
    }
    given_up = _given_up(name, since, at)
    waiting = [(pk, created_at, turns, at) for *_state, pk, created_at, turns in open_cases]
    silent = {
        pk: _seen(created_at, turns, until, since, answered=False)
        for pk, created_at, turns, until in [*given_up, *waiting]
    }
    return Lately(
        ranks=tuple(rank for state, _holder, rank, *_case in open_cases if rank and state != State.CLAIMED),
        in_hand=len(holders),
        on=max(len(holders | deciders), 1),
        seen=tuple((silent | answered).values()),
    )


def _given_up(name: str, since: datetime | None, at: datetime) -> list[tuple[str, datetime, float | None, datetime]]:
    """Cases that nobody answered: they expired, were taken back or replaced; the newest, with when that was."""
    newer = ids.first_at("case", at - _GIVEN_UP)
    ended = real.cases().filter(pk__gte=newer, queue_id=name, state__in=_SILENT).order_by("-pk")
    if since:
        ended = ended.filter(updated_at__gte=since)
    return list(ended.values_list("pk", "created_at", "turns_ahead", "updated_at")[: wait_model.LOOKED_AT])


def _seen(
    created_at: datetime, turns: float | None, until: datetime, since: datetime | None, *, answered: bool
) -> wait_model.Seen:
    """In turns of the case's own estimate; a clock that was set back makes no negative time."""
    waited = max((until - created_at).total_seconds(), 0.0)
    before = max((since - created_at).total_seconds(), 0.0) if since else 0.0
    return wait_model.Seen(waited / (turns or 1.0), answered=answered, since=min(before, waited) / (turns or 1.0))


def truth(*, at: datetime) -> list[Truth]:
    """For each queue, whether what the last customers were told came true.

    Whoever still waits when the time is over, or never had an answer of a person, was told something that was not.
    """
    rows = _answered().filter(case__told_p80__isnull=False)
    columns = ("case_id", "case__queue_id", "case__created_at", "decided_at", "case__told_p50", "case__told_p80")
    kept = _unanswered(at)
    for case, queue, created_at, decided_at, p50, p80 in rows.values_list(*columns)[:_FAR_BACK]:
        waited = (decided_at - created_at).total_seconds()
        kept[case] = (queue, (waited <= p50, waited <= p80))
    told: dict[str, list[tuple[bool, bool]]] = {}
    for _case, (queue, came_true) in sorted(kept.items(), reverse=True):
        told.setdefault(queue, []).append(came_true)
    return [_truth(queue, found[: wait_model.LOOKED_AT]) for queue, found in sorted(told.items())]


def _unanswered(at: datetime) -> dict[str, tuple[str, tuple[bool, bool]]]:
    """The newest cases whose time is over without an answer; what was taken back or taken over is not among them."""
    silent = ~Exists(_answered().filter(case_id=OuterRef("pk")))
    open_or_over = real.cases().filter(silent, told_p80__isnull=False, outcome__in=["", "expired", "decided"])
    rows = open_or_over.order_by("-pk").values_list("pk", "queue_id", "created_at", "told_p80")[:_FAR_BACK]
    return {
        case: (queue, (False, False)) for case, queue, since, p80 in rows if (at - since).total_seconds() > (p80 or 0)
    }


def _whole(seconds: float) -> int:
    """As a column holds it; a clock that was set back makes no negative wait."""
    return min(max(round(seconds), 0), _LONGEST)


def _answered() -> QuerySet[Decision]:
    """What people decided, the newest first."""
    recent = real.decisions().filter(decided_by__isnull=False, undone_at=None, took_effect_at__isnull=False)
    return recent.order_by("-id")


def _truth(queue: str, kept: list[tuple[bool, bool]]) -> Truth:
    count = len(kept)
    half, most = (sum(each[place] for each in kept) for place in (0, 1))
    return Truth(queue, count, half / count, most / count, *Share(most, count).bounds)
