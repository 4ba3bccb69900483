"""Whether somebody looked at what a policy would have done before it is published, and what they saw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.conf import settings

from reviewqueue.engine import canonical
from reviewqueue.models import WhatIf
from reviewqueue.queries import real

if TYPE_CHECKING:
    from collections.abc import Mapping

# Looks are kept for a week; nobody makes more of them.
_LOOKED_AT: Final = 500
_TOTALS: Final = ("cases", "held_before", "held", "newly_held", "newly_released", "stricter", "looser")
_KNOWN: Final = ("stopped", "let_through", "saved", "added")


def at(document: Mapping[str, Any]) -> WhatIf | None:
    """The newest finished look at exactly this policy (in its normal form) that had a case to look at."""
    done = WhatIf.objects.filter(finished_at__isnull=False, trouble="", report__isnull=False, total__gt=0)
    digest = canonical.digest(document)
    found = done.order_by("-finished_at").only("pk", "document")[:_LOOKED_AT]
    key = next((look.pk for look in found if canonical.digest(look.document) == digest), None)
    return WhatIf.objects.get(pk=key) if key else None


def required() -> bool:
    """Is a look asked for here, and is there anything to look at?"""
    return settings.POLICY_WHAT_IF != "off" and anything()


def anything() -> bool:
    """Has this desk recorded a case?"""
    return real.cases().exists()


def summary(report: Mapping[str, Any]) -> dict[str, int]:
    """The figures of a report that belong on record beside what was published."""
    totals, known = report["totals"], report["known"]
    return {name: totals[name] for name in _TOTALS} | {name: known[name] for name in _KNOWN}
