"""Looks at what a policy would have done: asked for by an admin, worked on in the open, kept for a week."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import F, Q
from django.utils.translation import gettext as _

from reviewqueue import rules
from reviewqueue.domain import fact_blocks
from reviewqueue.domain.people import Reviewer
from reviewqueue.engine import policy as engine
from reviewqueue.models import PolicyDraft, WhatIf
from reviewqueue.queries import clock, what_if
from reviewqueue.queries.recorded import Period
from reviewqueue.refusal import Refusal

# A look at so many cases is done before its page is shown; a larger one while the page says how far it is.
AT_ONCE: Final = 20_000
KEPT: Final = timedelta(days=7)
# Whoever works on a look says so more often than this.
SILENT: Final = timedelta(minutes=2)
_log = logging.getLogger(__name__)


def ask(
    document: Mapping[str, Any], *, person: Reviewer, period: Period, at: datetime, draft: PolicyDraft | None = None
) -> WhatIf:
    """Ask what a policy would have done. Raises ``PolicyError`` with every fault of the document by path."""
    rules.require_right(person, rules.Permission.CONFIGURE)
    if period.start and period.end and period.start >= period.end:
        raise Refusal("invalid-request", _("The period ends before it begins."))
    policy = engine.parse(document)
    WhatIf.objects.filter(created_at__lt=at - KEPT).delete()
    return WhatIf.objects.create(
        draft=draft,
        document=policy.document,
        person_id=person.pk,
        start_at=period.start,
        end_at=period.end,
        agents=sorted(period.agents),
        intents=sorted(period.intents),
        created_at=at,
        total=period.cases().count(),
    )


def period_of(look: WhatIf) -> Period:
    """Which cases a look is about."""
    return Period(look.start_at, look.end_at, frozenset(look.agents), frozenset(look.intents))


def work(look: WhatIf, *, at: datetime, now: Callable[[], datetime] = clock.now) -> WhatIf:
    """Do it, unless somebody else is at it; a worker that fell silent is replaced."""
    unworked = Q(worked_at=None) | Q(worked_at__lt=at - SILENT)
    if not WhatIf.objects.filter(unworked, pk=look.pk, finished_at=None).update(worked_at=at, done=0):
        return look
    mine = WhatIf.objects.filter(pk=look.pk)
    try:
        fact_blocks.check()
        policy = engine.parse(look.document)
        told = what_if.report(policy, period_of(look), told=lambda n: mine.update(done=F("done") + n, worked_at=now()))
        mine.update(report=told, finished_at=now())
    except Exception:  # noqa: BLE001 - whatever went wrong, the look must not be waited for any longer
        _log.exception("The look %s could not be finished", look.pk)
        mine.update(trouble=_("It could not be finished; the log of the desk says why."), finished_at=now())
    look.refresh_from_db()
    return look


def work_on_waiting(*, at: datetime) -> int:
    """Work on the looks that wait; says how many."""
    waiting = WhatIf.objects.filter(Q(worked_at=None) | Q(worked_at__lt=at - SILENT), finished_at=None)
    looks = list(waiting.order_by("created_at")[:10])
    for look in looks:
        work(look, at=clock.now())
    return len(looks)
