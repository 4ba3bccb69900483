"""Grants: issued when a ruling has taken effect, redeemed once, void when the case no longer stands."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from audit import rows
from audit.actions import SYSTEM, Actor
from reviewqueue.domain import autonomy, lifecycle, sweeps, unmasking
from reviewqueue.engine import canonical
from reviewqueue.models import Agent, Case, Decision, Grant, Pause, Ruling, State
from reviewqueue.queries import brakes
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from django.db.models.expressions import Combinable


_DATABASES: Final = Now()
_UNSPENT: Final = Q(redeemed_at=None, voided_at=None)
_UNREAD: Final = tuple(f"case__{name}" for name in lifecycle.HEAVY)
# What became of them cannot be noted.
_apart: Final = sweeps.Apart()


def approvals(case: Case, call_ids: Collection[str], *, at: datetime) -> list[Decision]:
    """The policy's own approvals of these actions, not stored yet: the step that releases the case names them first."""
    return [_approval(case, action, at) for action in case.actions if action["call_id"] in call_ids]


def release(case: Case, decisions: Sequence[Decision], *, at: datetime) -> list[Grant]:
    """Store the policy's approvals and issue their grants at once."""
    Decision.objects.bulk_create(decisions)
    return issue(case, decisions, actor=Actor("policy", f"policy_{case.policy_id}"), at=at)


def release_each(approved: Sequence[tuple[Case, Sequence[Decision]]], *, at: datetime) -> None:
    """``release`` for many cases at once.

    Raises ValueError where one of them is a control case.
    """
    if unmasking.canaries_of(case for case, _decisions in approved):
        message = "a control case is among them"
        raise ValueError(message)
    made = [decision for _case, decisions in approved for decision in decisions]
    rows.insert_each(made)
    grants = _grants(made, at)
    rows.insert_each(grants)
    issued = {policy: [grant for grant in grants if grant.case.policy_id == policy] for policy in _policies(grants)}
    for policy, its in issued.items():
        told = [(grant.case, "grant.issued", _issued(grant)) for grant in its]
        lifecycle.record_each(told, actor=Actor("policy", f"policy_{policy}"), at=at)


def _policies(grants: Iterable[Grant]) -> set[int]:
    return {grant.case.policy_id for grant in grants}


def summary(decisions: Iterable[Decision]) -> list[dict[str, Any]]:
    """Decisions as the ledger names them."""
    return [
        {
            "id": decision.pk,
            "call_id": decision.call_id,
            "name": next(a["name"] for a in decision.case.actions if a["call_id"] == decision.call_id),
            "type": decision.type,
            "digest": decision.digest or None,
            "reason_code": decision.reason_code,
        }
        for decision in decisions
    ]


def _approval(case: Case, action: Mapping[str, Any], at: datetime) -> Decision:
    final = {"name": action["name"], "args": action["args"]}
    return Decision(
        case=case,
        call_id=action["call_id"],
        type=Ruling.APPROVE,
        final_action=canonical.canonical(final).decode(),
        digest=canonical.digest(final),
        decided_at=at,
        effective_at=at,
        took_effect_at=at,
        case_version=case.version,
    )


def issue(case: Case, decisions: Iterable[Decision], *, actor: Actor, at: datetime) -> list[Grant]:
    """One grant for each ruling that lets the agent act; the caller has made sure that they took effect.

    Raises ValueError for a control case: nothing of it ever runs (the database refuses it as well).
    """
    if unmasking.canary_of(case):
        message = f"{case.pk} is a control case"
        raise ValueError(message)
    grants = _grants(decisions, at)
    Grant.objects.bulk_create(grants)
    for grant in grants:
        lifecycle.record(case, "grant.issued", actor=actor, at=at, data=_issued(grant))
    return grants


def _grants(decisions: Iterable[Decision], at: datetime) -> list[Grant]:
    expires_at = at + timedelta(seconds=settings.GRANT_SECONDS)
    return [
        Grant(decision=decision, case=decision.case, digest=decision.digest, issued_at=at, expires_at=expires_at)
        for decision in decisions
        if decision.executes
    ]


def _issued(grant: Grant) -> dict[str, Any]:
    return {
        "grant": grant.pk,
        "decision": grant.decision_id,
        "call_id": grant.decision.call_id,
        "digest": grant.digest,
        "expires_at": grant.expires_at.isoformat(),
    }


@transaction.atomic
def redeem(
    grant_id: str,
    *,
    agent: Agent,
    final_action: Mapping[str, Any],
    executor: str,
    at: datetime,
    clock: Combinable = _DATABASES,
) -> tuple[Grant, str]:
    """Spend a grant: returns it and the stored canonical bytes that may now run, exactly those.

    Of any number of concurrent calls exactly one wins. Refusals: ``grant-digest-mismatch`` (other bytes than were
    approved), ``grant-expired`` (by the database's ``clock``; only who tells an invented past has another),
    ``grant-void``, ``grant-redeemed``, and ``agent-paused`` as long as a pause covers it.
    """
    grant = _own(grant_id, agent)
    if canonical.digest(dict(final_action)) != grant.digest:
        says = _("This is not the action that was approved. Redeem exactly the decision's final_action.")
        raise Refusal("grant-digest-mismatch", says, extra={"digest": grant.digest})
    case = _locked(grant)  # case before grant, as everywhere: no two verbs wait for each other
    spendable = Grant.objects.filter(_UNSPENT, pk=grant.pk, expires_at__gt=clock)
    if not _spent(spendable, case, redeemed_at=at, executor=executor[:200]):
        raise _unspendable(Grant.objects.get(pk=grant.pk), case, at)
    data = {"grant": grant.pk, "digest": grant.digest, "executor": executor, "at": at.isoformat()}
    lifecycle.record(case, "grant.redeemed", actor=_as_actor(agent), at=at, data=data)
    grant.redeemed_at, grant.executor = at, executor
    return grant, grant.decision.final_action


@transaction.atomic
def renew(grant_id: str, *, agent: Agent, at: datetime) -> Grant:
    """A new expiry, never an earlier one, for a grant that nobody spent, as long as its case has not itself expired."""
    grant = _own(grant_id, agent)
    case = _locked(grant)
    grant.refresh_from_db()
    until = max(grant.expires_at, min(at + timedelta(seconds=settings.GRANT_SECONDS), case.expires_at))
    renewable = Grant.objects.filter(_UNSPENT, pk=grant.pk, case__expires_at__gt=Now())
    if renewable.update(expires_at=until) != 1:
        raise _unspendable(grant, case, at)
    grant.expires_at = until
    data = {"grant": grant.pk, "expires_at": until.isoformat()}
    lifecycle.record(case, "grant.renewed", actor=_as_actor(agent), at=at, data=data)
    return grant


@transaction.atomic
def report(grant_id: str, *, agent: Agent, status: str, details: Mapping[str, Any], at: datetime) -> Grant:
    """What became of the execution: ``succeeded``, ``failed`` or ``unknown``.

    The same report again changes nothing; an ``unknown`` one can still be settled, any other is final
    (``outcome-reported``). Refused before the grant was redeemed (``grant-not-redeemed``).
    """
    grant = _own(grant_id, agent)
    case = _locked(grant)
    grant.refresh_from_db()
    if grant.redeemed_at is None:
        raise Refusal("grant-not-redeemed", _("Redeem the grant before you report what became of it."))
    if grant.outcome == status and grant.outcome_data == dict(details):
        return grant
    if grant.outcome not in {"", "unknown"}:
        raise Refusal("outcome-reported", _("The outcome was already reported: %s.") % grant.outcome)
    grant.outcome, grant.outcome_at, grant.outcome_data = status, at, dict(details)
    grant.save(update_fields=["outcome", "outcome_at", "outcome_data"])
    data = {"grant": grant.pk, "status": status, "external_ref": details.get("external_ref")}
    lifecycle.record(case, "grant.outcome", actor=_as_actor(agent), at=at, data=data)
    close_settled(case, at=at)
    if status == "failed":
        autonomy.look_at(case, at=at)
    return grant


def void(case: Case, *, why: str, actor: Actor, at: datetime) -> None:
    """Take back every grant of a case that was not spent yet."""
    for grant in case.grants.select_for_update().filter(_UNSPENT):
        grant.voided_at = at
        grant.save(update_fields=["voided_at"])
        lifecycle.record(case, "grant.voided", actor=actor, at=at, data={"grant": grant.pk, "why": why})


def void_each(cases: Iterable[Case], *, why: str, actor: Actor, at: datetime) -> None:
    """``void`` for many cases, of which few were granted anything."""
    cases = list(cases)
    granted = set(Grant.objects.filter(_UNSPENT, case__in=cases).values_list("case", flat=True))
    for case in (case for case in cases if case.pk in granted):
        void(case, why=why, actor=actor, at=at)


def close_settled(case: Case, *, at: datetime) -> None:
    """Close a decided case once nothing that was granted is open any more."""
    if case.state in {State.RELEASED, State.DECIDED} and case.outcome == "decided" and not open_of([case]):
        lifecycle.advance(case, "close", actor=SYSTEM, at=at)


def open_of(cases: Iterable[Case]) -> set[str]:
    """Which of these cases have a grant that can be spent, or was and nobody has said what became of it."""
    unsettled = _UNSPENT | Q(redeemed_at__isnull=False, outcome__in=["", "unknown"])
    return set(Grant.objects.filter(unsettled, case__in=cases).values_list("case_id", flat=True))


def mark_silent(*, at: datetime, limit: int = sweeps.TOGETHER) -> int:
    """Redeemed grants whose executor never reported become ``unknown``: a person must find out; returns how many."""
    late = at - timedelta(seconds=settings.OUTCOME_SECONDS)
    return sweeps.together(
        Grant.objects.filter(redeemed_at__lt=late, outcome=""),
        many=lambda silent: _mark(silent, at),
        one=lambda grant: _mark(Grant.objects.filter(pk=grant.pk, outcome=""), at) > 0,
        apart=_apart,
        at=at,
        limit=limit,
    )


@transaction.atomic
def _mark(silent: QuerySet[Grant], at: datetime) -> int:
    # The case with its grant, or neither: whoever holds the case may go on to the grant without waiting for us.
    held = silent.select_related("case").defer(*_UNREAD).select_for_update(skip_locked=True, of=("self", "case"))
    grants, cases = list(held), dict[str, Case]()
    for grant in grants:
        grant.outcome, grant.outcome_at = "unknown", at
        cases.setdefault(grant.case_id, grant.case)
    rows.update_each(Grant, ("outcome", "outcome_at"), grants)
    told = [
        (cases[grant.case_id], "grant.outcome", {"grant": grant.pk, "status": "unknown", "external_ref": None})
        for grant in grants
    ]
    lifecycle.record_each(told, actor=SYSTEM, at=at)
    return len(grants)


def _spent(spendable: QuerySet[Grant], case: Case, **columns: Any) -> bool:
    """One statement asks for pauses and spends, so a pause acts at once and costs nothing while there is none."""
    unpaused = ~Exists(Pause.objects.filter(resumed_at=None))
    if spendable.filter(unpaused).update(**columns) == 1:
        return True
    pauses = brakes.open_pauses()
    if (covering := brakes.covering(brakes.of_case(case), pauses)) and spendable.exists():
        raise _paused(covering[0])
    others = Pause.objects.filter(resumed_at=None).exclude(pk__in=[pause.pk for pause in pauses])
    return spendable.filter(~Exists(others)).update(**columns) == 1


def _own(grant_id: str, agent: Agent) -> Grant:
    grant = Grant.objects.select_related("decision").filter(pk=grant_id, case__agent=agent).first()
    if grant is None:
        raise Refusal("not-found", _("There is no such grant."))
    return grant


def _locked(grant: Grant) -> Case:
    return lifecycle.locked(grant.case_id)


def _as_actor(agent: Agent) -> Actor:
    return Actor("agent", agent.name)


def _paused(pause: Pause) -> Refusal:
    says = _("This cannot run now: %s. The grant keeps; try again after the event agent.resumed.")
    return Refusal("agent-paused", says % brakes.sentence(pause), extra={"pause": pause.pk})


def _unspendable(grant: Grant, case: Case, at: datetime) -> Refusal:
    if grant.redeemed_at:
        says = _("This grant was redeemed at %s.") % grant.redeemed_at.isoformat()
        return Refusal("grant-redeemed", says, extra={"executor": grant.executor})
    if grant.voided_at:
        return Refusal("grant-void", _("This grant is void: its case was withdrawn, superseded or taken over."))
    if case.expires_at <= at:
        says = _("The case of this grant expired at %s, so that the grant cannot be renewed. Propose again.")
        return Refusal("grant-expired", says % case.expires_at.isoformat())
    return Refusal("grant-expired", _("This grant expired at %s; renew it.") % grant.expires_at.isoformat())
