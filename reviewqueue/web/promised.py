"""What was promised for a case: until when, what happens on the way, and what when nobody decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reviewqueue.domain import deadlines
from reviewqueue.models import OPEN, OnExpiry, Priority, Queue, State, Target

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from django.utils.functional import _StrPromise

    from reviewqueue.models import Case, Clock

_BY: Final[dict[str, _StrPromise]] = {
    Target.CLAIM: gettext_lazy("Taken by"),
    Target.DECIDE: gettext_lazy("Decided by"),
    Target.ANSWER: gettext_lazy("Customer answered by"),
}
_OF: Final[dict[str, _StrPromise]] = {
    Target.CLAIM: gettext_lazy("of the time to take the case"),
    Target.DECIDE: gettext_lazy("of the time to decide"),
    Target.ANSWER: gettext_lazy("of the time to answer the customer"),
}


@dataclass(frozen=True, slots=True)
class Deadline:
    """One target: what must have happened, and when."""

    label: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Ahead:
    """A level that is still to come: at which share of a target, when, and what it does."""

    share: int
    of: str
    at: datetime
    does: str


@dataclass(frozen=True, slots=True)
class Promised:
    """``name`` of the service level, empty when the queue alone says when a case is due; ``heir`` takes over."""

    name: str
    deadlines: Sequence[Deadline]
    levels: Sequence[Ahead]
    paused_at: datetime | None
    outcome: str
    heir: str


def of(case: Case) -> Promised:
    """Of an open case; what has been kept or does not matter any more is left out."""
    clock = deadlines.clock_of(case) if case.state in OPEN else None
    outcome, heir = deadlines.on_expiry(case, clock)
    if outcome == OnExpiry.HAND_OVER and heir is None:
        outcome = OnExpiry.EXPIRE
    told = list(_deadlines(case, clock)) if clock else []
    return Promised(
        name=clock.service.name if clock and clock.service else "",
        deadlines=told,
        levels=_levels(case, clock) if clock and told else [],
        paused_at=clock.paused_at if clock else None,
        outcome=outcome,
        heir=heir.display if heir else "",
    )


def _deadlines(case: Case, clock: Clock) -> Iterator[Deadline]:
    for target, moment in clock.plan["targets"].items():
        if not _kept(case, target):
            yield Deadline(str(_BY[target]), deadlines.read(moment))


def _kept(case: Case, target: str) -> bool:
    """Taking it is over once somebody did; the rest only with the case."""
    return target == Target.CLAIM and (case.claim_fence > 0 or case.state != State.QUEUED)


def _levels(case: Case, clock: Clock) -> list[Ahead]:
    marks = [each for each in clock.plan["marks"] if each["of"] in _OF and not _kept(case, each["of"])]
    marks.sort(key=lambda mark: deadlines.read(mark["at"]))
    people, queues = _people(marks), _queues(marks)
    return [
        Ahead(each["share"], str(_OF[each["of"]]), deadlines.read(each["at"]), _does(each, people, queues))
        for each in marks
    ]


def _does(mark: Mapping[str, Any], people: Mapping[int, str], queues: Mapping[str, str]) -> str:
    said = []
    if role := mark.get("tell_role"):
        said.append(_("everybody who is %(role)s is told") % {"role": _role(role)})
    if whom := mark.get("offer_to"):
        said.append(_("kept for %(who)s first") % {"who": people.get(whom, "?")})
    if raised := mark.get("raise_to"):
        said.append(_("priority becomes %(priority)s") % {"priority": Priority(raised).label})
    if queue := mark.get("move_to"):
        said.append(_("goes to %(queue)s") % {"queue": queues.get(queue, queue)})
    return "; ".join(said) or _("a warning")


def _role(name: str) -> str:
    bearer: Any = get_user_model()(role=name)
    return str(bearer.get_role_display())


def _people(marks: Sequence[Mapping[str, Any]]) -> dict[int, str]:
    wanted = {mark["offer_to"] for mark in marks if mark.get("offer_to")}
    found: Any = get_user_model().objects.in_bulk(wanted) if wanted else {}
    return {pk: person.display for pk, person in found.items()}


def _queues(marks: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    wanted = {mark["move_to"] for mark in marks if mark.get("move_to")}
    return {pk: str(queue) for pk, queue in Queue.objects.in_bulk(wanted).items()} if wanted else {}
