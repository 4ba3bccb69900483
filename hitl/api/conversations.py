"""An agent's conversations: the live feed, who has control, and the messages that people wrote for the customer."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.translation import gettext as _
from ninja import Router
from ninja.decorators import decorate_view

from hitl.api import cases, door, replies, shapes
from hitl.api.callers import AgentRequest
from hitl.api.schemas import conversations as told
from hitl.api.schemas.base import NOTHING, Empty
from hitl.api.security import AgentKey
from reviewqueue.domain import letters, listening
from reviewqueue.models import Agent, Conversation, Letter
from reviewqueue.refusal import Refusal

router = Router(auth=AgentKey(), tags=["Agents: conversations"])
LONGEST_NAME: Final = 200


@router.post(
    "/conversations/{path:conversation_id}/messages", operation_id="tellMessages", response={200: told.Control}
)
@decorate_view(door.for_agents("converse"))
def tell_messages(request: AgentRequest, conversation_id: str, feed: told.Feed) -> HttpResponse:
    """Tell what is said, as it is said. What the policy listens for opens one case and calls a person.

    With `control: "human"` the agent must not write to the customer; customers' messages are still to be told.
    """
    said = feed.model_dump()
    standing = listening.tell(
        _named(conversation_id),
        listening.Feed(
            messages=[{name: value for name, value in each.items() if value is not None} for each in said["messages"]],
            customer=said["customer"],
            signals={name: value for name, value in (said["signals"] or {}).items() if value not in (None, [])},
            channel=feed.channel,
            language=feed.language,
            draft=feed.draft,
        ),
        agent=request.caller.agent,
        at=request.caller.at,
    )
    case = shapes.case(standing.case) if standing.case else None
    waits = case and not standing.talk.held_by_id
    customer_message = case["customer_message"] if case and waits else None
    return replies.of({"control": standing.talk.control, "case": case, "customer_message": customer_message})


@router.post(
    "/conversations/{path:conversation_id}/outbox/{message_id}/delivered",
    operation_id="acknowledgeDelivery",
    response={200: told.Delivered},
)
@decorate_view(door.for_agents("converse"))
def acknowledge(
    request: AgentRequest,
    conversation_id: str,
    message_id: str,
    nothing: Empty = NOTHING,  # noqa: ARG001 - refuses fields
) -> HttpResponse:
    """Say that a message of the outbox is with the customer. Again changes nothing and answers the same."""
    caller = request.caller
    talk = own(caller.agent, conversation_id)
    letter = letters.deliver(cases.named(message_id), agent=caller.agent, conversation=talk, at=caller.at)
    return replies.of({"id": letter.pk, "delivered_at": replies.instant_or_none(letter.delivered_at)})


@router.post(
    "/conversations/{path:conversation_id}/close",
    operation_id="closeConversation",
    response={200: told.ConversationNow},
)
@decorate_view(door.for_agents("converse"))
def close(request: AgentRequest, conversation_id: str, ended: told.Close = told.ENDED) -> HttpResponse:
    """Report the end of a conversation. What becomes known later (`csat`, say) is added by another call."""
    caller = request.caller
    listening.close(
        own(caller.agent, conversation_id),
        agent=caller.agent,
        resolved=ended.resolved,
        csat=ended.csat,
        closed_at=datetime.fromisoformat(ended.closed_at.upper()) if ended.closed_at else None,
        at=caller.at,
    )
    return replies.of_version(shape(own(caller.agent, conversation_id)))


@router.post(
    "/conversations/{path:conversation_id}/reopen",
    operation_id="reopenConversation",
    response={200: told.ConversationNow},
)
@decorate_view(door.for_agents("converse"))
def reopen(
    request: AgentRequest,
    conversation_id: str,
    nothing: Empty = NOTHING,  # noqa: ARG001 - refuses fields
) -> HttpResponse:
    """Report that the conversation goes on. A message of the customer does so by itself."""
    caller = request.caller
    listening.reopen(own(caller.agent, conversation_id), agent=caller.agent, at=caller.at)
    return replies.of_version(shape(own(caller.agent, conversation_id)))


# An id may hold slashes, so that this address fits all others as well: it stands last.
@router.get(
    "/conversations/{path:conversation_id}",
    operation_id="readConversation",
    response={200: told.ConversationNow, 304: None},
)
@decorate_view(door.for_agents("converse"))
def read_conversation(request: AgentRequest, conversation_id: str) -> HttpResponse:
    """Read who has control and what is to be delivered; waits for a change as a case does.

    With `Prefer: wait=N` the answer is held until the conversation changes; 304 when the ETag is still the same.
    """
    return reading(request, own(request.caller.agent, conversation_id))


def own(agent: Agent, conversation_id: str) -> Conversation:
    """The agent's conversation; another's is refused like one that never was."""
    return listening.find(conversation_id if _is_name(conversation_id) else "", agent=agent)


def reading(request: HttpRequest, talk: Conversation) -> HttpResponse:
    """The conversation, or 304 when the caller already has this version."""
    if cases.knows(request, talk.version):
        headers = {"ETag": replies.etag(talk.version), "Cache-Control": "no-store"}
        return HttpResponseNotModified(headers=headers)
    return replies.of_version(shape(talk))


def shape(talk: Conversation) -> dict[str, Any]:
    """The conversation as its agent sees it."""
    waiting = talk.letters.filter(delivered_at=None).select_related("author").order_by("written_at", "id")
    return {
        "id": talk.external_id,
        "control": talk.control,
        "case_id": talk.held_by_id,
        "outbox": [_letter(letter) for letter in waiting],
        "note": _note(talk),
        "closed_at": replies.instant_or_none(talk.closed_at),
        "resolved": talk.resolved,
        "csat": talk.csat,
        "version": talk.version,
    }


def _letter(letter: Letter) -> dict[str, Any]:
    author: Any = letter.author
    return {"id": letter.pk, "text": letter.text, "by": author.display, "at": replies.instant(letter.written_at)}


def _note(talk: Conversation) -> dict[str, Any] | None:
    author: Any = talk.note_by
    if author is None or talk.note_at is None:
        return None
    return {"text": talk.note, "by": author.display, "at": replies.instant(talk.note_at)}


def _is_name(given: str) -> bool:
    return 0 < len(given) <= LONGEST_NAME and given.isprintable()


def _named(given: str) -> str:
    if not _is_name(given):
        says = _("A conversation is named by 1 to %s printable characters.") % LONGEST_NAME
        raise Refusal("invalid-request", says, errors=({"pointer": "conversation_id", "detail": says},))
    return given
