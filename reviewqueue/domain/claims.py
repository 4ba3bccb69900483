"""Leases: who works on which case, and how the next best one is found. A token names one lease and no later one."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit import rows
from audit.actions import SYSTEM
from audit.models import Entry
from reviewqueue import rules
from reviewqueue.domain import attendance, attention, choosing, deadlines, dosage, lifecycle, routing, sweeps
from reviewqueue.domain.people import by
from reviewqueue.models import Case, Move, Queue, Snooze, State
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from django.contrib.auth.models import AbstractBaseUser
    from django.db.models import QuerySet

    from reviewqueue.domain.people import Reviewer

_TRIES = 5
_BACK: Final = ("hand_back", "hand_back_second")
# They cannot be handed back.
_apart: Final = sweeps.Apart()


def lease() -> timedelta:
    """How long a claim holds without a heartbeat."""
    return timedelta(seconds=settings.LEASE_SECONDS)


def claim(case: Case, *, reviewer: Reviewer, at: datetime) -> Case:
    """Take a case for one lease; claiming one's own case again renews it.

    Refused with the holder's name while somebody else's lease runs (``stale-claim``), and when the person holds as many
    cases as they may at once (``at-capacity``).
    """
    dosage.step_aside(case, person=reviewer, at=at)
    return _claim(case, reviewer=reviewer, at=at)


@transaction.atomic
def _claim(case: Case, *, reviewer: Reviewer, at: datetime) -> Case:
    case = lifecycle.locked(case.pk)
    if _lapsed(case, at):
        _hand_back(case, actor=SYSTEM, at=at, why="lease")
    if case.state == State.CLAIMED and case.claimed_by_id == reviewer.pk:
        return _extend(case, at)
    if case.state == State.CLAIMED and rules.may_see(reviewer, case):
        says = _("%(name)s is working on this case.") % {"name": case.claimed_by.display}  # type: ignore[union-attr]
        raise Refusal("stale-claim", says)
    rules.require(reviewer, "claim", case)
    if case.expires_at <= at:
        raise Refusal("not-pending", _("This case expired at %s; nothing was approved.") % case.expires_at.isoformat())
    attendance.require_rested(reviewer, at=at)
    attention.require_rest(reviewer, at=at)
    _require_room(reviewer, at)
    Snooze.objects.filter(case=case, user_id=reviewer.pk).delete()
    return take(case, reviewer=reviewer, at=at)


def claim_next(*, reviewer: Reviewer, at: datetime, queues: Collection[str] = ()) -> Case | None:
    """The best open case for this person, claimed; ``None`` when nothing is waiting.

    Any number of callers at once get different cases. Those offered to the caller come first, then rank decides: the
    deadline, moved forward by what a delay costs. Refused at capacity (``at-capacity``), and to whoever is busy, away,
    off shift where the roster binds, or in need of a break (``forbidden``).
    """
    ready = attendance.require_ready(reviewer, at=at)
    attention.require_rest(reviewer, at=at)
    release_lapsed(at=at)
    for _try in range(_TRIES):
        with transaction.atomic():
            _require_room(reviewer, at)
            best = choosing.best(reviewer, queues, at, ready)
            if best is None:
                return None
            try:
                return take(best, reviewer=reviewer, at=at)
            except Refusal:
                continue
    return None


def ahead(*, reviewer: Reviewer, at: datetime, queues: Collection[str] = ()) -> Case | None:
    """What ``claim_next`` would give this person now; it stays where it is, so a colleague may be quicker."""
    try:
        ready = attendance.require_ready(reviewer, at=at)
        attention.require_rest(reviewer, at=at)
    except Refusal:
        return None
    return choosing.best(reviewer, queues, at, ready, look=True)


@transaction.atomic
def heartbeat(case: Case, *, reviewer: Reviewer, token: str, at: datetime) -> Case:
    """Renew a lease that still runs; a token of an earlier lease is refused (``stale-claim``)."""
    return _extend(held(case, reviewer=reviewer, token=token, at=at), at)


@transaction.atomic
def release(case: Case, *, reviewer: Reviewer, token: str | None, at: datetime) -> Case:
    """Give a case back to its queue; ``token`` ``None`` means whatever lease the person holds."""
    case = held(case, reviewer=reviewer, token=token, at=at)
    return _hand_back(case, actor=by(reviewer), at=at, why="released")


@transaction.atomic
def reassign(
    case: Case,
    *,
    reviewer: Reviewer,
    at: datetime,
    to_user: AbstractBaseUser | None = None,
    to_queue: Queue | None = None,
    note: str = "",
) -> Case:
    """Pass a case on, to a person (who is offered it first) or to another queue; the note stays on record."""
    case = lifecycle.locked(case.pk)
    rules.require(reviewer, "reassign", case)
    if (to_user is None) == (to_queue is None):
        raise Refusal("invalid-request", _("Pass the case to a person or to a queue, not to both or neither."))
    if to_queue is not None:
        why = Move.Why.PERSON
        return routing.move(case, to_queue, why=why, actor=by(reviewer), user=reviewer.pk, note=note, at=at)
    person: Any = to_user
    if sentence := unfit(person, case):
        raise Refusal("forbidden", sentence)
    offer = {"offered_to_id": person.pk, "offered_until": at + first_offer()}
    changes = unclaimed() | offer | deadlines.resume(case, at=at)
    data = {"to_user": person.reference, "to_queue": None, "note": note}
    return lifecycle.advance(case, "reroute", actor=by(reviewer), at=at, data=data, **changes)


def held(case: Case, *, reviewer: Reviewer, token: str | None, at: datetime) -> Case:
    """The case, locked, when this person's lease still runs; otherwise refused with what happened."""
    case = lifecycle.locked(case.pk)
    rules.require_sight(reviewer, case)
    mine = case.state == State.CLAIMED and case.claimed_by_id == reviewer.pk
    if mine and case.expires_at <= at:
        raise Refusal("not-pending", _("This case expired at %s; nothing was approved.") % case.expires_at.isoformat())
    if mine and not _lapsed(case, at) and token in {None, case.claim_token}:
        return case
    raise Refusal("stale-claim", _why_not_held(case, reviewer, at), extra={"state": case.state})


def take(case: Case, *, reviewer: Reviewer, at: datetime) -> Case:
    """Begin a new lease on a locked case; whoever calls this has asked the rules."""
    changes: dict[str, Any] = {
        "claimed_by_id": reviewer.pk,
        "claimed_at": at,
        "claim_fence": case.claim_fence + 1,
        "claim_expires_at": at + lease(),
        "offered_to_id": None,
        "offered_until": None,
    }
    data = {"fence": case.claim_fence + 1}
    return lifecycle.advance(case, "claim", actor=by(reviewer), at=at, data=data, **changes)


def release_lapsed(*, at: datetime) -> int:
    """Hand back every case whose lease ran out; returns how many."""
    count = 0
    while _any_lapsed(at) and (batch := _lapsed_batch(at)):
        count += batch
    return count


def _lapsed_batch(at: datetime) -> int:
    lapsed = Case.objects.filter(state=State.CLAIMED, claim_expires_at__lte=at)
    return sweeps.together(
        lapsed,
        many=lambda sound: _hand_back_each(sound, at),
        one=lambda case: _hand_back_each(lapsed.filter(pk=case.pk), at) > 0,
        apart=_apart,
        at=at,
    )


def hand_back_all(person: Reviewer, *, at: datetime, why: str) -> int:
    """Take every claim from a person whose rights changed or who left."""
    count = 0
    for case in Case.objects.filter(state=State.CLAIMED, claimed_by_id=person.pk):
        with transaction.atomic():
            locked = lifecycle.locked(case.pk)
            if locked.state == State.CLAIMED and locked.claimed_by_id == person.pk:
                _hand_back(locked, actor=SYSTEM, at=at, why=why)
                count += 1
    return count


@transaction.atomic
def _hand_back_each(lapsed: QuerySet[Case], at: datetime) -> int:
    held = lapsed.defer(*lifecycle.HEAVY).select_for_update(skip_locked=True, of=("self",))
    cases = list(held)
    steps = [(step, [(case, {"why": "lease"}, unclaimed()) for case in cases if _back(case) == step]) for step in _BACK]
    lifecycle.walk_each(steps, actor=SYSTEM, at=at)
    return len(cases)


def _any_lapsed(at: datetime) -> bool:
    """With the state in the statement: a plan that PostgreSQL keeps for any state would read the whole table."""
    until = connection.ops.adapt_datetimefield_value(at)
    return bool(rows.values(Case, ("id",), "WHERE state = 'claimed' AND claim_expires_at <= %s LIMIT 1", [until]))


def _lapsed(case: Case, at: datetime) -> bool:
    return case.state == State.CLAIMED and case.claim_expires_at is not None and case.claim_expires_at <= at


def _require_room(reviewer: Reviewer, at: datetime) -> None:
    """The person's own row is locked, so that two claims at once cannot both take the last place."""
    people = get_user_model()._default_manager.select_for_update(no_key=True)  # noqa: SLF001 - Django's documented name
    own = people.filter(pk=reviewer.pk).values_list("capacity", flat=True).first()
    most = settings.CLAIMS_AT_ONCE if own is None else own
    held = Case.objects.filter(claimed_by_id=reviewer.pk, state=State.CLAIMED, claim_expires_at__gt=at).count()
    if held >= most:
        says = ngettext(
            "You hold %(held)d case; that is as many as you may at once. Finish or hand back one first.",
            "You hold %(held)d cases; that is as many as you may at once. Finish or hand back one first.",
            held,
        )
        raise Refusal("at-capacity", says % {"held": held}, extra={"held": held, "capacity": most})


def _extend(case: Case, at: datetime) -> Case:
    Case.objects.filter(pk=case.pk).update(claim_expires_at=at + lease())
    case.claim_expires_at = at + lease()
    return case


def unclaimed() -> dict[str, Any]:
    """The columns of a case that nobody holds."""
    return {"claimed_by_id": None, "claimed_at": None, "claim_expires_at": None, "waiting_on": "reviewer"}


def _hand_back(case: Case, *, actor: Any, at: datetime, why: str) -> Case:
    return lifecycle.advance(case, _back(case), actor=actor, at=at, data={"why": why}, **unclaimed())


def _back(case: Case) -> str:
    return "hand_back_second" if case.first_ruling else "hand_back"


def _why_not_held(case: Case, reviewer: Reviewer, at: datetime) -> str:
    if case.state == State.CLAIMED and case.claimed_by_id != reviewer.pk:
        return _("%(name)s holds this case now.") % {"name": case.claimed_by.display}  # type: ignore[union-attr]
    if case.state == State.TAKEN_OVER and case.claimed_by_id not in {None, reviewer.pk}:
        return _taken(case)
    if _lapsed(case, at):
        return _("Your lease on this case ran out; claim it again.")
    if case.state in choosing.CLAIMABLE:
        return _("You do not hold this case; claim it first.")
    if case.state == State.CLAIMED:
        return _("You claimed this case again since; use the newer claim.")
    return _("You do not hold this case: %(state)s.") % {"state": case.get_state_display()}


def _taken(case: Case) -> str:
    """Who has taken the conversation over and why, as they wrote it."""
    entry = Entry.objects.filter(subject=case.subject, kind="case.taken_over").order_by("-seq").first()
    said = {"name": case.claimed_by.display, "why": (entry.data.get("note") or "") if entry else ""}  # type: ignore[union-attr]
    if said["why"]:
        return _("%(name)s has taken this conversation over: “%(why)s”") % said
    return _("%(name)s has taken this conversation over.") % said


def unfit(person: Any, case: Case, *, anywhere: bool = False) -> str | None:
    """Why this person cannot be offered a case; ``anywhere``: also one of a queue that is not theirs."""
    names = None if anywhere else rules.queue_names(person)
    if not person.is_active or not person.may(rules.Permission.DECIDE):
        return _("This person does not decide cases.")
    if names is not None and case.queue_id not in names:
        return _("This person does not work in the queue of this case.")
    if case.agent.owner_id == person.pk:
        return _("This person owns the agent; somebody else must decide.")
    if rules.decided_what_is_contested(person, case):
        return _("The customer contests a decision of this person; somebody else must look.")
    return None


def first_offer() -> timedelta:
    """How long a case is kept for the person to whom it is offered."""
    return timedelta(seconds=settings.FIRST_OFFER_SECONDS)
