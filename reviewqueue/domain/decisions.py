"""Decide, undo, and let a decision take effect once nobody can undo it any more."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from audit.actions import SYSTEM
from reviewqueue import rules
from reviewqueue.domain import (
    attention,
    autonomy,
    budgets,
    claims,
    drafting,
    friction,
    grants,
    lifecycle,
    policies,
    rulings,
    sweeps,
    unmasking,
)
from reviewqueue.domain.people import by
from reviewqueue.models import Case, Decision, Ruling, State
from reviewqueue.queries import briefing, sightings
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from reviewqueue.domain.people import Reviewer


@dataclass(frozen=True, slots=True)
class Look:
    """What the decider had before them: the lease, the version, the digest of what was shown, and when.

    ``on_page``: piece by piece on a screen, where ``saw_action`` says that the action was on it; else all at once.
    ``second_factor``: in a session that was opened or confirmed with one.
    """

    claim_token: str
    version: int
    seen_digest: str
    timings: Mapping[str, Any] = field(default_factory=dict)
    on_page: bool = False
    saw_action: bool = True
    second_factor: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """``second_look``: the first of two people has ruled. Otherwise ``effective_at`` says when the agent may act."""

    case: Case
    decisions: tuple[Decision, ...]
    effective_at: datetime | None
    second_look: bool = False


@transaction.atomic
def decide(
    case: Case,
    *,
    reviewer: Reviewer,
    look: Look,
    decisions: Sequence[Mapping[str, Any]],
    at: datetime,
    note: str = "",
    typed_amount: str | None = None,
) -> Outcome:
    """Rule about the actions of a claimed case; kept word by word.

    Refusals: ``stale-claim`` (the lease is gone), ``stale-version`` and ``seen-digest-mismatch`` (with what changed
    since), ``forbidden`` (own proposal, four eyes, queue), ``step-up-required`` (a second factor, where the operator
    asks for one), ``invalid-decision`` (every fault by pointer).
    """
    case = claims.held(case, reviewer=reviewer, token=look.claim_token, at=at)
    rules.require(reviewer, "decide", case)
    _require_same_view(case, look)
    ruled = rulings.checked(case, decisions, typed_amount=typed_amount)
    asked = attention.asks_for_evidence(reviewer, at=at)
    friction.require_second_factor(case, ruled, look)
    friction.require(case, ruled, look, sightings.unread(case, reviewer.pk, asked=asked) if look.on_page else ())
    second = attention.asks_for_second(reviewer, case, ruled, look)
    if look.on_page:
        attention.note(reviewer, case, ruled, look, at=at)
    if _needs_second(case, ruled, second=second):
        drafting.settle(case, person=reviewer, complete=False)
        return _first_of_two(case, reviewer, ruled, look, at=at)
    effective_at = at + timedelta(seconds=policies.numbered(case.policy_id).undo_seconds)
    made = [_decision(case, reviewer, ruling, look, at=at, effective_at=effective_at, note=note) for ruling in ruled]
    complete = case.decisions.filter(undone_at=None).count() == len(case.actions)
    drafting.settle(case, person=reviewer, complete=complete)
    _advance(case, reviewer, made, look, complete=complete, at=at, effective_at=effective_at)
    if effective_at <= at:
        take_effect(case, at=at)
    return Outcome(case, tuple(made), effective_at)


@transaction.atomic
def undo(case: Case, *, reviewer: Reviewer, at: datetime) -> Case:
    """Take a decision back while its undo window is open; the case is the decider's again, with a new lease."""
    case = lifecycle.locked(case.pk)
    rules.require(reviewer, "undo", case)
    waiting = case.decisions.filter(undone_at=None, took_effect_at=None, effective_at__gt=at)
    if not waiting.exists():
        raise Refusal("not-pending", _("The undo window has closed."))
    taken_back = list(waiting.values_list("id", flat=True))
    waiting.update(undone_at=at)
    changes: dict[str, Any] = {
        "claimed_by_id": reviewer.pk,
        "claimed_at": at,
        "claim_fence": case.claim_fence + 1,
        "claim_expires_at": at + claims.lease(),
        "waiting_on": "reviewer",
        "effective_at": None,
    }
    data = {"decisions": taken_back, "fence": case.claim_fence + 1}
    return lifecycle.advance(case, "undo", actor=by(reviewer), at=at, data=data, **changes)


@transaction.atomic
def take_effect(case: Case, *, at: datetime) -> Case:
    """Issue the grants of decisions whose undo window has closed; harmless when there is nothing to do."""
    case = lifecycle.locked(case.pk)
    due = case.decisions.filter(undone_at=None, took_effect_at=None, effective_at__lte=at)
    ripe = list(due.order_by("decided_at", "id"))
    if not ripe or (case.releases_together and case.state != State.DECIDED):
        return case
    Decision.objects.filter(pk__in=[decision.pk for decision in ripe]).update(took_effect_at=at)
    later = case.decisions.filter(undone_at=None, took_effect_at=None)
    next_at = later.order_by("effective_at").values_list("effective_at", flat=True).first()
    changes: dict[str, Any] = {"effective_at": next_at}
    if case.state == State.DECIDED and next_at is None:
        changes |= {"took_effect_at": at, "outcome": "decided", "waiting_on": ""}
    data = {"decisions": [decision.pk for decision in ripe]}
    lifecycle.advance(case, "take_effect", actor=SYSTEM, at=at, data=data, **changes)
    if unmasking.canary_of(case):
        return case if next_at or case.state != State.DECIDED else unmasking.after_decision(case, at=at)
    grants.issue(case, ripe, actor=SYSTEM, at=at)
    budgets.spend(case, call_ids={decision.call_id for decision in ripe if decision.executes}, at=at)
    grants.close_settled(case, at=at)
    if case.state in {State.DECIDED, State.CLOSED}:
        attention.draw(case, at=at)
    if any(decision.type != Ruling.APPROVE for decision in ripe):
        autonomy.look_at(case, at=at)
    return case


def take_effect_due(*, at: datetime, limit: int = 200) -> int:
    """Everything whose undo window has closed takes effect; returns how many cases."""
    due = Case.objects.filter(effective_at__lte=at).order_by("effective_at")[:limit]
    return sweeps.sweep(due, lambda case: take_effect(case, at=at))


def changes_since(case: Case, version: int) -> list[str]:
    """What happened to a case after a version, as sentences."""
    return [entry.sentence for entry in briefing.timeline(case) if entry.data.get("version", 0) > version]


def _require_same_view(case: Case, look: Look) -> None:
    if look.version != case.version:
        changes = changes_since(case, look.version)
        says = _("This case changed while you looked at it: %s") % "; ".join(changes)
        raise Refusal("stale-version", says, extra={"version": case.version, "changes": changes})
    if look.seen_digest != briefing.seen_digest(case):
        says = _("This is not what the case shows now. Load it again and look before you decide.")
        raise Refusal("seen-digest-mismatch", says, extra={"seen_digest": briefing.seen_digest(case)})


def _needs_second(case: Case, ruled: Sequence[rulings.Ruled], *, second: bool) -> bool:
    """Two people agree on the same bytes before anything runs; whoever changes them starts anew."""
    if (case.eyes < 2 and not second) or not any(ruling.executes for ruling in ruled):  # noqa: PLR2004 - four eyes are two people
        return False
    first = {ruling["call_id"]: ruling["digest"] for ruling in case.first_ruling or []}
    return any(ruling.executes and first.get(ruling.call_id) != ruling.digest for ruling in ruled)


def _first_of_two(
    case: Case, reviewer: Reviewer, ruled: Sequence[rulings.Ruled], look: Look, *, at: datetime
) -> Outcome:
    changes: dict[str, Any] = {
        "first_ruling": [ruling.as_json() for ruling in ruled],
        "first_by_id": reviewer.pk,
        "claimed_by_id": None,
        "claimed_at": None,
        "claim_expires_at": None,
        "waiting_on": "reviewer",
        "eyes": max(case.eyes, 2),
    }
    summary = [{"call_id": r.call_id, "type": r.type, "digest": r.digest or None} for r in ruled]
    data = {"decisions": summary, "seen_digest": look.seen_digest}
    lifecycle.advance(case, "second_look", actor=by(reviewer), at=at, data=data, **changes)
    return Outcome(case, (), None, second_look=True)


def _decision(
    case: Case,
    reviewer: Reviewer,
    ruling: rulings.Ruled,
    look: Look,
    *,
    at: datetime,
    effective_at: datetime,
    note: str,
) -> Decision:
    return Decision.objects.create(
        case=case,
        call_id=ruling.call_id,
        type=ruling.type,
        final_action=ruling.final,
        digest=ruling.digest,
        message=ruling.message,
        reason_code=ruling.reason_code,
        response=ruling.response,
        knowledge_gap=ruling.knowledge_gap,
        note=note,
        decided_by_id=reviewer.pk,
        decided_at=at,
        effective_at=effective_at,
        case_version=case.version,
        seen_digest=look.seen_digest,
        timings=dict(look.timings),
    )


def _advance(
    case: Case,
    reviewer: Reviewer,
    made: Sequence[Decision],
    look: Look,
    *,
    complete: bool,
    at: datetime,
    effective_at: datetime,
) -> None:
    data = {
        "decisions": grants.summary(made),
        "eyes": case.eyes,
        "first_by": f"u_{case.first_by_id}" if case.first_by_id else None,
        "seen_digest": look.seen_digest,
        "effective_at": effective_at.isoformat(),
    }
    changes: dict[str, Any] = {"effective_at": min(case.effective_at or effective_at, effective_at)}
    if complete:
        changes |= {"claimed_by_id": None, "claim_expires_at": None, "waiting_on": ""}
    step = "decide" if complete else "decide_part"
    lifecycle.advance(case, step, actor=by(reviewer), at=at, data=data, **changes)
