"""What the demo shop's customers find without an agent: a contact form with topics, and published answers."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from audit.actions import SYSTEM
from hitl.customers import articles
from hitl.customers.models import Article, Route, Topic
from hitl.demo.knowledge import ARTICLES
from reviewqueue.models import Priority, Queue

_TOPICS: Final = (
    ("order", "An order", "Eine Bestellung", "routine"),
    ("money", "A refund or an invoice", "Eine Erstattung oder Rechnung", "billing"),
    ("data", "My data", "Meine Daten", "legal"),
)
_ROUTES: Final = (("lawyer, solicitor, Anwalt", "legal"), ("stolen, hacked, gestohlen", "security"))
# The shop's own articles, as questions: address, English and German name in ``knowledge.ARTICLES``, questions.
_ANSWERS: Final = (
    ("opening-hours", "hours", "When are you open?", "oeffnungszeiten", "Wann haben Sie geöffnet?"),
    ("delivery", "shipping", "How long does delivery take?", "versand", "Wie lange dauert die Lieferung?"),
    ("late-delivery", "late", "My delivery is late: what do I get?", "", ""),
)


def furnish(*, at: datetime) -> None:
    """Make topics, routes and answers, unless there are some already."""
    if Topic.objects.exists() or Article.objects.exists():
        return
    for position, (name, english, german, queue) in enumerate(_TOPICS, start=1):
        Topic.objects.create(name=name, english=english, german=german, queue=_queue(queue), position=position)
    for words, queue in _ROUTES:
        Route.objects.create(words=words, queue=_queue(queue), priority=Priority.HIGH)
    for slug, english, question, german, frage in _ANSWERS:
        _publish(slug, "en", question, english, at)
        if german:
            _publish(slug, "de", frage, german, at)


def _queue(name: str) -> Queue:
    queue, _new = Queue.objects.get_or_create(name=name)
    return queue


def _publish(slug: str, language: str, question: str, name: str, at: datetime) -> None:
    article = Article(slug=slug, language=language, title=question, body=ARTICLES[name].text, state="published")
    articles.save(article, author=None, actor=SYSTEM, at=at)
