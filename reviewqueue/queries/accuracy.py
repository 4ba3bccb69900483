"""How often the first queue was the right one: a case is right where people decided it without passing it on."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reviewqueue.models import Move
from reviewqueue.queries import real

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(slots=True)
class Routing:
    """Cases whose first queue was this one: how many people decided, and to which queues people passed some on."""

    queue: str
    decided: int = 0
    passed_to: Counter[str] = field(default_factory=Counter)

    @property
    def right(self) -> int:
        """How many were decided where they came first, or where only the clock had brought them."""
        return self.decided - self.passed_to.total()

    @property
    def passed_on(self) -> list[tuple[str, int]]:
        """To which queues, and how many, most first."""
        return self.passed_to.most_common()

    @property
    def percent(self) -> int:
        """Of those that were decided; rounded down, so that 100 means all."""
        return self.right * 100 // self.decided if self.decided else 0


def of_first_queues(*, since: datetime, until: datetime) -> list[Routing]:
    """By first queue, for cases that people decided between two moments; three queries."""
    by_people = real.decisions().filter(
        decided_by__isnull=False, undone_at=None, decided_at__gte=since, decided_at__lt=until
    )
    decided = dict(by_people.values_list("case_id", "case__queue_id"))
    first, passed = dict(decided), set[str]()
    moves = Move.objects.filter(case__decisions__in=by_people).distinct().order_by("-pk")
    for case, left, why in moves.values_list("case_id", "from_queue_id", "why"):
        first[case] = left
        if why == Move.Why.PERSON:
            passed.add(case)
    found: dict[str, Routing] = {}
    for case, queue in first.items():
        one = found.setdefault(queue, Routing(queue))
        one.decided += 1
        if case in passed:
            one.passed_to[decided[case]] += 1
    return sorted(found.values(), key=lambda one: (-one.decided, one.queue))
