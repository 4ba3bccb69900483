"""A case that was chosen for a reason and drawn at random is judged once, and the verdict serves both.

Whether it is drawn does not depend on what was chosen, so its inclusion probability stands. Who judges it is not told
before why it is in the sample, so the verdict is what a drawn case would have got. It counts in the rates when its turn
comes in the order of the draw, and not before (``engine.sampling.reached``).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from audit import ledger
from audit.actions import SYSTEM
from reviewqueue.engine import sampling
from reviewqueue.models import QaVerdict, Sampled, SamplePlan

_COPIED: Final = ("verdict", "should_have_been_reviewed", "severity", "codes")
# Later the work on a sample is over, and whoever stands in the way of a case will not judge any more.
_LATEST: Final = timedelta(days=14)
_CHOSEN: Final = Sampled.objects.filter(
    case=OuterRef("case"), kind=Sampled.Kind.TARGETED, state=Sampled.State.SETTLED, verdicts__isnull=False
)


def settle_others(judged: Sampled, *, at: datetime) -> None:
    """A case was judged: what else waits for the same verdict has it, and the order has moved on."""
    if judged.kind != Sampled.Kind.RANDOM:
        return
    if judged.state == Sampled.State.SETTLED:
        for chosen in Sampled.objects.filter(case=judged.case_id, kind=Sampled.Kind.TARGETED):
            settle_like(chosen, judged, at=at)
    take_over(judged.plan, at=at)


@transaction.atomic
def take_over(plan: SamplePlan, *, at: datetime) -> int:
    """Settle the drawn cases that were judged before, as far as the work on the draw has come; says how many."""
    drawn = Sampled.objects.filter(plan=plan, kind=Sampled.Kind.RANDOM)
    if plan.drawn_at is None or not drawn.filter(Exists(_CHOSEN), _waits()).exists():
        return 0
    own = Exists(QaVerdict.objects.filter(sampled=OuterRef("pk")))
    rows = list(drawn.annotate(known=Exists(_CHOSEN), own=own).order_by("position", "id"))
    known = [row.known and not row.double for row in rows]
    order = [(before, row.own) for row, before in zip(rows, known, strict=True)]
    late = at > plan.drawn_at + _LATEST
    places = range(len(rows)) if late else sampling.reached(order)
    return sum(_take_over(rows[place], at=at) for place in places if known[place])


def settle_like(row: Sampled, judged: Sampled, *, at: datetime) -> bool:
    """What was said of the case holds for this row too; nothing where it is settled already."""
    same = {name: getattr(judged, name) for name in _COPIED} | {"settled_at": at, "state": Sampled.State.SETTLED}
    if not Sampled.objects.filter(pk=row.pk).exclude(state=Sampled.State.SETTLED).update(**same):
        return False
    body = {"case": row.case_id, "verdict": judged.verdict, "judged_as": judged.pk}
    ledger.append(subject=row.subject, kind="qa.settled", actor=SYSTEM, at=at, body=body)
    return True


def _waits() -> Q:
    return Q(state=Sampled.State.WAITING, double=False)


def _take_over(row: Sampled, *, at: datetime) -> bool:
    chosen = Sampled.objects.filter(case=row.case_id, kind=Sampled.Kind.TARGETED, state=Sampled.State.SETTLED).get()
    return settle_like(row, chosen, at=at)
