"""Do people still decide, or only wave through: what happened to an agent's cases in a stretch of time."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Count, Q

from reviewqueue.models import Ruling
from reviewqueue.queries import real

if TYPE_CHECKING:
    from datetime import datetime

_CHANGED = (Ruling.EDIT, Ruling.REJECT, Ruling.RESPOND)


class Drift(NamedTuple):
    """Cases, those that went to people, and what people decided: as proposed, or otherwise."""

    cases: int
    held: int
    decided: int
    unchanged: int
    overridden: int
    deciders: int


def of_agent(agent: int, *, since: datetime, until: datetime) -> Drift:
    """From ``since`` until before ``until``; undone decisions do not count."""
    stretch = {"created_at__gte": since, "created_at__lt": until}
    held = Count("pk", filter=Q(oversight__in=["in_the_loop", "human_only"]))
    cases = real.cases().filter(agent_id=agent, **stretch).aggregate(all=Count("pk"), held=held)
    ruled = real.decisions().filter(case__agent_id=agent, decided_by__isnull=False, undone_at=None)
    counted = ruled.filter(decided_at__gte=since, decided_at__lt=until).aggregate(
        all=Count("pk"),
        unchanged=Count("pk", filter=Q(type=Ruling.APPROVE)),
        overridden=Count("pk", filter=Q(type__in=_CHANGED)),
        deciders=Count("decided_by", distinct=True),
    )
    return Drift(
        cases["all"],
        cases["held"],
        counted["all"],
        counted["unchanged"],
        counted["overridden"],
        counted["deciders"],
    )
