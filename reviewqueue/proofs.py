"""What people have proved that they can do, and for which cases that is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from django.db.models import Q
from django.db.models.functions import Now, TruncDate
from django.utils.translation import gettext as _

from reviewqueue.models import Certificate, CoachingRules

if TYPE_CHECKING:
    from reviewqueue.models import Case, Queue

# By queue, with the stamp that its plans had then.
_risks: Final[dict[str, tuple[str, frozenset[str]]]] = {}


class Holder(Protocol):
    """Somebody who can have a certificate."""

    pk: int


def certificates(person: Holder) -> frozenset[str]:
    """What this person has proved and that is still valid, by the database's own date."""
    valid = Q(until_on=None) | Q(until_on__gte=TruncDate(Now()))
    return frozenset(Certificate.objects.filter(valid, user_id=person.pk).values_list("name", flat=True))


def risk_certificate(risk: str) -> str:
    """What the certificate for a class of risk is called."""
    return f"risk-{risk}"


def certified_risks(queue: Queue) -> frozenset[str]:
    """The classes of risk that need a certificate; looked up anew when the plans of a queue have changed."""
    known = _risks.get(queue.pk)
    if known is None or known[0] != queue.stamp:
        asked = CoachingRules.objects.values_list("certified_risks", flat=True).first() or []
        known = _risks[queue.pk] = (queue.stamp, frozenset(asked))
    return known[1]


def risks_closed_to(person: Holder) -> frozenset[str]:
    """The classes of risk for which this person needs a certificate that they do not have."""
    asked = CoachingRules.objects.values_list("certified_risks", flat=True).first() or []
    held = certificates(person) if asked else frozenset()
    return frozenset(risk for risk in asked if risk_certificate(risk) not in held)


def why_not(person: Holder, case: Case) -> str | None:
    """What this person would have to prove first, as a sentence; ``None`` where nothing is missing.

    A certificate is asked for whoever is offered the case; a skill only decides who gets it by itself.
    """
    by_queue, by_risk = set(case.queue.certificates), case.risk in certified_risks(case.queue)
    held = certificates(person) if by_queue or by_risk else frozenset()
    if missing := by_queue - held:
        says = _("This queue asks for a certificate that you do not have: %(names)s.")
        return says % {"names": ", ".join(sorted(missing))}
    if by_risk and risk_certificate(case.risk) not in held:
        says = _("Cases of this risk need a certificate (%(name)s) that you do not have: earn it in the practice.")
        return says % {"name": risk_certificate(case.risk)}
    return None
