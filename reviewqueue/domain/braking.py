"""Put a brake on: what people and budgets have in common when they pause something."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import transaction

from audit import ledger
from reviewqueue import wake
from reviewqueue.engine import brakes
from reviewqueue.engine.brakes import Target
from reviewqueue.models import Agent, Event, Pause

if TYPE_CHECKING:
    from datetime import datetime

    from audit.actions import Actor
    from reviewqueue.domain.people import Reviewer

LONGEST_NAME: Final = 100


@transaction.atomic
def put_on(*, of: str, name: str, reason: str, actor: Actor, at: datetime, person: Reviewer | None = None) -> Pause:
    """The brake itself, also for a budget that puts it on by itself; releases under watch are stopped by ``sweep``."""
    made, new = Pause.objects.get_or_create(
        of=of,
        name=name,
        resumed_at=None,
        defaults={"reason": reason, "paused_by_id": person.pk if person else None, "paused_at": at},
    )
    if new:
        record(made, "paused", actor=actor, reason=reason, at=at)
    return made


def record(paused: Pause, what: str, *, actor: Actor, reason: str, at: datetime) -> None:
    """In the ledger, and as an event for every agent that it concerns."""
    body = {"pause": paused.pk, "of": paused.of, "name": paused.name, "reason": reason}
    ledger.append(subject=paused.subject, kind=f"{paused.of}.{what}", actor=actor, at=at, body=body)
    told = {"pause": paused.pk, "of": paused.of, "name": paused.name or None}
    agents = [agent for agent in Agent.objects.order_by("pk") if _concerns(paused, agent)]
    Event.objects.bulk_create(Event(kind=f"agent.{what}", agent=agent, data=told, at=at) for agent in agents)
    wake.after_commit()


def _concerns(paused: Pause, agent: Agent) -> bool:
    """Any agent may propose a paused intent or action."""
    return paused.of != Pause.Of.AGENT or brakes.covers(paused.of, paused.name, Target(agent.name, "", ()))
