"""What coaches look at: cases to learn from, and how often control cases are caught."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Exists, OuterRef, Q

from reviewqueue.engine.estimates import Share
from reviewqueue.models import Case, Catch, Certificate, Decision, Membership, Ruling, Specimen
from reviewqueue.queries import real, team
from reviewqueue.rules import Person, queue_names

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

SPAN: Final = timedelta(days=90)
MOST: Final = 200
_CANDIDATES: Final = 20
_LOOKED_AT: Final = 5000
_CLEAR: Final = frozenset({"wrong_amount", "policy", "wrong_action", "unsafe", "wrong_fact"})


@dataclass(frozen=True, slots=True)
class Caught:
    """How often control cases were caught, in one row of a table."""

    name: str
    share: Share


def candidates(person: Person) -> list[Case]:
    """The latest cases that people put right for a clear reason, and of which nothing was made yet."""
    put_right = Decision.objects.filter(
        case_id=OuterRef("pk"),
        type__in=[Ruling.EDIT, Ruling.REJECT],
        reason_code__in=_CLEAR,
        undone_at=None,
        took_effect_at__isnull=False,
        decided_by__isnull=False,
    )
    used = Specimen.objects.filter(source_id=OuterRef("pk"))
    found = real.cases().filter(Exists(put_right), ~Exists(used), outcome="decided").order_by("-pk")
    names = queue_names(person)
    if names is not None:
        found = found.filter(queue_id__in=names)
    return list(found.select_related("agent", "queue").prefetch_related("decisions")[:_CANDIDATES])


def specimens() -> list[Specimen]:
    """Everything that was made to learn from, what is in use first."""
    order = {Specimen.State.APPROVED: 1, Specimen.State.DRAFT: 0, Specimen.State.RETIRED: 2}
    found = Specimen.objects.select_related("made_by", "approved_by")[:MOST]
    return sorted(found, key=lambda one: order[Specimen.State(one.state)])


def by_risk(*, at: datetime) -> list[Caught]:
    """By class of risk."""
    return _shares((risk, caught) for risk, caught, _user in _results(at))


def by_team(*, at: datetime) -> list[Caught]:
    """By queue of those who decided; somebody who works in several counts in each."""
    results = _results(at)
    members = Membership.objects.filter(user_id__in={user for *_rest, user in results})
    queues: dict[int, list[str]] = defaultdict(list)
    for user, queue in members.values_list("user_id", "queue_id"):
        queues[user].append(queue)
    return _shares((queue, caught) for _risk, caught, user in results for queue in queues.get(user, ["*"]))


def overall(*, at: datetime) -> Share:
    """All of the desk."""
    results = _results(at)
    return Share(sum(caught for _risk, caught, _user in results), len(results))


def of_person(user: int, *, at: datetime) -> Share:
    """One person's own."""
    mine = list(Catch.objects.filter(user_id=user, counts=True, at__gt=at - SPAN).values_list("caught", flat=True))
    return Share(sum(mine), len(mine))


def people(*, at: datetime) -> list[tuple[Any, list[Certificate]]]:
    """Everybody who decides, with the certificates for classes of risk that are valid."""
    deciders = team.deciders()
    valid = Q(until_on=None) | Q(until_on__gte=at.date())
    held: dict[int, list[Certificate]] = defaultdict(list)
    for one in Certificate.objects.filter(valid, name__startswith="risk-"):
        held[one.user_id].append(one)
    return [(person, held[person.pk]) for person in deciders]


def _results(at: datetime) -> list[tuple[str, bool, int]]:
    counted = Catch.objects.filter(counts=True, at__gt=at - SPAN).order_by("-at")
    return list(counted.values_list("canary__case__risk", "caught", "user_id")[:_LOOKED_AT])


def _shares(results: Iterable[tuple[str, bool]]) -> list[Caught]:
    counted: dict[str, list[bool]] = defaultdict(list)
    for name, caught in results:
        counted[name].append(caught)
    return [Caught(name, Share(sum(caught), len(caught))) for name, caught in sorted(counted.items())]
