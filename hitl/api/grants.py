"""Grants: redeem once, renew, report what became of it."""

from __future__ import annotations

import json

from django.http import HttpResponse
from ninja import Router
from ninja.decorators import decorate_view

from hitl.api import door, replies
from hitl.api.callers import AgentRequest
from hitl.api.cases import named
from hitl.api.schemas import answers
from hitl.api.schemas.base import NOTHING, Empty
from hitl.api.schemas.calls import Outcome, Redemption
from hitl.api.security import AgentKey
from reviewqueue.domain import grants

router = Router(auth=AgentKey(), tags=["Agents: grants"])


@router.post("/grants/{grant_id}/redeem", operation_id="redeemGrant", response={200: answers.Redeemed})
@decorate_view(door.for_agents("redeem"))
def redeem(request: AgentRequest, grant_id: str, redemption: Redemption) -> HttpResponse:
    """Spend a grant. Of any number of calls one gets 200 and may execute, exactly the `final_action` in the answer."""
    caller = request.caller
    grant, text = grants.redeem(
        named(grant_id),
        agent=caller.agent,
        final_action=redemption.final_action.model_dump(),
        executor=redemption.executor,
        at=caller.at,
    )
    return replies.of(
        {
            "id": grant.pk,
            "digest": grant.digest,
            "final_action": json.loads(text),
            "canonical": text,
            "executor": grant.executor,
            "redeemed_at": replies.instant_or_none(grant.redeemed_at),
        }
    )


@router.post("/grants/{grant_id}/renew", operation_id="renewGrant", response={200: answers.Renewed})
@decorate_view(door.for_agents("redeem"))
def renew(request: AgentRequest, grant_id: str, nothing: Empty = NOTHING) -> HttpResponse:  # noqa: ARG001 - refuses fields
    """Get a new expiry for a grant that nobody spent, while its case is valid."""
    grant = grants.renew(named(grant_id), agent=request.caller.agent, at=request.caller.at)
    return replies.of({"id": grant.pk, "digest": grant.digest, "expires_at": replies.instant(grant.expires_at)})


@router.post("/grants/{grant_id}/outcome", operation_id="reportOutcome", response={200: answers.Reported})
@decorate_view(door.for_agents("redeem"))
def report(request: AgentRequest, grant_id: str, outcome: Outcome) -> HttpResponse:
    """Say what became of the execution. An `unknown` one can still be settled; any other report is final."""
    caller = request.caller
    details = outcome.model_dump(exclude={"status"})
    grant = grants.report(named(grant_id), agent=caller.agent, status=outcome.status, details=details, at=caller.at)
    return replies.of(
        {"id": grant.pk, "status": grant.outcome, "reported_at": replies.instant_or_none(grant.outcome_at)}
    )
