"""Which case is the best one for a person: offered to them first, then by rank, within queues, skills and languages."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from audit import rows
from reviewqueue import proofs, rules
from reviewqueue.domain import attendance, dosage
from reviewqueue.domain.attendance import Ready
from reviewqueue.models import Case, Decision, Request, Snooze, State
from reviewqueue.queries.cases import in_languages

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

    from reviewqueue.domain.people import Reviewer

CLAIMABLE = (State.QUEUED, State.SECOND_LOOK)
_ORDER = ("rank_at", "id")
_LOOKED_AT = 50
# A call for tomorrow is nobody's next case today; by hand it can still be taken.
_CALLED_AHEAD = timedelta(minutes=5)
ANYTHING = Ready()
Lane: TypeAlias = "tuple[str, QuerySet[Case]]"


def best(
    reviewer: Reviewer, queues: Collection[str], at: datetime, ready: Ready = ANYTHING, *, look: bool = False
) -> Case | None:
    """The case to take next, locked, inside a transaction; ``look``: not locked. ``queues``: only from these."""
    claimable = _claimable(reviewer, at)
    # Who takes one passes over rows in use; who only looks keeps nobody from one.
    claimable = claimable if look else claimable.select_for_update(skip_locked=True, of=("self",))
    if offered := _offered(claimable, reviewer, queues):
        return offered
    lanes = list(_lanes(claimable, reviewer, queues, at))
    for chosen in _preferred(ready, lanes):
        if found := min((case for lane in chosen if (case := _fit(lane, reviewer))), key=_rank, default=None):
            return found
    return min((case for _name, lane in lanes if (case := _fits_nobody(lane, at))), key=_rank, default=None)


def _offered(claimable: QuerySet[Case], reviewer: Reviewer, queues: Collection[str]) -> Case | None:
    if not Case.objects.filter(offered_to_id=reviewer.pk).exists():
        return None
    mine = claimable.filter(offered_to_id=reviewer.pk)
    return _fit((mine.filter(queue_id__in=queues) if queues else mine).order_by(*_ORDER), reviewer)


def _preferred(ready: Ready, lanes: list[Lane]) -> Iterator[list[QuerySet[Case]]]:
    """Where to look first: in the queue of the shift that runs, and at something easier after hard cases."""
    everywhere = [lane for _name, lane in lanes]
    here = [lane.filter(queue_id__in=ready.queues) for name, lane in lanes if not name or name in ready.queues]
    for part in (here, everywhere) if ready.queues else (everywhere,):
        if ready.easier:
            yield [lane.exclude(risk__in=attendance.HARD) for lane in part]
        yield part


def speaks(person: rules.Person, case: Case) -> bool:
    """Does this person work in the language of the case? Who names none works in all, and not every case has one."""
    return not person.languages or not case.language or _primary(case.language) in map(_primary, person.languages)


def _primary(tag: str) -> str:
    """``en`` of ``en-GB``."""
    return tag.replace("_", "-").partition("-")[0].lower()


def _claimable(reviewer: Reviewer, at: datetime) -> QuerySet[Case]:
    """Open cases that this person may decide, as far as the database can tell."""
    ruled = Decision.objects.filter(case_id=OuterRef("contests_id"), decided_by_id=reviewer.pk)
    own = Q(agent__owner_id=reviewer.pk) | Q(first_by_id=reviewer.pk) | Q(contests__isnull=False) & Exists(ruled)
    # The rank says the same as the state, and lets the index be used.
    cases = Case.objects.filter(rank_at__isnull=False, state__in=CLAIMABLE, expires_at__gt=at).exclude(own)
    if reviewer.loosened_at and at - reviewer.loosened_at < rules.COOLING_OFF:
        cases = cases.filter(policy_id__lt=reviewer.loosened_version)
    aside = Snooze.objects.filter(user_id=reviewer.pk, until_at__gt=at)
    cases = cases.exclude(pk__in=aside.values("case_id"))
    later = Request.objects.filter(made_id=OuterRef("pk"), wanted_at__gt=at + _CALLED_AHEAD)
    cases = cases.exclude(Exists(later))
    if closed := proofs.risks_closed_to(reviewer):
        cases = cases.exclude(risk__in=closed)
    if barred := dosage.barred(reviewer, at=at):
        cases = cases.exclude(pk__in=barred)
    return cases


def _lanes(claimable: QuerySet[Case], reviewer: Reviewer, queues: Collection[str], at: datetime) -> Iterator[Lane]:
    """One ordered query a queue, or one for all, which has no name: each walks an index and stops at its first row."""
    if not reviewer.may(rules.Permission.DECIDE):
        return
    free = Q(offered_to=None) | Q(offered_until__lte=at)
    cases = claimable.filter(free).order_by(*_ORDER)
    names, closed = rules.queue_names(reviewer), rules.queues_closed_to(reviewer)
    if names is None and not queues:
        yield "", cases.exclude(queue_id__in=closed) if closed else cases
        return
    for name in sorted((set(queues) if names is None else names & set(queues) if queues else names) - closed):
        yield name, cases.filter(queue_id=name)


def _fit(cases: QuerySet[Case], reviewer: Reviewer) -> Case | None:
    spoken = cases.filter(in_languages(map(_primary, reviewer.languages))) if reviewer.languages else cases
    if connection.vendor == "postgresql":
        return spoken.filter(skills__contained_by=reviewer.skills).first()
    skills, asking = set(reviewer.skills), spoken.values_list("pk", "skills").iterator(chunk_size=_LOOKED_AT)
    key = next((pk for pk, needed in asking if skills.issuperset(needed)), None)
    return rows.first(Case, "WHERE id = %s", [key]) if key else None


def _fits_nobody(cases: QuerySet[Case], at: datetime) -> Case | None:
    """A case that nobody has the skills and the language for must not wait for ever: anybody of its queue may take it.

    Called for somebody whom no case fits, so it may cost a little.
    """
    first = list(cases.select_related("agent")[:_LOOKED_AT])
    if not first:
        return None
    users: Any = get_user_model()._default_manager.filter(is_active=True)  # noqa: SLF001 - Django's documented name
    team = [user for user in users if user.may(rules.Permission.DECIDE)]
    queues = rules.queue_names_of(team)
    return next(
        (case for case in first if not any(_suits(person, case, queues[person.pk], at) for person in team)), None
    )


def _suits(person: Any, case: Case, queues: frozenset[str] | None, at: datetime) -> bool:
    able = set(person.skills).issuperset(case.skills) and speaks(person, case)
    barred = person.pk in {case.agent.owner_id, case.first_by_id} or _loosened(person, case, at)
    barred = barred or rules.decided_what_is_contested(person, case)
    return able and not barred and (queues is None or case.queue_id in queues)


def _loosened(person: Any, case: Case, at: datetime) -> bool:
    """See ``rules``: whoever loosened the policy does not decide under it for a while."""
    lately = person.loosened_at is not None and at - person.loosened_at < rules.COOLING_OFF
    return lately and case.policy_id >= person.loosened_version


def _rank(case: Case) -> tuple[Any, str]:
    return (case.rank_at, case.pk)
