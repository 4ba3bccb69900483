"""Somebody writes to us: straight into the responsible queue, without an agent."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from hitl.customers.models import Route, Topic
from reviewqueue.domain import writing_in
from reviewqueue.engine.terms import terms
from reviewqueue.models import Case, Priority, Queue
from reviewqueue.refusal import Refusal

LONGEST_TEXT: Final = 5000
LONGEST_NAME: Final = 100
_A_DAY: Final = timedelta(days=1)
_PER_PERSON: Final = 5


@transaction.atomic
def write(*, name: str, email: str, topic: Topic | None, text: str, language: str, at: datetime) -> Case:
    """Open a case in the queue that the routes say, else the topic's; refused (``too-often``) in a flood."""
    recent = Case.objects.filter(agent__name=writing_in.AGENT, created_at__gt=at - timedelta(hours=1)).count()
    own = Case.objects.filter(
        agent__name=writing_in.AGENT, customer_ref=f"mail:{email.lower()}", created_at__gt=at - _A_DAY
    )
    if recent >= settings.CONTACTS_PER_HOUR or own.count() >= _PER_PERSON:
        raise Refusal("too-often", _("We have got very many messages. Please try again later."))
    queue, priority = _route(topic, text)
    message = writing_in.Message(
        id=f"contact_{secrets.token_hex(10)}",
        name=name,
        email=email,
        topic=topic.english if topic else "",
        text=text,
        language=language,
    )
    return writing_in.receive(message, queue=queue.pk, priority=priority, at=at)


def _route(topic: Topic | None, text: str) -> tuple[Queue, str]:
    said = set(terms(text))
    for route in Route.objects.select_related("queue"):
        for_topic = route.topic_id is None or (topic is not None and route.topic_id == topic.pk)
        phrases = (terms(words) for words in route.words.split(","))
        if for_topic and any(phrase and said.issuperset(phrase) for phrase in phrases):
            return route.queue, Priority(route.priority).name.lower()
    if topic is not None:
        return topic.queue, Priority(topic.priority).name.lower()
    queue, _new = Queue.objects.get_or_create(name=writing_in.QUEUE)
    return queue, "normal"
