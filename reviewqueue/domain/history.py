"""Stored history comes in: cases that nobody has to do anything about, judged and recorded like any other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from audit import ledger
from audit.actions import SYSTEM, Actor
from audit.models import Entry
from reviewqueue.domain import configuration, figures, intake, policies
from reviewqueue.domain.lifecycle import OUTCOMES, TABLE
from reviewqueue.engine.terms import terms
from reviewqueue.models import Agent, Case, Conversation, PastRecord, State

STEP = TABLE["import"]
_STATE = State.IMPORTED


@dataclass(frozen=True, slots=True)
class Memory:
    """One proposal of the past with the facts that were known then. ``said``: what is stored of what became of it."""

    proposal: intake.Proposal
    facts: dict[str, Any]
    decision: str
    outcome: str
    said: Mapping[str, Any]
    at: datetime


@transaction.atomic
def agent_named(name: str, *, actor: Actor = SYSTEM, at: datetime) -> Agent:
    """The agent whose history comes in, made when it is new; it has no key and so can do nothing."""
    configuration.require_name(name)
    agent, new = Agent.objects.get_or_create(name=name)
    if new:
        ledger.append(subject=f"agent:{name}", kind="agent.created", actor=actor, at=at, body={"name": name})
    return agent


def take_in(memories: Sequence[Memory], *, agent: Agent, at: datetime) -> int:
    """Store what is not stored yet, all of it or nothing; says how many cases are new.

    A known ``dedupe_key`` is passed over, so an import that was interrupted goes on where it ended. Imported cases are
    in no queue, have no grants, and no event tells anybody of them.
    """
    for _again in range(3):
        try:
            with transaction.atomic():
                return _store(_new(memories, agent), agent, at)
        except IntegrityError:  # another import of the same lines was faster
            continue
    return _store(_new(memories, agent), agent, at)


def _new(memories: Sequence[Memory], agent: Agent) -> list[Memory]:
    by_key: dict[str, Memory] = {}
    for memory in memories:
        by_key.setdefault(memory.proposal.document["dedupe_key"], memory)
    known = Case.objects.filter(agent=agent, dedupe_key__in=by_key).values_list("dedupe_key", flat=True)
    return [memory for key, memory in by_key.items() if key not in set(known)]


def _store(memories: Sequence[Memory], agent: Agent, at: datetime) -> int:
    if not memories:
        return 0
    number, policy = policies.current(at=at)
    talks = _talks(memories, agent)
    pairs = []
    for memory in memories:
        verdict = intake.judge(policy, memory.facts)
        case = intake.case_of(memory.proposal, agent=agent, verdict=verdict, policy=policy, at=memory.at)
        case.policy_id, case.facts = number, memory.facts
        case.conversation_id = talks[memory.proposal.document["conversation"]["id"]]
        case.state, case.outcome, case.updated_at = _STATE, OUTCOMES[_STATE], at
        case.search_terms = " ".join(terms(f"{case.pk} {case.customer_ref} {case.customer_name} {case.issue}"))
        pairs.append((memory, case))
    Case.objects.bulk_create([case for _memory, case in pairs])
    PastRecord.objects.bulk_create(_record(memory, case) for memory, case in pairs)
    Entry.objects.bulk_create(_entry(memory, case, at) for memory, case in pairs)
    figures.forget(memory.at for memory, _case in pairs)
    return len(pairs)


def _talks(memories: Sequence[Memory], agent: Agent) -> dict[str, int]:
    """The keys of the conversations, made where they are new."""
    first: dict[str, Memory] = {}
    for memory in memories:
        first.setdefault(memory.proposal.document["conversation"]["id"], memory)
    Conversation.objects.bulk_create(
        [
            Conversation(
                agent=agent,
                external_id=name,
                channel=memory.proposal.document["conversation"].get("channel") or "",
                customer_ref=(memory.proposal.document.get("customer") or {}).get("id") or "",
                created_at=memory.at,
            )
            for name, memory in first.items()
        ],
        ignore_conflicts=True,
    )
    found = Conversation.objects.filter(agent=agent, external_id__in=first)
    return dict(found.values_list("external_id", "pk"))


def _record(memory: Memory, case: Case) -> PastRecord:
    return PastRecord(case=case, decision=memory.decision, outcome=memory.outcome, said=dict(memory.said))


def _entry(memory: Memory, case: Case, at: datetime) -> Entry:
    body = {
        "version": case.version,
        "policy_version": case.policy_id,
        "mode": case.oversight,
        "proposal_digest": case.content_digest,
        "decision": memory.decision,
        "outcome": memory.outcome,
    }
    return ledger.sealed(subject=case.subject, kind=STEP.kind, actor=SYSTEM, at=at, body=body)
