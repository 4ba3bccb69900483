"""Brakes on the reviewers' wire: what is paused, pause, resume, and stop a release under watch."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Router
from ninja.decorators import decorate_view

from hitl.api import briefings, door, replies
from hitl.api.callers import PersonRequest
from hitl.api.cases import named
from hitl.api.schemas import brakes as schemas
from hitl.api.schemas.reviews import CaseRow
from hitl.api.security import PersonalToken
from reviewqueue import rules
from reviewqueue.domain import due, pauses, watching
from reviewqueue.models import Case, Pause
from reviewqueue.queries import brakes, cases
from reviewqueue.refusal import Refusal

router = Router(auth=PersonalToken(), tags=["Reviewers: brakes"])


@router.get("/review/pauses", operation_id="listPauses", response={200: schemas.Pauses})
@decorate_view(door.for_people())
def list_pauses(request: PersonRequest) -> HttpResponse:
    """List what is paused now, newest first: by whom, since when and why."""
    rules.require_right(request.caller.user, rules.Permission.PAUSE, _("Your role does not pause agents."))
    return replies.of({"pauses": [_shown(pause) for pause in brakes.open_pauses()]})


@router.post("/review/pauses", operation_id="pause", response={201: schemas.Pause})
@decorate_view(door.for_people())
def pause(request: PersonRequest, wish: schemas.PauseWish) -> HttpResponse:
    """Pause an agent, an intent, an action or everything; `name` may hold `*`. What is paused already stays so.

    From now on proposals are held for a person, releases under watch are stopped, and grants cannot be redeemed.
    """
    caller = request.caller
    made = pauses.pause(of=wish.of, name=wish.name, reason=wish.reason, person=caller.user, at=caller.at)
    return replies.of(_shown(made), status=201)


@router.post("/review/pauses/{pause_id}/resume", operation_id="resume", response={200: schemas.Pause})
@decorate_view(door.for_people())
def resume(request: PersonRequest, pause_id: str, wish: schemas.ResumeWish) -> HttpResponse:
    """Let go on what was paused. Cases that were held wait for their person all the same."""
    caller = request.caller
    found = Pause.objects.select_related("paused_by").filter(pk=named(pause_id)).first()
    if found is None or not caller.user.may(rules.Permission.PAUSE):
        raise Refusal("not-found", _("There is no such pause."))
    return replies.of(_shown(pauses.resume(found, reason=wish.reason, person=caller.user, at=caller.at)))


@router.post("/review/cases/{case_id}/stop", operation_id="stopCase", response={200: CaseRow})
@decorate_view(door.for_people())
def stop(request: PersonRequest, case_id: str, wish: schemas.Stop) -> HttpResponse:
    """Stop a release inside its veto window; from then on a person must decide."""
    caller = request.caller
    case = due.settle(cases.find(caller.user, named(case_id)), at=caller.at)
    case = watching.stop(case, supervisor=caller.user, reason=wish.reason, at=caller.at)
    fresh = Case.objects.select_related("agent", "claimed_by").get(pk=case.pk)
    return replies.of_version(briefings.row(fresh))


def _shown(pause: Pause) -> dict[str, Any]:
    return {
        "id": pause.pk,
        "of": pause.of,
        "name": pause.name or None,
        "reason": pause.reason,
        "paused_by": _person(pause.paused_by),
        "paused_at": replies.instant(pause.paused_at),
        "resumed_at": replies.instant_or_none(pause.resumed_at),
    }


def _person(user: Any) -> dict[str, str] | None:
    return user and {"id": user.reference, "display": user.display}
