"""Cases whose truth is known from elsewhere, given to everybody who judges, to see how well each of them can see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from audit import ledger
from reviewqueue import rules
from reviewqueue.domain import sampling
from reviewqueue.domain.people import by
from reviewqueue.models import KnownVerdict, Sampled
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from datetime import datetime

    from reviewqueue.domain.people import Reviewer
    from reviewqueue.models import Case

LONGEST_TEXT = 2_000


@transaction.atomic
def record(case: Case, *, bad: bool, basis: str, person: Reviewer, at: datetime) -> Sampled:
    """Say what is known of a case and how, and give it to all who judge. It is in no rate; nobody is told which it is.

    Refused without the right (``forbidden``), without a basis (``invalid-request``), or where something is known
    already (``already-judged``).
    """
    rules.require_right(person, rules.Permission.LEAD_QUALITY, _("Your role does not record what is known of a case."))
    rules.require_sight(person, case)
    basis = basis.replace("\x00", "").strip()
    if not basis or len(basis) > LONGEST_TEXT:
        raise Refusal("invalid-request", _("Say how it is known, in at most %s characters.") % LONGEST_TEXT)
    known, new = KnownVerdict.objects.get_or_create(
        case=case, defaults={"bad": bad, "basis": basis, "recorded_by_id": person.pk, "recorded_at": at}
    )
    if not new and (known.bad, known.basis) != (bad, basis):
        raise Refusal("already-judged", _("Something else is recorded of this case already."))
    sampling.choose(case, reason=Sampled.Reason.ASKED, person=person, at=at, known=True)
    made: Sampled = Sampled.objects.get(case=case, kind=Sampled.Kind.CALIBRATION)
    if new:
        body = {"case": case.pk, "bad": bad, "basis": basis}
        ledger.append(subject=made.subject, kind="qa.known", actor=by(person), at=at, body=body)
    return made
