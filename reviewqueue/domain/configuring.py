"""Changes to queues and agents: saved and recorded together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from audit import ledger
from reviewqueue.models import Agent, Queue

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from audit.actions import Actor

_QUEUE = ("title", "position", "urgent_seconds", "high_seconds", "normal_seconds", "low_seconds")
_AGENT = ("team", "owner_id", "calls_per_second", "burst")


@transaction.atomic
def save_queue(queue: Queue, *, actor: Actor, at: datetime) -> None:
    """Store a new or changed queue; the record says what was before."""
    before = Queue.objects.filter(pk=queue.pk).values(*_QUEUE).first()
    queue.save()
    _record(f"queue:{queue.pk}", "queue", before, {name: getattr(queue, name) for name in _QUEUE}, actor=actor, at=at)


@transaction.atomic
def save_agent(agent: Agent, *, actor: Actor, at: datetime) -> None:
    """Store a new or changed agent; the record says what was before."""
    before = Agent.objects.filter(pk=agent.pk).values(*_AGENT).first() if agent.pk else None
    agent.save()
    _record(f"agent:{agent.name}", "agent", before, {name: getattr(agent, name) for name in _AGENT}, actor=actor, at=at)


def record(subject: str, kind: str, *, actor: Actor, at: datetime, body: Mapping[str, Any]) -> None:
    """A ledger row about something that an administrator set up elsewhere; must run inside a transaction."""
    ledger.append(subject=subject, kind=kind, actor=actor, at=at, body=body)


def _record(
    subject: str, what: str, before: dict[str, Any] | None, after: dict[str, Any], *, actor: Actor, at: datetime
) -> None:
    if before is None:
        ledger.append(subject=subject, kind=f"{what}.created", actor=actor, at=at, body=after)
        return
    changed = {name: {"before": before[name], "after": after[name]} for name in after if before[name] != after[name]}
    if changed:
        ledger.append(subject=subject, kind=f"{what}.changed", actor=actor, at=at, body=changed)
