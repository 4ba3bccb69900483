"""Decide many like cases at once, each with a decision of its own; bound to exactly what was chosen.

Only the same action under the same policy version, at low risk, that can be undone; a sample is opened first. The batch
holds (case, version, digest of what is shown) of each: when one differs at the moment of the decision, nothing of it is
decided (``stale-version``), and the batch is void.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit import ledger
from reviewqueue import rules
from reviewqueue.domain import claims, decisions, lifecycle
from reviewqueue.domain.decisions import Look
from reviewqueue.domain.people import by
from reviewqueue.models import Batch, Case, Ruling
from reviewqueue.queries import briefing, cases
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from reviewqueue.domain.people import Reviewer

FEWEST, MOST = 2, cases.PAGE
RULINGS: Final = (Ruling.APPROVE, Ruling.REJECT)
# A batch that nobody decided in this time was not looked at.
GOOD_FOR: Final = timedelta(hours=1)
_ONE_OF: Final = 10
_chance = secrets.SystemRandom()


def why_not(case: Case) -> str | None:
    """Why this case is not decided together with others, whoever asks; ``None`` when it may be."""
    if case.state != "queued" or case.eyes > 1:
        return _("Only a waiting case that one person may decide is decided together with others.")
    if case.risk != "low":
        return _("Only cases at low risk are decided together with others.")
    if len(case.actions) != 1:
        return _("A case with several actions is decided alone.")
    (action,) = case.actions
    if action.get("reversible") is not True:
        return _("What cannot surely be undone is decided alone.")
    if not {"approve", "reject"} <= set(action.get("allowed_decisions") or ["approve", "reject"]):
        return _("The agent does not accept both approval and rejection of this action.")
    return rules.may_execute(case)


@transaction.atomic
def prepare(person: Reviewer, *, case_ids: Collection[str], at: datetime) -> Batch:
    """Bind the chosen cases as they are now, and draw which of them must be opened.

    Refused: too few or too many (``invalid-request``), one that the person may not decide or that is not to be decided
    with others (``forbidden``, with the sentence why), and cases that are not alike (``forbidden``).
    """
    chosen = sorted(set(case_ids))
    if not FEWEST <= len(chosen) <= MOST:
        says = _("Choose between %(fewest)d and %(most)d cases.")
        raise Refusal("invalid-request", says % {"fewest": FEWEST, "most": MOST})
    found = [cases.find(person, case_id) for case_id in chosen]
    for case in found:
        if sentence := rules.why_not(person, "claim", case) or why_not(case):
            raise Refusal("forbidden", _named(case, sentence))
    kinds = {_kind(case) for case in found}
    if len(kinds) > 1:
        raise Refusal("forbidden", _("Only the same action under the same version of the policy is decided together."))
    ((kind, action, policy),) = kinds
    batch = Batch.objects.create(
        person_id=person.pk,
        kind=kind,
        action=action,
        policy_id=policy,
        bound=_bound(found),
        sample=sorted(_chance.sample(chosen, _sample_size(len(chosen)))),
        created_at=at,
    )
    _record(batch, "batch.prepared", person, at, cases=batch.bound, sample=batch.sample)
    return batch


@transaction.atomic
def open_one(batch: Batch, *, person: Reviewer, case_id: str, at: datetime) -> Case:
    """The person opens one case of the batch; the record says so. Refused: a case that is not in it (``not-found``)."""
    batch = _own(batch.pk, person)
    case = cases.find(person, case_id)
    if case_id not in batch.case_ids:
        raise Refusal("not-found", _("There is no such case."))
    if case_id not in batch.opened:
        Batch.objects.filter(pk=batch.pk).update(opened=batch.opened | {case_id: at.isoformat()})
        lifecycle.record(case, "evidence.seen", actor=by(person), at=at, data={"batch": batch.pk})
    return case


def decide(
    batch: Batch, *, person: Reviewer, ruling: str, reason_code: str = "", message: str = "", at: datetime
) -> Batch:
    """Approve or reject all of it; each case gets its own decision, claimed and decided in one transaction.

    Refused: a sample that was not opened (``forbidden``), and whatever ``decisions.decide`` refuses for one of them; a
    case that changed since (``stale-version``, with its id) voids the batch. Nothing is decided then.
    """
    try:
        return _decide(batch, person, {"type": ruling, "reason_code": reason_code, "message": message}, at)
    except Refusal as refusal:
        if refusal.slug == "stale-version":
            _void(batch, person, refusal.says, at)
        raise


@transaction.atomic
def undo(batch: Batch, *, person: Reviewer, at: datetime) -> Batch:
    """Take back what can still be taken back of it; the cases wait in their queue again."""
    batch = _own(batch.pk, person)
    if batch.effective_at is None or batch.undone_at or batch.effective_at <= at:
        raise Refusal("not-pending", _("The undo window has closed."))
    for case_id in batch.case_ids:
        case = decisions.undo(lifecycle.locked(case_id), reviewer=person, at=at)
        claims.release(case, reviewer=person, token=None, at=at)
    batch.undone_at = at
    batch.save(update_fields=["undone_at"])
    _record(batch, "batch.undone", person, at)
    return batch


def undoable(person: Reviewer, *, at: datetime) -> list[Batch]:
    """The batches that this person can still take back, the latest before the others."""
    return list(Batch.objects.filter(person_id=person.pk, effective_at__gt=at, undone_at=None).order_by("-decided_at"))


@transaction.atomic
def _decide(batch: Batch, person: Reviewer, ruling: dict[str, str], at: datetime) -> Batch:
    batch = _own(batch.pk, person)
    _require_ready(batch, ruling["type"], at)
    found = [lifecycle.locked(case_id) for case_id in batch.case_ids]
    _require_unchanged(batch, found, at)
    digests = {case_id: digest for case_id, _version, digest in batch.bound}
    shown = {"batch": batch.pk, "shown_at": batch.created_at.isoformat()}
    for case in found:
        rules.require(person, "claim", case)
        held = claims.take(case, reviewer=person, at=at)
        look = Look(held.claim_token, held.version, digests[case.pk], shown | _opened(batch, case))
        rulings = [{"call_id": action["call_id"], **ruling} for action in case.actions]
        outcome = decisions.decide(held, reviewer=person, look=look, decisions=rulings, at=at)
        batch.effective_at = max(filter(None, (batch.effective_at, outcome.effective_at)))
    batch.decided_at = at
    batch.save(update_fields=["decided_at", "effective_at"])
    _record(batch, "batch.decided", person, at, cases=batch.bound, ruling=ruling["type"])
    return batch


def _own(batch_id: str, person: Reviewer) -> Batch:
    batch = Batch.objects.select_for_update().filter(pk=batch_id, person_id=person.pk).first()
    if batch is None:
        raise Refusal("not-found", _("There is no such batch."))
    return batch


def _require_ready(batch: Batch, ruling: str, at: datetime) -> None:
    if ruling not in RULINGS:
        raise Refusal("invalid-request", _("Cases are approved or rejected together, not edited."))
    if batch.decided_at:
        raise Refusal("not-pending", _("These cases are decided already."))
    if batch.voided_at or at - batch.created_at > GOOD_FOR:
        raise Refusal("not-pending", _("This batch is void: choose the cases again."))
    if left := len(batch.unopened):
        says = ngettext("Open %d case of the sample first.", "Open %d cases of the sample first.", left)
        raise Refusal("forbidden", says % left)


def _require_unchanged(batch: Batch, found: list[Case], at: datetime) -> None:
    now = {case_id: [version, digest] for case_id, version, digest in _bound(found)}
    before = {case_id: [version, digest] for case_id, version, digest in batch.bound}
    over = {case.pk for case in found if case.expires_at <= at or case.claimed_by_id}
    if changed := sorted({case_id for case_id in before if now.get(case_id) != before[case_id]} | over):
        says = _("Changed since they were chosen: %s. Nothing was decided; choose again.") % ", ".join(changed)
        raise Refusal("stale-version", says, extra={"changed": changed})


@transaction.atomic
def _void(batch: Batch, person: Reviewer, why: str, at: datetime) -> None:
    if Batch.objects.filter(pk=batch.pk, voided_at=None, decided_at=None).update(voided_at=at):
        _record(batch, "batch.voided", person, at, why=why)


def _kind(case: Case) -> tuple[str, str, int]:
    (action,) = case.actions
    return action["kind"], action["name"], case.policy_id


def _bound(found: list[Case]) -> list[list[Any]]:
    return sorted([case.pk, case.version, briefing.seen_digest(case)] for case in found)


def _sample_size(size: int) -> int:
    """One in ten, at least one."""
    return -(-size // _ONE_OF)


def _opened(batch: Batch, case: Case) -> dict[str, str]:
    return {"evidence_opened_at": batch.opened[case.pk]} if case.pk in batch.opened else {}


def _named(case: Case, sentence: str) -> str:
    return _("%(case)s: %(sentence)s") % {"case": case.customer_name or case.pk, "sentence": sentence}


def _record(batch: Batch, kind: str, person: Reviewer, at: datetime, **body: Any) -> None:
    ledger.append(subject=batch.subject, kind=kind, actor=by(person), at=at, body=body)
