"""Cases of real customers only: what every figure, estimate, sample and comparison is made of.

Control cases (``models.Canary``) are work, so queues show them; they are no evidence about agents or people's work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.db.models import Exists, OuterRef, Q

from reviewqueue.models import Canary, Case, Decision

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet
    from django.db.models.functions import Now

# Where a query is about a table that names a case.
OF_REAL: Final = ~Exists(Canary.objects.filter(pk=OuterRef("case_id")))
REAL: Final = ~Exists(Canary.objects.filter(pk=OuterRef("pk")))


def of_real(column: str) -> Any:
    """The same where the case is named by another column."""
    return ~Exists(Canary.objects.filter(pk=OuterRef(column)))


def cases() -> QuerySet[Case]:
    """Every case but control cases."""
    return Case.objects.filter(REAL)


def decisions() -> QuerySet[Decision]:
    """Every ruling about a real case, also undone ones and the policy's own."""
    return Decision.objects.filter(OF_REAL)


def settled(at: datetime | Now) -> Q:
    """Rulings that nobody can undo any more at a moment, or by the database's clock.

    People's work counts only then: whoever saw before that theirs did not would know that it was a control case.
    """
    return Q(undone_at=None, effective_at__lte=at)
