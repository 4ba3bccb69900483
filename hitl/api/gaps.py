"""GET /review/gaps: the knowledge gaps."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from ninja.decorators import decorate_view

from hitl.api import door, replies
from hitl.api.callers import PersonRequest
from hitl.api.schemas import gaps as schemas
from hitl.api.security import PersonalToken
from reviewqueue.models import Gap
from reviewqueue.queries import gap_words, gaps
from reviewqueue.refusal import Refusal
from reviewqueue.rules import Permission

router = Router(auth=PersonalToken(), tags=["Reviewers: looking back"])


class Asked(Schema):
    """Which gaps, in which order."""

    state: str = ""
    order: str = "harm"


@router.get("/review/gaps", operation_id="listGaps", response={200: schemas.Gaps})
@decorate_view(door.for_people())
def list_gaps(request: PersonRequest, asked: Query[Asked]) -> HttpResponse:
    """List knowledge gaps, the worst first: those that want somebody, or those of one `state`.

    `order` is `harm`, `cases`, `cost` or `newest`. Whoever does not mend gaps is told those that they own.
    """
    caller = request.caller
    if asked.state and asked.state not in Gap.State.values:
        says = _("There is no state %s.") % asked.state[:20]
        raise Refusal("invalid-request", says, errors=({"pointer": "?state", "detail": says},))
    owner = None if caller.user.may(Permission.MEND_GAPS) else caller.user.pk
    found = gaps.ranked(state=asked.state, order=asked.order, owner=owner)
    return replies.of({"gaps": gap_words.told(found)})
