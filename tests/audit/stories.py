"""Ledgers as the desk writes them, for tests to read, verify and tamper with."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from audit import guards, ledger
from audit.actions import SYSTEM, Actor
from audit.models import Entry

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ANA = Actor("user", "u_17", "Ana Ruíz")
BEN = Actor("user", "u_18", "Ben Öz")
SHOP = Actor("agent", "agent_1", "Shop assistant")
POLICY = Actor("policy", "policy_12", "Starting policy")
APPROVED = "sha256:" + "a" * 64
OTHER = "sha256:" + "b" * 64


class CaseStory:
    """Tells the events of one case one after the other, ten seconds apart."""

    def __init__(self, case: str = "case_1", at: datetime = NOON) -> None:
        self.subject = f"case:{case}"
        self.grant = f"grant_of_{case}"
        self.decision = f"dec_of_{case}"
        self.at = at

    def tell(self, kind: str, actor: Actor = SYSTEM, **body: Any) -> Entry:
        """Append one event; returns its entry."""
        self.at += timedelta(seconds=10)
        with transaction.atomic():
            return ledger.append(subject=self.subject, kind=kind, actor=actor, at=self.at, body=body)

    def queued(self, kind: str = "case.queued", actor: Actor = POLICY, **body: Any) -> "CaseStory":
        """The proposal of the agent arrives."""
        proposal = {"policy_version": 3, "mode": "in_the_loop", "proposal_digest": OTHER}
        listed = [{"call_id": "call_1", "digest": APPROVED}]
        reasons = [{"trigger": "refund-over-limit", "says": "refund 350.00 EUR is over 200.00 EUR"}]
        self.tell(kind, actor, **proposal, reasons=reasons, actions=listed, **body)
        return self

    def ruling(self, type_: str = "approve", **changes: Any) -> dict[str, Any]:
        """One decision, as the bodies carry it."""
        digest = APPROVED if type_ in {"approve", "edit"} else None
        ruling = {"id": self.decision, "call_id": "call_1", "type": type_, "digest": digest, "reason_code": "ok"}
        return {**ruling, **changes}

    def decided(self, actor: Actor = ANA, ruling: Mapping[str, Any] | None = None, **body: Any) -> "CaseStory":
        """A person decides; it takes effect five seconds later."""
        effective_at = (self.at + timedelta(seconds=15)).isoformat()
        seen = {"version": 2, "seen_digest": OTHER, "effective_at": effective_at, "eyes": 1, "first_by": None}
        self.tell("case.decided", actor, **{**seen, "decisions": [ruling or self.ruling()], **body})
        return self

    def issued(self, **body: Any) -> "CaseStory":
        """The grant for the approved action, good for fifteen minutes."""
        expires_at = (self.at + timedelta(minutes=15)).isoformat()
        named = {"grant": self.grant, "decision": self.decision, "call_id": "call_1", "digest": APPROVED}
        self.tell("grant.issued", **{**named, "expires_at": expires_at, **body})
        return self

    def redeemed(self, **body: Any) -> "CaseStory":
        """The agent executes."""
        ran = {"grant": self.grant, "digest": APPROVED, "executor": "worker-3"}
        at = (self.at + timedelta(seconds=10)).isoformat()
        self.tell("grant.redeemed", SHOP, **{**ran, "at": at, **body})
        return self

    def finished(self) -> "CaseStory":
        """Outcome and end."""
        self.tell("grant.outcome", SHOP, grant=self.grant, status="succeeded")
        self.tell("case.closed")
        return self


def approved(case: str = "case_1", at: datetime = NOON) -> CaseStory:
    """Eight entries: from the proposal to the end, approved by one person."""
    story = CaseStory(case, at).queued()
    story.tell("case.claimed", ANA)
    story.decided().tell("case.took_effect")
    return story.issued().redeemed().finished()


def four_eyes(case: str = "case_2", at: datetime = NOON) -> CaseStory:
    """Nine entries: two people approve."""
    story = CaseStory(case, at).queued()
    story.tell("case.claimed", ANA)
    story.tell("case.second_look", ANA, decisions=[story.ruling()])
    story.tell("case.claimed", BEN)
    return story.decided(BEN, eyes=2, first_by=ANA.id).issued().redeemed().finished()


def released(case: str = "case_3", at: datetime = NOON) -> CaseStory:
    """Five entries: the policy lets it run."""
    story = CaseStory(case, at)
    story.queued("case.released", decisions=[story.ruling()])
    return story.issued().redeemed().finished()


def rejected(case: str = "case_4", at: datetime = NOON) -> CaseStory:
    """Four entries: nothing runs."""
    story = CaseStory(case, at).queued()
    story.tell("case.claimed", BEN)
    story.decided(BEN, story.ruling("reject")).tell("case.closed")
    return story


def whole_ledger() -> dict[str, int]:
    """Several cases and two other chains; returns the number of the last entry of each."""
    for tell in (approved, four_eyes, released, rejected):
        tell()
    CaseStory("case_5").queued().tell("case.withdrawn", SHOP, reason="the customer said “never mind”")
    with transaction.atomic():
        for seq in range(1, 5):
            body = {"version": seq, "reason": "tighter — élan"}
            ledger.append(subject="policy:policy_12", kind="policy.published", actor=ANA, at=NOON, body=body)
        ledger.append(subject="user:u_17", kind="user.created", actor=BEN, at=NOON, body={"role": "reviewer"})
    return {entry.subject: entry.seq for entry in Entry.objects.order_by("seq")}


def without_guards() -> None:
    """What a tamperer with all rights does first; a test's rollback brings the guards back."""
    guards.remove(connection)


def erase(entry: Entry) -> None:
    """The one change that the database allows."""
    Entry.objects.filter(pk=entry.pk).update(salt=None, body=None)
