"""Practise on invented cases, or on real ones about invented people: answers stay with the person and on record.

There is no case in the database, so no agent, grant, figure or queue can learn of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.contrib.auth import get_user_model
from django.db import transaction

from reviewqueue.domain import certificates, lessons, people
from reviewqueue.models import Practice

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from reviewqueue.domain.lessons import Answer, Lesson
    from reviewqueue.domain.people import Reviewer

TOUR: Final = "tour"
SKIPPED, DONE = "skipped", "done"


@transaction.atomic
def answer(lesson: Lesson, *, person: Reviewer, given: Answer, fields: Mapping[str, str], at: datetime) -> Practice:
    """Keep what the person did with a practice case; the first answer stays the one that counts."""
    right = lesson.right(given)
    known, _new = Practice.objects.select_for_update().get_or_create(user_id=person.pk, lesson=lesson.key)
    if known.answered_at is not None:
        return known
    known.fields, known.verb, known.right, known.answered_at = dict(fields), given.verb, right, at
    known.tries += 1
    known.first_right = right if known.tries == 1 else known.first_right
    known.save()
    body = {"lesson": lesson.key, "verb": given.verb, "right": right}
    people.record(person, "user.practised", actor=people.by(person), at=at, body=body)
    certificates.settle(person, at=at)
    if {each.lesson for each in progress(person).values() if each.answered_at} >= set(lessons.KEYS):
        _remember(person, DONE)
    return known


def opened(lesson: Lesson, *, person: Reviewer) -> None:
    """The person has read it, whether they answer or not: from now on they know it (``queries.dosage``)."""
    Practice.objects.get_or_create(user_id=person.pk, lesson=lesson.key)


def undo(person: Reviewer, *, key: str) -> None:
    """Back to the case with what was typed, as with a real one; harmless when there is nothing to take back."""
    Practice.objects.filter(user_id=person.pk, lesson=key).update(answered_at=None)


def again(person: Reviewer) -> None:
    """Begin anew with the invented cases; whether the first answer was right still counts, and what is on record."""
    anew: dict[str, Any] = {"answered_at": None, "fields": {}, "verb": "", "right": False}
    Practice.objects.filter(user_id=person.pk, lesson__in=lessons.KEYS).update(**anew)


def skip(person: Reviewer) -> None:
    """Do not offer it any more; it stays reachable from the help."""
    _remember(person, SKIPPED)


def progress(person: Reviewer) -> dict[str, Practice]:
    """What this person has answered, by lesson."""
    return {each.lesson: each for each in Practice.objects.filter(user_id=person.pk)}


def offered(person: Reviewer) -> bool:
    """Is it a newcomer who has neither practised nor declined?"""
    return not person.habits.get(TOUR)


def _remember(person: Reviewer, how: str) -> None:
    habits: dict[str, Any] = person.habits | {TOUR: how}
    get_user_model()._default_manager.filter(pk=person.pk).update(habits=habits)  # noqa: SLF001 - Django's documented name
    person.habits = habits
