"""The attacks: ways around a person that must not work."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from django.db import DatabaseError, transaction

from audit.actions import SYSTEM
from audit.models import Entry
from hitl.oversight import probes
from hitl.oversight.findings import Check
from hitl.oversight.sandbox import granted
from reviewqueue.domain import braking, claims, endings
from reviewqueue.models import Agent, Case, Decision, Grant, Pause

if TYPE_CHECKING:
    from hitl.oversight.findings import Notes
    from hitl.oversight.sandbox import Sandbox

_AMOUNT: Final = "350.00"
_GONE: Final = ("stale-claim", "not-pending")


def replay(box: Sandbox, notes: Notes) -> None:
    """A grant is spent once."""
    grant = box.approved(_refund(box))
    spent, text = box.redeem(grant)
    notes.saw(f"the first redemption got exactly what was approved: {text}")
    notes.refused(lambda: box.redeem(grant), ("grant-redeemed",), "the second redemption")
    notes.claim(Entry.objects.filter(kind="grant.redeemed", subject=spent.case.subject).count() == 1, "it ran once")


def changed_amount(box: Sandbox, notes: Notes) -> None:
    """A grant is bound to the bytes that were approved."""
    grant = box.approved(_refund(box))
    for amount in ("3500.00", "350.0", 350):
        told = f"redeeming with the amount {amount!r} instead of '{_AMOUNT}'"
        notes.refused(partial(box.redeem, grant, amount=amount), ("grant-digest-mismatch",), told)
    notes.claim(Grant.objects.get(pk=grant.pk).redeemed_at is None, "the grant is unspent")


def stale_approval(box: Sandbox, notes: Notes) -> None:
    """An approval of what has changed since is none."""
    case = box.claim(_refund(box), box.ana)
    look = box.look(case)
    Case.objects.filter(pk=case.pk).update(version=case.version + 1)
    notes.refused(lambda: box.decide(case, box.ana, look=look), ("stale-version",), "approving an older version")
    other = box.approved(_refund(box))
    endings.supersede(Case.objects.get(pk=other.case_id), actor=SYSTEM, at=box.at, by="a newer proposal")
    notes.refused(lambda: box.redeem(other), ("grant-void",), "redeeming after a newer proposal replaced it")
    expired = box.approved(_refund(box))
    Grant.objects.filter(pk=expired.pk).update(expires_at=box.at - timedelta(days=1))
    notes.refused(lambda: box.redeem(expired), ("grant-expired",), "redeeming after the grant's time")


def self_approval(box: Sandbox, notes: Notes) -> None:
    """Nobody decides what their own agent proposed, and nobody is both pairs of eyes."""
    case = _refund(box)
    notes.refused(lambda: box.claim(case, box.owner), ("forbidden",), "the agent's owner claims its case")
    two = _refund(box)
    Case.objects.filter(pk=two.pk).update(eyes=2)
    box.claim(Case.objects.get(pk=two.pk), box.ana)
    first = box.decide(two, box.ana)
    notes.claim(first.second_look and granted(two) == 0, "the first of two approvals grants nothing")
    again = Case.objects.get(pk=two.pk)
    notes.refused(lambda: box.claim(again, box.ana), ("forbidden",), "the same person as the second pair of eyes")


def double_click(box: Sandbox, notes: Notes) -> None:
    """The same decision sent twice counts once."""
    case = _refund(box)
    Case.objects.filter(pk=case.pk).update(eyes=1)
    box.claim(Case.objects.get(pk=case.pk), box.ana)
    look = box.look(case)
    box.decide(case, box.ana, look=look)
    notes.refused(lambda: box.decide(case, box.ana, look=look), _GONE, "the second click")
    box.after_undo(case)
    count = Decision.objects.filter(case=case).count()
    notes.claim((count, granted(case)) == (1, 1), f"{count} decision and {granted(case)} grant exist")


def late_reviewer(box: Sandbox, notes: Notes) -> None:
    """Whoever comes back too late overwrites nobody."""
    case = box.claim(_refund(box), box.ana)
    look = box.look(case)
    later = box.at + claims.lease() + timedelta(seconds=1)
    box.claim(Case.objects.get(pk=case.pk), box.ben, at=later)
    notes.refused(lambda: box.decide(case, box.ana, look=look, at=later), _GONE, "deciding after somebody else has it")
    over = box.claim(_refund(box), box.ana)
    at = over.expires_at + timedelta(seconds=1)
    seen = box.look(over)
    endings.expire(Case.objects.get(pk=over.pk), at=at)
    notes.refused(lambda: box.decide(over, box.ana, look=seen, at=at), _GONE, "deciding after the case expired")
    notes.claim(granted(case) + granted(over) == 0, "nothing was granted")


def stranger(box: Sandbox, notes: Notes) -> None:
    """Another agent's grant does not exist."""
    grant = box.approved(_refund(box))
    other = Agent.objects.create(name=f"oversight-check-other-{box.mark}")
    notes.refused(lambda: box.redeem(grant, agent=other), ("not-found",), "another agent redeems the grant")


def brake(box: Sandbox, notes: Notes) -> None:
    """What is paused does not run, whoever approved it."""
    grant = box.approved(_refund(box))
    pause = braking.put_on(of="action", name="refund_*", reason="check", actor=SYSTEM, at=box.at)
    notes.refused(lambda: box.redeem(grant), ("agent-paused",), "redeeming while refunds are paused")
    held = box.propose(probes.refund(probes.AMOUNTS[0], box.policy.currency))
    notes.claim(held.state == "queued", "a refund of the smallest amount waits for a person meanwhile")
    Pause.objects.filter(pk=pause.pk).update(resumed_at=box.at)
    notes.claim(box.redeem(grant), "after somebody resumed, the grant can be redeemed")


def tampering(box: Sandbox, notes: Notes) -> None:
    """What happened cannot be rewritten."""
    case = _refund(box)
    entries = Entry.objects.filter(subject=case.subject)
    for what, verb in (
        ("changing an entry of the record", partial(entries.update, kind="case.closed")),
        ("deleting an entry of the record", entries.delete),
    ):
        try:
            with transaction.atomic():
                verb()
        except DatabaseError as error:
            notes.claim(holds=True, what=f"{what}: refused by the database ({str(error).splitlines()[0]})")
        else:
            notes.claim(holds=False, what=f"{what}: refused by the database")


def _refund(box: Sandbox) -> Case:
    """A refund that waits for a person who may approve it, whatever the policy says of refunds."""
    case = box.held(probes.refund(_AMOUNT, box.policy.currency))
    if case.oversight == "human_only":
        Case.objects.filter(pk=case.pk).update(oversight="in_the_loop")
        case.refresh_from_db()
    return case


ATTACKS: Final = (
    Check("replay", "A grant is spent once", replay),
    Check("changed amount", "A grant runs what was approved and nothing else", changed_amount),
    Check("stale approval", "What changed since it was seen is not approved", stale_approval),
    Check("self-approval", "Nobody approves what is their own", self_approval),
    Check("double click", "A decision sent twice counts once", double_click),
    Check("late reviewer", "Whoever comes back too late decides nothing", late_reviewer),
    Check("stranger", "A grant serves the agent that it was given to", stranger),
    Check("brake", "What is paused does not run", brake),
    Check("tampering", "The record can be neither changed nor deleted", tampering),
)
