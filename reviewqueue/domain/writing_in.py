"""A message by the contact form becomes a case for a person, in a conversation of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.db import transaction

from reviewqueue.domain import desk_made
from reviewqueue.domain.desk_made import Wish
from reviewqueue.models import Agent, Case, Conversation

if TYPE_CHECKING:
    from datetime import datetime

# It has no key and proposes nothing; conversations and statistics need a name.
AGENT: Final = "contact-form"
QUEUE: Final = "contact"


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody wrote; ``id`` names the new conversation."""

    id: str
    name: str
    email: str
    topic: str
    text: str
    language: str


@transaction.atomic
def receive(message: Message, *, queue: str, priority: str, at: datetime) -> Case:
    """Open the case; its answer is for whoever wrote."""
    agent, _new = Agent.objects.get_or_create(name=AGENT)
    customer = f"mail:{message.email.lower()}"
    talk = Conversation.objects.create(
        agent=agent, external_id=message.id, channel="form", customer_ref=customer, created_at=at
    )
    wish = Wish(
        name="answer_contact",
        args={"email": message.email, "topic": message.topic},
        says=f"written by the contact form: {message.topic}" if message.topic else "written by the contact form",
        queue=queue,
        priority=priority,
        words=message.text,
        said=True,
        customer={"id": customer, "name": message.name, "attributes": {"email": message.email}},
        language=message.language,
    )
    return desk_made.open_case(wish, conversation=talk, at=at)
