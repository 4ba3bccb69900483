"""What a change did to a gap: how often it showed before and since, every case counting as often as it stands for.

What people ruled is known of each case. Of what ran without them, and of what they approved, only the drawn and judged
cases are known: each stands for as many as its inclusion probability says.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.db.models import Count, Exists, OuterRef, Q

from reviewqueue.engine import intervals
from reviewqueue.engine.estimates import Weighted, weighted
from reviewqueue.models import Decision, Failure, Oversight, Sampled
from reviewqueue.queries import real

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from reviewqueue.models import Gap

_LONGEST: Final = timedelta(days=90)
_NOTHING: Final = weighted([], hits=0, n=0)
_FREE: Final = Q(oversight__in=[Oversight.OUT_OF_THE_LOOP, Oversight.ON_THE_LOOP])


@dataclass(frozen=True, slots=True)
class Effect:
    """How often a gap showed among the cases of its intent, before its change and since, equally long."""

    before: Weighted
    after: Weighted

    @property
    def change(self) -> intervals.Between | None:
        """How far the rate rose, from the interval of each; None while there is nothing to compare."""
        if self.before.value is None or self.after.value is None:
            return None
        return intervals.apart(self.before.value, self.before.bounds, self.after.value, self.after.bounds)

    @property
    def fell(self) -> bool:
        """Is it certain that the rate fell?"""
        return self.change is not None and self.change.high < 0

    def as_json(self) -> dict[str, Any]:
        """Plain numbers."""
        moved = self.change
        told = moved and {"value": moved.value, "low": moved.low, "high": moved.high}
        return {"before": self.before.as_json(), "after": self.after.as_json(), "change": told or None}


class Drawn(NamedTuple):
    """A drawn and judged case: how many it stands for, and did it fail by this gap?"""

    weight: float
    failed: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """Cases of one stretch: changed because of the gap, approved, released; and what was judged of the latter two."""

    changed: int
    approved: int
    released: int
    of_approved: list[Drawn]
    of_released: list[Drawn]

    def share(self, *, approved: bool, released: bool) -> Weighted:
        """Looking also at drawn cases, of those approved and of those released, where both stretches have some."""
        known = [Drawn(1.0, failed=True)] * self.changed
        known += _scaled(self.of_approved, self.approved) if approved else [Drawn(1.0, failed=False)] * self.approved
        known += _scaled(self.of_released, self.released) if released else []
        looked_at = self.changed + self.approved + len(self.of_released) * released
        return weighted(known, hits=sum(each.failed for each in known), n=looked_at)


def of(gap: Gap, *, at: datetime) -> Effect:
    """Before and since the change, over as many days (90 at most); two questions for each."""
    if gap.changed_at is None:
        return Effect(_NOTHING, _NOTHING)
    length = min(at - gap.changed_at, _LONGEST)
    before = seen(gap, gap.changed_at - length, gap.changed_at)
    after = seen(gap, gap.changed_at, gap.changed_at + length)
    both = {
        "approved": bool(before.of_approved and after.of_approved),
        "released": bool(before.of_released and after.of_released),
    }
    return Effect(before.share(**both), after.share(**both))


def seen(gap: Gap, start: datetime, end: datetime) -> Seen:
    """The cases of the gap's intent, each in one of three kinds.

    An error found only where somebody looked for a reason is none here: nobody knows for how many cases it stands.
    """
    mine = Failure.objects.filter(case=OuterRef("pk"), gap=gap)
    by_people = Decision.objects.filter(case=OuterRef("pk"), decided_by__isnull=False, undone_at=None)
    changed = Q(Exists(mine.exclude(origin=Failure.Origin.QA)))
    approved, released = Q(Exists(by_people)) & ~changed, _FREE & ~Q(Exists(by_people)) & ~changed
    came = real.cases().filter(intent=gap.intent, created_at__gte=start, created_at__lt=end)
    kinds = {"changed": changed, "approved": approved, "released": released}
    sizes = came.aggregate(**{name: Count("pk", filter=kind) for name, kind in kinds.items()})
    of = {name: list(_drawn(gap, came.filter(kinds[name]))) for name in ("approved", "released")}
    return Seen(**sizes, of_approved=of["approved"], of_released=of["released"])


def _drawn(gap: Gap, cases: Any) -> Iterator[Drawn]:
    judged = Sampled.objects.filter(kind=Sampled.Kind.RANDOM, state=Sampled.State.SETTLED, case__in=cases.values("pk"))
    failed = Exists(Failure.objects.filter(case=OuterRef("case"), gap=gap))
    rows = judged.annotate(failed=failed).order_by("pk")
    for probability, found in rows.values_list("inclusion_probability", "failed"):
        if probability:
            yield Drawn(1 / probability, found)


def _scaled(drawn: list[Drawn], cases: int) -> list[Drawn]:
    """So that together they stand for as many cases as there are."""
    whole = sum(each.weight for each in drawn)
    return [Drawn(each.weight * cases / whole, each.failed) for each in drawn]
