"""Certificates for classes of risk: earned by practice, kept by control cases, and lapsing by time and by misses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction

from audit.actions import SYSTEM
from reviewqueue import proofs
from reviewqueue.domain import curriculum, people
from reviewqueue.models import Catch, Certificate, CoachingRules, Practice
from reviewqueue.queries import dosage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

RISKS: Final = ("low", "medium", "high", "critical")
_MISSES_WITHIN: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Standing:
    """One class of risk for one person: until when they are certified, and what practice says."""

    risk: str
    needed: bool
    until_on: date | None
    valid: bool
    answered: int
    right: int
    of: int


def standing(person: Any, *, at: datetime) -> list[Standing]:
    """Every class of risk that needs a certificate, or of which this person has one."""
    coaching = dosage.coaching()
    held = {one.name: one.until_on for one in Certificate.objects.filter(user_id=person.pk)}
    wanted = [risk for risk in RISKS if risk in coaching.certified_risks or proofs.risk_certificate(risk) in held]
    answers = _answers(person.pk) if wanted else []
    told = []
    for risk in wanted:
        name = proofs.risk_certificate(risk)
        scores = _scores(answers, risk, _lapsed_at(person.pk, risk, coaching, at), coaching)
        until = held.get(name)
        valid = name in held and (until is None or until >= at.date())
        needed = risk in coaching.certified_risks
        told.append(Standing(risk, needed, until, valid, len(scores), sum(scores), coaching.pass_answers))
    return told


@transaction.atomic
def settle(person: Any, *, at: datetime) -> None:
    """After an answer or a control case: what was earned, and what has lapsed."""
    coaching = dosage.coaching()
    answers = _answers(person.pk) if coaching.certified_risks else []
    for risk in coaching.certified_risks:
        lapsed_at = _lapsed_at(person.pk, risk, coaching, at)
        scores = _scores(answers, risk, lapsed_at, coaching)
        passed = len(scores) >= coaching.pass_answers and sum(scores) * 100 >= coaching.pass_percent * len(scores)
        held = Certificate.objects.filter(user_id=person.pk, name=proofs.risk_certificate(risk)).first()
        valid = held is not None and (held.until_on is None or held.until_on >= at.date())
        if passed and not valid:
            _grant(person, risk, at=at, days=coaching.valid_days, why="practice")
        elif valid and lapsed_at and not passed:
            _lapse(person, risk, at=at)
        elif valid and held and held.until_on is not None and _caught_since(person.pk, risk, held, coaching):
            _grant(person, risk, at=at, days=coaching.valid_days, why="control")


def _answers(person: int) -> list[tuple[str, Practice]]:
    """What was answered, the newest first, each with its risk."""
    rows = Practice.objects.filter(user_id=person, answered_at__isnull=False).order_by("-answered_at")
    risks = curriculum.risks()
    return [(risks[row.lesson], row) for row in rows if row.lesson in risks]


def _scores(
    answers: Sequence[tuple[str, Practice]], risk: str, lapsed_at: datetime | None, coaching: CoachingRules
) -> list[bool]:
    """Right or not, of the last answers at this risk or above; after a lapse only what was answered since."""
    fit = [row for of, row in answers if RISKS.index(of) >= RISKS.index(risk)]
    if lapsed_at is not None:
        fresh = [row.right for row in fit if row.answered_at and row.answered_at > lapsed_at]
        return fresh[: coaching.pass_answers]
    return [row.first_right for row in fit][: coaching.pass_answers]


def _lapsed_at(person: int, risk: str, coaching: CoachingRules, at: datetime) -> datetime | None:
    """When the last of too many misses was."""
    missed = Catch.objects.filter(
        user_id=person, counts=True, caught=False, canary__case__risk=risk, at__gt=at - _MISSES_WITHIN
    )
    moments = list(missed.order_by("-at").values_list("at", flat=True))
    return moments[0] if 0 < coaching.lapse_misses <= len(moments) else None


def _caught_since(person: int, risk: str, held: Certificate, coaching: CoachingRules) -> bool:
    """Was a control case of this risk caught since the certificate was last entered?"""
    begun = (held.until_on or date.max) - timedelta(days=coaching.valid_days)
    caught = Catch.objects.filter(user_id=person, counts=True, caught=True, canary__case__risk=risk)
    return caught.filter(at__date__gt=begun).exists()


def _grant(person: Any, risk: str, *, at: datetime, days: int, why: str) -> None:
    until = at.date() + timedelta(days=days)
    name = proofs.risk_certificate(risk)
    Certificate.objects.update_or_create(user_id=person.pk, name=name, defaults={"until_on": until})
    body = {"name": name, "until_on": until.isoformat(), "cause": why}
    people.record(person, "certificate.earned", actor=SYSTEM, at=at, body=body)


def _lapse(person: Any, risk: str, *, at: datetime) -> None:
    name = proofs.risk_certificate(risk)
    yesterday = at.date() - timedelta(days=1)
    Certificate.objects.filter(user_id=person.pk, name=name).update(until_on=yesterday)
    body = {"name": name, "until_on": yesterday.isoformat()}
    people.record(person, "certificate.lapsed", actor=SYSTEM, at=at, body=body)
