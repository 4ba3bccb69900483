"""A control case is shown to be one as soon as what was done with it is final; nothing of it has run by then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.contrib.auth import get_user_model

from audit import ledger
from audit.actions import SYSTEM
from reviewqueue.domain import certificates, habits, lifecycle
from reviewqueue.models import Canary, Case, Catch
from reviewqueue.queries import dosage, rulings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from reviewqueue.domain.people import Reviewer

# Among a person's habits: the control cases that they have decided and not yet read about.
UNREAD: Final = "planted"


def canary_of(case: Case) -> Canary | None:
    """What makes this a control case; ``None`` for every real one."""
    return Canary.objects.filter(pk=case.pk).first()


def canaries_of(cases: Iterable[Case]) -> set[str]:
    """Which of these are control cases."""
    return set(Canary.objects.filter(pk__in=[case.pk for case in cases]).values_list("pk", flat=True))


def after_decision(case: Case, *, at: datetime) -> Case:
    """The undo window has closed: tell whoever decided, and the first of two people, what it was."""
    canary = Canary.objects.select_related("specimen").get(pk=case.pk)
    ruled = rulings.of(case)
    people = {case.first_by_id: rulings.first_of(case)} if case.first_by_id else {}
    people |= {one.decided_by_id: ruled for one in case.decisions.filter(undone_at=None) if one.decided_by_id}
    for person, made in people.items():
        _note(canary, person or 0, caught=not canary.specimen.passed(made), how=_strictest(made), at=at)
    return _unmask(case, canary, at=at)


def after_stopping(case: Case, *, person: Reviewer, how: str, at: datetime) -> Case:
    """Whoever asks or takes over has not let it pass; nobody has to write to a customer who does not exist."""
    canary = Canary.objects.select_related("specimen").get(pk=case.pk)
    _note(canary, person.pk, caught=True, how=how, at=at)
    if case.first_by_id and case.first_by_id != person.pk:
        first = rulings.first_of(case)
        _note(canary, case.first_by_id, caught=not canary.specimen.passed(first), how=_strictest(first), at=at)
    return _unmask(case, canary, at=at)


def read(catch: Catch, *, person: Reviewer, at: datetime) -> None:
    """The person has seen what was to be seen."""
    if catch.user_id != person.pk:
        return
    Catch.objects.filter(pk=catch.pk, read_at=None).update(read_at=at)
    unread = [case for case in person.habits.get(UNREAD, []) if case != catch.canary_id]
    habits.store(person, {UNREAD: unread})


def _unmask(case: Case, canary: Canary, *, at: datetime) -> Case:
    changes: dict[str, Any] = {"claimed_by_id": None, "claim_expires_at": None, "waiting_on": "", "effective_at": None}
    lifecycle.advance(case, "unmask", actor=SYSTEM, at=at, data={}, **changes)
    Canary.objects.filter(pk=canary.pk).update(settled_at=at)
    results = [{"user": f"u_{one.user_id}", "caught": one.caught, "how": one.how} for one in canary.catches.all()]
    ledger.append(subject=canary.subject, kind="canary.revealed", actor=SYSTEM, at=at, body={"results": results})
    return case


def _note(canary: Canary, person_id: int, *, caught: bool, how: str, at: datetime) -> None:
    users: Any = get_user_model()._default_manager  # noqa: SLF001 - Django's documented name
    person = users.get(pk=person_id)
    known = {"caught": caught, "how": how, "at": at, "counts": not dosage.knows(canary.specimen, person_id)}
    if Catch.objects.get_or_create(canary=canary, user_id=person_id, defaults=known)[1]:
        certificates.settle(person, at=at)
        habits.store(person, {UNREAD: [*person.habits.get(UNREAD, []), canary.pk]})


def _strictest(made: Sequence[Mapping[str, Any]]) -> str:
    order = ("approve", "edit", "respond", "reject")
    return max((ruling["type"] for ruling in made), key=order.index, default="approve")
