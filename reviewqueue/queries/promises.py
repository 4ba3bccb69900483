"""Which service level a case has, ready to be counted with; looked up once after each change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Q

from reviewqueue.engine.business_time import ALWAYS, Hours
from reviewqueue.models import Question, ServiceLevel, Target

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import timedelta

    from reviewqueue.models import Case, Mark, Queue


@dataclass(frozen=True, slots=True)
class Level:
    """What happens (``does``) ``after`` so much working time, which is ``share`` percent of a target."""

    of: str
    share: int
    after: timedelta
    does: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Service:
    """A service level: for whom, its targets and levels, and whose answer it waits for without counting."""

    number: int
    priority: int | None
    tiers: frozenset[str]
    hours: Hours
    targets: tuple[tuple[str, timedelta], ...]
    levels: tuple[Level, ...]
    pauses: frozenset[str]

    def fits(self, priority: int, tier: str) -> bool:
        """Is it for cases of this priority and customers of this tier? Their queue was asked before."""
        for_priority = self.priority is None or self.priority == priority
        return for_priority and (not self.tiers or tier.casefold() in self.tiers)


@dataclass(frozen=True, slots=True)
class _Lane:
    stamp: str
    hours: Hours
    services: tuple[Service, ...]


# By queue; one that has another stamp now is looked up anew.
_known: Final[dict[str, _Lane]] = {}


def of(case: Case) -> Service | None:
    """The first service level in use that fits a case, by the queue that it is in."""
    return of_kind(case.queue, case.priority, case.customer_tier)


def of_kind(queue: Queue, priority: int, tier: str) -> Service | None:
    """The same for all cases of a priority and a customer tier."""
    return next((service for service in _lane(queue).services if service.fits(priority, tier)), None)


def hours(queue: Queue) -> Hours:
    """When somebody works in a queue."""
    return _lane(queue).hours


def numbered(number: int) -> Service:
    """One that a case has, also when it is no longer in use."""
    return _compiled(ServiceLevel.objects.select_related("calendar").prefetch_related("marks").get(pk=number))


def _lane(queue: Queue) -> _Lane:
    known = _known.get(queue.pk)
    if known is None or known.stamp != queue.stamp:
        hours = queue.calendar.hours if queue.calendar else ALWAYS
        known = _known[queue.pk] = _Lane(queue.stamp, hours, tuple(map(_compiled, _in_use(queue))))
    return known


def _in_use(queue: Queue) -> Iterable[ServiceLevel]:
    fitting = ServiceLevel.objects.filter(Q(queue=None) | Q(queue=queue), active=True)
    return fitting.select_related("calendar").prefetch_related("marks")


def _compiled(service: ServiceLevel) -> Service:
    within = {
        Target.CLAIM: service.claim_within,
        Target.DECIDE: service.decide_within,
        Target.ANSWER: service.answer_within,
    }
    targets = {str(target): time for target, time in within.items() if time}
    pausing = {
        Question.Of.CUSTOMER: service.pause_for_customer,
        Question.Of.AGENT: service.pause_for_agent,
        Question.Of.COLLEAGUE: service.pause_for_colleague,
    }
    return Service(
        number=service.pk,
        priority=service.priority,
        tiers=frozenset(tier.strip().casefold() for tier in service.tiers.split(",") if tier.strip()),
        hours=service.calendar.hours if service.calendar else ALWAYS,
        targets=tuple(targets.items()),
        levels=tuple(_level(mark, targets[mark.of]) for mark in service.marks.all() if mark.of in targets),
        pauses=frozenset(str(of) for of, pauses in pausing.items() if pauses),
    )


def _level(mark: Mark, time: timedelta) -> Level:
    does = {
        "tell_role": mark.tell_role,
        "offer_to": mark.offer_to_id,
        "move_to": mark.move_to_id,
        "raise_to": mark.raise_to,
    }
    return Level(mark.of, mark.share, time * mark.share / 100, {name: value for name, value in does.items() if value})
