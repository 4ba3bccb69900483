"""Being there: what people say of themselves, and what protects them from working too long.

Nothing here is held against anybody: it is not in the record, and no list ranks people by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reviewqueue.domain import habits
from reviewqueue.models import Attendance, Availability, Decision
from reviewqueue.queries import team
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from datetime import datetime

    from reviewqueue.domain.people import Reviewer
    from reviewqueue.models import WorkRules
    from reviewqueue.rules import Person

HARD: Final = ("high", "critical")
# Being seen is written down so often at most.
_NOTED_EVERY: Final = timedelta(seconds=30)
_LOOKED_AT: Final = 500
_LONG_AGO: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Work without a pause, as far as decisions show it: since when, how many cases, how many hard ones at the end."""

    since_at: datetime | None = None
    decided: int = 0
    hard: int = 0


@dataclass(frozen=True, slots=True)
class Ready:
    """What somebody should get first: cases of these queues, where their shift names some, and ``easier`` ones."""

    queues: frozenset[str] = frozenset()
    easier: bool = False


def seen(user: int, *, at: datetime) -> None:
    """Somebody did something at the desk."""
    lately = Attendance.objects.filter(user_id=user)
    if not lately.filter(seen_at__lt=at - _NOTED_EVERY).update(seen_at=at) and not lately.exists():
        Attendance.objects.get_or_create(user_id=user, defaults={"since_at": at, "seen_at": at})


def left(user: int, *, at: datetime) -> None:
    """Somebody signed out of the last place where they were."""
    Attendance.objects.filter(user_id=user).update(seen_at=at - _LONG_AGO)


@transaction.atomic
def set_status(person: Reviewer, *, status: str, at: datetime) -> None:
    """Say that one is ``available``, ``busy`` (finishes what one has, takes nothing new) or ``away``."""
    if status not in Availability.values:
        says = _("One is available, busy or away.")
        raise Refusal("invalid-request", says, errors=({"pointer": "/status", "detail": says},))
    now = {"status": status, "since_at": at, "seen_at": at}
    Attendance.objects.update_or_create(user_id=person.pk, defaults=now)
    habits.store(person, {"status": status})


def require_ready(person: Person, *, at: datetime) -> Ready:
    """What to look for first, for somebody who may get the next case.

    Refused (``forbidden``) to whoever said that they are busy or away, is off shift where the roster binds, or has
    worked for as long as the desk allows without a pause.
    """
    said = Attendance.objects.filter(user_id=person.pk).values_list("status", flat=True).first()
    if said in {Availability.BUSY, Availability.AWAY}:
        says = _("You are set to “%(status)s”. Set yourself to available to get the next case.")
        raise Refusal("forbidden", says % {"status": Availability(said).label})
    working, duty = team.work_rules(), team.duties([person.pk], at=at)[person.pk]
    if working.roster_binds and duty.on is False:
        raise Refusal("forbidden", _("You are off shift; the next case is for those who are on."))
    now = stretch(person, at=at, working=working) if working.longest or working.hard_in_a_row else Stretch()
    _require_rested(now, working, at)
    return Ready(duty.queues, easier=0 < working.hard_in_a_row <= now.hard)


def require_rested(person: Person, *, at: datetime) -> None:
    """Refused (``forbidden``) after the longest time of work without a pause, where the desk has set one."""
    working = team.work_rules()
    if working.longest:
        _require_rested(stretch(person, at=at, working=working), working, at)


def _require_rested(now: Stretch, working: WorkRules, at: datetime) -> None:
    if working.longest is None or now.since_at is None or at - now.since_at < working.longest:
        return
    minutes = round(working.break_length.total_seconds() / 60)
    says = ngettext(
        "Time for a break of %(minutes)d minute. What you hold you can finish.",
        "Time for a break of %(minutes)d minutes. What you hold you can finish.",
        minutes,
    )
    raise Refusal("forbidden", says % {"minutes": minutes})


def could_use_a_break(person: Person, *, at: datetime) -> bool:
    """Has this person worked so long, or decided so much, that a break would do good?"""
    working = team.work_rules()
    now = stretch(person, at=at, working=working)
    long = now.since_at is not None and at - now.since_at >= working.break_after
    return long or 0 < working.break_decisions <= now.decided


def stretch(person: Person, *, at: datetime, working: WorkRules) -> Stretch:
    """The work of a person since their last pause."""
    mine = Decision.objects.filter(decided_by_id=person.pk, decided_at__lte=at).order_by("-decided_at")
    since_at, cases, hard, still = None, set[str](), 0, True
    for decided_at, case, risk in mine.values_list("decided_at", "case_id", "case__risk")[:_LOOKED_AT]:
        if (since_at or at) - decided_at >= working.break_length:
            break
        if case not in cases:
            still = still and risk in HARD
            hard += still
        cases.add(case)
        since_at = decided_at
    return Stretch(since_at, len(cases), hard)
