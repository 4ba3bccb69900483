"""POST /proposals."""

from __future__ import annotations

import re
from typing import Final

from django.http import HttpResponse
from ninja import Router
from ninja.decorators import decorate_view

from hitl.api import door, replies, shapes
from hitl.api.callers import AgentRequest
from hitl.api.schemas import answers
from hitl.api.schemas.proposals import Proposal
from hitl.api.security import AgentKey
from reviewqueue.domain import due, intake
from reviewqueue.engine import canonical

router = Router(auth=AgentKey(), tags=["Agents: cases"])
_TRACE_PARENT: Final = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


@router.post("/proposals", operation_id="propose", response={201: answers.Case, 200: answers.Case})
@decorate_view(door.for_agents("propose", invalid="invalid-proposal"))
def propose(request: AgentRequest, proposal: Proposal) -> HttpResponse:
    """Propose one or more actions and get the case: 201 when it is new, 200 for a `dedupe_key` that is known.

    A case that the policy releases is `decided` in this very answer, with its grants.
    """
    given = intake.Proposal(
        document=proposal.model_dump(),
        raw=request.body.decode(),
        digest=canonical.digest(request.document),
        trace_parent=_trace_parent(request),
        sent=request.document,
    )
    case, new = intake.propose(given, agent=request.caller.agent, at=request.caller.at)
    if not new:
        case = due.settle(case, at=request.caller.at)
    return replies.of_version(shapes.case(case, new=new), status=201 if new else 200)


def _trace_parent(request: AgentRequest) -> str:
    given = request.META.get("HTTP_TRACEPARENT", "")
    return given if _TRACE_PARENT.fullmatch(given) else ""
