"""POST /review/policies/what-if."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from django.http import HttpResponse
from ninja import Router
from ninja.decorators import decorate_view

from hitl.api import door, replies
from hitl.api.callers import PersonRequest
from hitl.api.schemas import policies
from hitl.api.security import PersonalToken
from reviewqueue import rules
from reviewqueue.domain import figures
from reviewqueue.engine import policy as engine
from reviewqueue.refusal import Refusal

router = Router(auth=PersonalToken(), tags=["Reviewers"])
_TOTALS: Final = ("totals", "known", "money", "triggers", "queues", "hours", "caveats")


@router.post("/review/policies/what-if", operation_id="whatIf", response={200: policies.Looked})
@decorate_view(door.for_people())
def what_if(request: PersonRequest, wish: policies.WhatIf) -> HttpResponse:
    """Ask what a policy would have done with recorded cases: totals, and case by case in pages by `cursor`.

    Needs the right to configure. `change` picks the cases of one kind; pages behind the first have no totals.
    """
    # It brings NumPy, which only those who look back need.
    from reviewqueue.queries import caveats, recorded, what_if  # noqa: PLC0415 - see above

    rules.require_right(request.caller.user, rules.Permission.CONFIGURE)
    policy = _read(wish.policy)
    until = _moment(wish.to, days_later=1)
    period = recorded.Period(_moment(wish.start), until, frozenset(wish.agents), frozenset(wish.intents))
    page = what_if.cases(policy, period, change=wish.change or "", after=wish.cursor or "", most=wish.limit)
    report = None if wish.cursor else what_if.report(policy, period)
    told = report and report | {"caveats": caveats.of(report)}
    totals = {name: told[name] if told else None for name in _TOTALS}
    return replies.of(totals | {"cases": [_told(case) for case in page.cases], "cursor": page.cursor or None})


def _told(case: dict[str, Any]) -> dict[str, Any]:
    return case | {"created_at": replies.instant(datetime.fromtimestamp(case["created_at"], UTC))}


def _read(document: dict[str, Any]) -> engine.Policy:
    try:
        return engine.parse(document)
    except engine.PolicyError as error:
        faults = tuple({"pointer": f"/policy{fault.path}", "detail": fault.says} for fault in error.faults)
        raise Refusal("invalid-request", "The policy has faults.", errors=faults) from error


def _moment(text: str | None, *, days_later: int = 0) -> datetime | None:
    """A moment as it was sent; of a day of the desk its beginning, or that of a later one."""
    if not text:
        return None
    if ":" in text:
        return datetime.fromisoformat(text.upper())
    return figures.begins(date.fromisoformat(text) + timedelta(days=days_later))
