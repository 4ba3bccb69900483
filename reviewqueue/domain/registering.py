"""Take the register of incidents along: for whoever exports the record, and recorded itself."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from audit import ledger
from reviewqueue import rules
from reviewqueue.domain.people import by
from reviewqueue.queries import register

if TYPE_CHECKING:
    from datetime import datetime

    from reviewqueue.domain.people import Reviewer

USUAL: Final = timedelta(days=90)


@transaction.atomic
def take(*, person: Reviewer, at: datetime) -> list[dict[str, Any]]:
    """The incidents of the last ninety days. Refused (``forbidden``) without the right to export the record."""
    rules.require_right(person, rules.Permission.EXPORT_AUDIT, _("Your role does not take the record along."))
    found = register.of(at - USUAL, at)
    body = {"from": (at - USUAL).isoformat(), "to": at.isoformat(), "count": len(found)}
    ledger.append(subject="incidents", kind="incidents.exported", actor=by(person), at=at, body=body)
    return found
