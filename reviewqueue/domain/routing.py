"""Where a case waits: in the queue that the policy named, or in the next one when nobody can serve it there."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from audit import rows
from audit.actions import SYSTEM
from reviewqueue.domain import deadlines, lifecycle
from reviewqueue.engine import business_time
from reviewqueue.models import Case, Move, Queue, State
from reviewqueue.queries import outlook, promises, team

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from audit.actions import Actor

# A case that went round so often stays where it is.
MOST_MOVES: Final = 24
_LONGEST_CHAIN: Final = 12
_LOOK_AGAIN: Final = timedelta(minutes=1)


def placed(queue: Queue, *, language: str, at: datetime) -> tuple[Queue, str]:
    """Where a new case goes, and why not to ``queue``: ``language``, ``closed``, ``nobody``, ``full``; empty: it does.

    When no queue after it can serve the case either, it waits where the policy wants it.
    """
    if not queue.overflow_to_id or not (why := _unserved(queue, language, at)):
        return queue, ""
    found = next((each for each in _after(queue) if _serves(each, language, at)), None)
    return (found, why) if found else (queue, "")


def admit(
    case: Case,
    *,
    actor: Actor,
    data: Mapping[str, Any],
    at: datetime,
    begins_at: datetime | None = None,
    due_at: datetime | None = None,
) -> None:
    """Open a case in the queue where somebody can see to it, with its deadlines.

    ``begins_at``: since when it waits, if not since now; ``due_at``: a time that goes before what is promised.
    """
    wanted = case.queue
    case.queue, why = placed(wanted, language=case.language, at=at)
    promised = deadlines.of(case, at=begins_at or at)
    case.due_at = due_at or promised.due_at
    outlook.promise(case, at=at)
    lifecycle.open_case(
        case, "queue", actor=actor, at=at, data={**data, **(_instead(wanted, case, why) if why else {})}
    )
    if why:
        remember(case, wanted, why=Move.Why.OVERFLOW, at=at)
    promised.start(case)


def _instead(wanted: Queue, case: Case, why: str) -> dict[str, Any]:
    return {"routed": {"from": wanted.pk, "to": case.queue_id, "why": why}}


def overflow_each(cases: Sequence[Case], *, at: datetime) -> dict[str, datetime]:
    """Pass locked cases that still wait on to the next queues that serve them; where none does, when to look again."""
    been: dict[str, list[str]] = {case.pk: [] for case in cases}
    for case_id, queue in Move.objects.filter(case__in=been).values_list("case_id", "from_queue_id"):
        been[case_id].append(queue)
    look, again, wanted = _Look(at, len(cases)), dict[str, Any](), []
    for case in (each for each in cases if each.state == State.QUEUED and len(been[each.pk]) < MOST_MOVES):
        chain = look.chain(case, been[case.pk])
        if found := next((queue for queue in chain if look.serves(queue, case.language)), None):
            look.sent(case.queue, found)
            wanted.append((case, found))
        elif chain:
            again[case.pk] = max(at + _LOOK_AGAIN, min(_opens(queue, at) for queue in chain))
    move_each(wanted, why=Move.Why.OVERFLOW, actor=SYSTEM, at=at)
    return again


class _Look:
    """Which queues serve whom at one moment, asked once of each; what is sent on meanwhile fills them."""

    def __init__(self, at: datetime, most: int) -> None:
        self._at, self._most = at, most
        self._shut: dict[tuple[str, str], str] = {}
        self._waiting: dict[str, int] = {}
        self._sent = Counter[str]()

    def chain(self, case: Case, been: Collection[str]) -> list[Queue]:
        """Where a case may go from its queue: where it was before only while nobody works here."""
        closed = self._why_not(case.queue, case.language) in {"closed", "nobody"}
        return [queue for queue in _after(case.queue) if closed or queue.pk not in been]

    def serves(self, queue: Queue, language: str) -> bool:
        """Is it open, in this language, and not full?"""
        if not business_time.is_open(self._at, promises.hours(queue)) or self._why_not(queue, language):
            return False
        return queue.overflow_above is None or self._count(queue, queue.overflow_above) < queue.overflow_above

    def sent(self, left: Queue, to: Queue) -> None:
        """One case goes."""
        self._sent[left.pk] -= 1
        self._sent[to.pk] += 1

    def _why_not(self, queue: Queue, language: str) -> str:
        asked = (queue.pk, language)
        if asked not in self._shut:
            self._shut[asked] = _shut(queue, language, self._at)
        return self._shut[asked]

    def _count(self, queue: Queue, above: int) -> int:
        if queue.pk not in self._waiting:
            # Those that were sent before it was asked are not stored yet.
            self._waiting[queue.pk] = _waiting(queue, above + self._most)
        return self._waiting[queue.pk] + self._sent[queue.pk]


def move(
    case: Case, queue: Queue, *, why: str, actor: Actor, at: datetime, note: str = "", user: int | None = None
) -> Case:
    """Bring a locked case to another queue, remember that it did not stay where it was, and set its deadlines anew."""
    left, resumed = case.queue, deadlines.resume(case, at=at)
    due_at = resumed.get("due_at", case.due_at)
    data, changes = _told(case, queue, why, note), _moved(case, queue, due_at, at)
    lifecycle.advance(case, "reroute", actor=actor, at=at, data=data, **changes)
    remember(case, left, why=why, user=user, at=at)
    deadlines.follow(case, at=at)
    return case


def move_each(wanted: Sequence[tuple[Case, Queue]], *, why: str, actor: Actor, at: datetime) -> None:
    """``move`` for many locked cases at once whose clocks run, in a few statements."""
    moves = [Move(case=case, from_queue_id=case.queue_id, to_queue=queue, why=why, at=at) for case, queue in wanted]
    moved = [(case, _told(case, queue, why), _moved(case, queue, case.due_at, at)) for case, queue in wanted]
    lifecycle.advance_each(moved, "reroute", actor=actor, at=at)
    rows.insert_each(moves)
    for case, queue in wanted:
        case.queue = queue
    deadlines.follow_each([case for case, _queue in wanted], at=at)


def _told(case: Case, queue: Queue, why: str, note: str = "") -> dict[str, Any]:
    return {"to_user": None, "to_queue": queue.pk, "from_queue": case.queue_id, "note": note, "why": str(why)}


def _moved(case: Case, queue: Queue, due_at: datetime | None, at: datetime) -> dict[str, Any]:
    return {
        "queue_id": queue.pk,
        "due_at": min(due_at or case.expires_at, at + queue.target(case.priority)),
        "claimed_by_id": None,
        "claimed_at": None,
        "claim_expires_at": None,
        "waiting_on": "reviewer",
    }


def remember(case: Case, left: Queue, *, why: str, at: datetime, user: int | None = None) -> None:
    """The case is no longer in the queue where it was first."""
    Move.objects.create(case=case, from_queue=left, to_queue_id=case.queue_id, why=why, user_id=user, at=at)


def _serves(queue: Queue, language: str, at: datetime) -> bool:
    return business_time.is_open(at, promises.hours(queue)) and not _unserved(queue, language, at)


def _unserved(queue: Queue, language: str, at: datetime) -> str:
    if why := _shut(queue, language, at):
        return why
    above = queue.overflow_above
    return "full" if above is not None and _waiting(queue, above) >= above else ""


def _shut(queue: Queue, language: str, at: datetime) -> str:
    if language and queue.languages and _primary(language) not in map(_primary, queue.languages):
        return "language"
    if queue.overflow_when_closed and not business_time.is_open(at, promises.hours(queue)):
        return "closed"
    if queue.overflow_when_closed and team.nobody_on(queue, at=at):
        return "nobody"
    return ""


def _waiting(queue: Queue, most: int) -> int:
    """How many wait in a queue; not counted further than ``most``."""
    waiting = Case.objects.filter(queue=queue, rank_at__isnull=False, state=State.QUEUED)
    return waiting.order_by()[:most].count()


def _after(queue: Queue) -> Iterator[Queue]:
    """The queues that follow each other behind this one, each once."""
    seen = {queue.pk}
    for _each in range(_LONGEST_CHAIN):
        following = queue.overflow_to
        if following is None or following.pk in seen:
            return
        seen.add(following.pk)
        yield following
        queue = following


def _opens(queue: Queue, at: datetime) -> datetime:
    return business_time.opens_at(at, promises.hours(queue))


def _primary(tag: str) -> str:
    return tag.replace("_", "-").partition("-")[0].lower()
