"""What people write to customers: put into the outbox, delivered once by the agent's side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from audit.actions import Actor
from reviewqueue import rules
from reviewqueue.domain import lifecycle
from reviewqueue.domain.people import by
from reviewqueue.engine import retention
from reviewqueue.models import Agent, Case, Conversation, Letter
from reviewqueue.queries import recall, transcript
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from datetime import datetime

    from reviewqueue.domain.people import Reviewer

LONGEST = 10_000


@transaction.atomic
def write(case: Case, *, person: Reviewer, text: str, at: datetime) -> Letter:
    """Put a message for the customer into the outbox of a conversation that this person has taken over.

    What it asks for although the desk knows it is written down with it (``Letter.asked_again``).
    """
    Conversation.objects.select_for_update(no_key=True).get(pk=case.conversation_id)
    case = lifecycle.locked(case.pk)
    rules.require(person, "write", case)
    text = _fit(text)
    record = transcript.record(case.conversation_id)
    again = retention.asked_again(text, recall.of(case.conversation_id, record))
    letter = Letter.objects.create(
        conversation_id=case.conversation_id,
        case=case,
        author_id=person.pk,
        text=text,
        after_seq=record[-1]["seq"] if record else -1,
        asked_again=[fact.as_json() for fact in again],
        written_at=at,
    )
    data = {"letter": letter.pk, "text": text, "asked_again": [fact.kind for fact in again]}
    Conversation.objects.filter(pk=case.conversation_id).update(version=F("version") + 1, draft="")
    talk = case.conversation_id
    lifecycle.record(case, "conversation.message", actor=by(person), at=at, data=data, conversation=talk)
    return letter


@transaction.atomic
def deliver(letter_id: str, *, agent: Agent, conversation: Conversation, at: datetime) -> Letter:
    """The agent's side has given the message to the customer; saying so again changes nothing."""
    letter = Letter.objects.filter(pk=letter_id, conversation=conversation).first()
    if letter is None:
        raise Refusal("not-found", _("There is no such message."))
    Conversation.objects.select_for_update(no_key=True).get(pk=conversation.pk)
    if Letter.objects.filter(pk=letter.pk, delivered_at=None).update(delivered_at=at) == 1:
        Conversation.objects.filter(pk=conversation.pk).update(version=F("version") + 1)
        case, data = lifecycle.locked(letter.case_id), {"letter": letter.pk}
        lifecycle.record(case, "conversation.delivered", actor=Actor("agent", agent.name), at=at, data=data)
    letter.refresh_from_db()
    return letter


def _fit(text: str) -> str:
    text = text.strip()
    if not text or len(text) > LONGEST:
        says = _("Write something.") if not text else _("A message has at most %s characters.") % LONGEST
        raise Refusal("invalid-request", says, errors=({"pointer": "/text", "detail": says},))
    return text
