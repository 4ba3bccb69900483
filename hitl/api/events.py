"""GET /events: what happened to an agent's cases, in order and without a gap, as a page or as a stream."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router
from ninja.decorators import decorate_view

from hitl.api import door, replies, shapes
from hitl.api.callers import AgentRequest
from hitl.api.schemas import answers
from hitl.api.security import AgentKey
from reviewqueue.models import Agent, Case, Event, Question
from reviewqueue.queries import events
from reviewqueue.refusal import Refusal

router = Router(auth=AgentKey(), tags=["Agents: cases"])
PAGE: Final = 100
STREAM: Final = "text/event-stream"
# How long a browser or library waits before it connects again.
OPENING: Final = "retry: 2000\n\n"
_LONGEST_CURSOR: Final = 18
# What happens inside the desk, and how agents know it; they hear of nothing else.
TYPES: Final = {
    "case.took_effect": "case.decided",
    "case.released": "case.decided",
    "case.asked": "case.question",
    "case.taken_over": "case.taken_over",
    "case.gave_way": "case.taken_over",
    "case.expired": "case.expired",
    "case.fallback": "case.fallback",
    "case.superseded": "case.superseded",
    "conversation.message": "conversation.message",
    "conversation.control": "conversation.control",
    "agent.paused": "agent.paused",
    "agent.resumed": "agent.resumed",
}


@dataclass(frozen=True, slots=True)
class Page:
    """Some events, the place behind them, and whether more are waiting there."""

    events: list[dict[str, Any]]
    cursor: int
    more: bool


@router.get("/events", operation_id="readEvents", response={200: answers.Events})
@decorate_view(door.for_agents("propose"))
def read_events(request: AgentRequest, after: str = "") -> HttpResponse:
    """Read what happened after a cursor (without one: from the beginning), oldest first.

    `Accept: application/json` gives a page; otherwise the answer is a stream of server-sent events that stays open,
    resumes after `Last-Event-ID` and sends a comment when nothing happens. Each event says which case to read.
    """
    page = after_cursor(request.caller.agent, cursor(request, after))
    if wants_json(request):
        return replies.of({"events": page.events, "cursor": str(page.cursor)})
    return HttpResponse(OPENING + as_stream(page.events), content_type=STREAM)


def after_cursor(agent: Agent, place: int) -> Page:
    """Up to a hundred of this agent's events behind a place; empty only when there are no more."""
    while True:
        changes = events.after(place, agent=agent.pk, kinds=tuple(TYPES), limit=PAGE)
        place = changes[-1].seq if changes else place
        shown, more = _shown(changes), len(changes) == PAGE
        if shown or not more:
            return Page(shown, place, more)


def cursor(request: HttpRequest, after: str) -> int:
    """The place from which to read on; a stream's own ``Last-Event-ID`` goes before ``after``."""
    given = request.headers.get("Last-Event-ID", "").strip() or after
    if not given:
        return 0
    if not (given.isascii() and given.isdigit() and len(given) <= _LONGEST_CURSOR):
        says = _("This cursor is not one of ours; use the one of the last event or page, or none.")
        raise Refusal("invalid-request", says, errors=({"pointer": "?after", "detail": says},))
    return int(given)


def wants_json(request: HttpRequest) -> bool:
    """A page, where the caller accepts JSON and does not ask for a stream."""
    accepted = request.headers.get("Accept", "")
    return replies.JSON in accepted and STREAM not in accepted


def as_stream(shown: Iterable[dict[str, Any]]) -> str:
    """Events as server-sent ones; JSON has no line breaks, so each is one line of data."""
    return "".join(
        f"id: {event['id']}\nevent: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n"
        for event in shown
    )


def _shown(changes: Iterable[events.Change]) -> list[dict[str, Any]]:
    changes = list(changes)
    named = {change.case for change in changes if change.case}
    cases = Case.objects.select_related("conversation").in_bulk(named)
    internal = _between_colleagues([change for change in changes if change.kind == "case.asked"])
    brakes = Event.objects.in_bulk([change.seq for change in changes if change.case is None])
    return [
        _event(change, cases[change.case]) if change.case else _brake(change, brakes[change.seq].data)
        for change in changes
        if change.seq in brakes
        or (change.case in cases and _is_news(change, cases[change.case]) and change.seq not in internal)
    ]


def _is_news(change: events.Change, case: Case) -> bool:
    """A part that took effect is not yet the decision; one of a case that ended otherwise never will be."""
    return TYPES[change.kind] != "case.decided" or case.outcome == "decided"


def _between_colleagues(asked: list[events.Change]) -> set[int]:
    """Questions that a reviewer put to a colleague are none of the agent's business."""
    if not asked:
        return set()
    cases = {change.case for change in asked}
    internal = Question.objects.filter(case_id__in=cases, of=Question.Of.COLLEAGUE).values_list("case_id", "asked_at")
    moments = set(internal)
    return {change.seq for change in asked if (change.case, change.at) in moments}


def _brake(change: events.Change, data: dict[str, Any]) -> dict[str, Any]:
    """An operator paused or resumed something that concerns this agent; why is none of its business."""
    at = replies.instant(change.at)
    return {"id": str(change.seq), "type": TYPES[change.kind], "at": at, "case": None, "data": data}


def _event(change: events.Change, case: Case) -> dict[str, Any]:
    if change.kind.startswith("conversation."):
        return _of_conversation(change, case)
    status = shapes.status(case)
    said = {"dedupe_key": case.dedupe_key, "status": status, "version": change.version}
    return {
        "id": str(change.seq),
        "type": TYPES[change.kind],
        "at": replies.instant(change.at),
        "case": case.pk,
        **said,
        "data": {"case_id": case.pk, **said, "url": f"{settings.PUBLIC_URL}/api/v1/cases/{case.pk}"},
    }


def _of_conversation(change: events.Change, case: Case) -> dict[str, Any]:
    """Somebody wrote in a conversation, or control of it changed: read the conversation to learn what."""
    talk = case.conversation
    said = {"conversation_id": talk.external_id, "control": talk.control, "version": talk.version}
    address = f"{settings.PUBLIC_URL}/api/v1/conversations/{quote(talk.external_id, safe='')}"
    return {
        "id": str(change.seq),
        "type": TYPES[change.kind],
        "at": replies.instant(change.at),
        "conversation": talk.external_id,
        "case": case.pk,
        "control": talk.control,
        "version": talk.version,
        "data": {"case_id": case.pk, **said, "url": address},
    }
