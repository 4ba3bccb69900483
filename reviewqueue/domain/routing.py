"""Where a case waits: in the queue that the policy named, or in the next one when nobody can serve it there."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from audit.actions import SYSTEM
from reviewqueue.domain import deadlines, lifecycle
from reviewqueue.engine import business_time
from reviewqueue.models import Case, Move, Queue, State
from reviewqueue.queries import outlook, promises, team

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
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


def overflow(case: Case, *, at: datetime) -> datetime | None:
    """Pass a locked case that still waits on to the next queue that serves it; when none does, when to look again."""
    moved = case.moves.count()
    if case.state != State.QUEUED or moved >= MOST_MOVES:
        return None
    closed = _unserved(case.queue, case.language, at) in {"closed", "nobody"}
    been = set() if closed else set(case.moves.values_list("from_queue_id", flat=True))
    chain = [queue for queue in _after(case.queue) if queue.pk not in been]
    found = next((queue for queue in chain if _serves(queue, case.language, at)), None)
    if found is None:
        return max(at + _LOOK_AGAIN, min(_opens(queue, at) for queue in chain)) if chain else None
    move(case, found, why=Move.Why.OVERFLOW, actor=SYSTEM, at=at)
    return None


def move(
    case: Case, queue: Queue, *, why: str, actor: Actor, at: datetime, note: str = "", user: int | None = None
) -> Case:
    """Bring a locked case to another queue, remember that it did not stay where it was, and set its deadlines anew."""
    left, resumed = case.queue, deadlines.resume(case, at=at)
    due_at = resumed.get("due_at", case.due_at) or case.expires_at
    changes: dict[str, Any] = {
        "queue_id": queue.pk,
        "due_at": min(due_at, at + queue.target(case.priority)),
        "claimed_by_id": None,
        "claimed_at": None,
        "claim_expires_at": None,
        "waiting_on": "reviewer",
    }
    data = {"to_user": None, "to_queue": queue.pk, "from_queue": left.pk, "note": note, "why": str(why)}
    lifecycle.advance(case, "reroute", actor=actor, at=at, data=data, **changes)
    remember(case, left, why=why, user=user, at=at)
    deadlines.follow(case, at=at)
    return case


def remember(case: Case, left: Queue, *, why: str, at: datetime, user: int | None = None) -> None:
    """The case is no longer in the queue where it was first."""
    Move.objects.create(case=case, from_queue=left, to_queue_id=case.queue_id, why=why, user_id=user, at=at)


def _serves(queue: Queue, language: str, at: datetime) -> bool:
    return business_time.is_open(at, promises.hours(queue)) and not _unserved(queue, language, at)


def _unserved(queue: Queue, language: str, at: datetime) -> str:
    if language and queue.languages and _primary(language) not in map(_primary, queue.languages):
        return "language"
    if queue.overflow_when_closed and not business_time.is_open(at, promises.hours(queue)):
        return "closed"
    if queue.overflow_when_closed and team.nobody_on(queue, at=at):
        return "nobody"
    if queue.overflow_above is not None and _full(queue, queue.overflow_above):
        return "full"
    return ""


def _full(queue: Queue, above: int) -> bool:
    waiting = Case.objects.filter(queue=queue, rank_at__isnull=False, state=State.QUEUED)
    return waiting.order_by()[:above].count() >= above


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
