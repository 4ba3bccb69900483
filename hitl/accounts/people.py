"""Making people: one verb for the command, the admin and the demo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from hitl.accounts.models import User
from hitl.accounts.roles import Role
from reviewqueue.domain import people
from reviewqueue.models import Membership, Queue
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from audit.actions import Actor


@transaction.atomic
def make_person(
    name: str,
    *,
    role: str,
    password: str | None,
    actor: Actor,
    at: datetime,
    queues: Sequence[str] = (),
    skills: Sequence[str] = (),
    languages: Sequence[str] = (),
    capacity: int | None = None,
    reviews_quality: bool = False,
    everywhere: bool = True,
    **names: str,
) -> User:
    """An account; without ``queues`` it works in all of them (``everywhere=False``: in none), missing ones are made.

    Without a password only single sign-on opens it. ``names`` are ``first_name``, ``last_name`` and ``email``.

    Refused: a name that is taken (``name-taken``); a name, role or queue that does not fit (``invalid-request``).
    """
    if role not in Role.values:
        raise Refusal("invalid-request", _("There is no role %(role)s.") % {"role": role})
    if User.objects.filter(username__iexact=name).exists():
        raise Refusal("name-taken", _("There is already a person named %(name)s.") % {"name": name})
    named = list(dict.fromkeys(queues))
    person = User(username=name, role=role, skills=sorted(set(skills)), date_joined=at, **names)
    person.reviews_quality = reviews_quality
    person.all_queues = everywhere and not named
    person.languages, person.capacity = sorted(set(languages)), capacity
    person.set_password(password)
    _require_fit(person)
    person.save()
    for queue in named:
        Membership.objects.create(user=person, queue=_queue(queue))
    body = {"name": name, "role": role, "queues": "all" if person.all_queues else named, "skills": person.skills}
    people.record(person, "user.created", actor=actor, at=at, body=body)
    return person


def _queue(name: str) -> Queue:
    if found := Queue.objects.filter(pk=name).first():
        return found
    queue = Queue(name=name)
    _require_fit(queue)
    queue.save(force_insert=True)
    return queue


def _require_fit(row: User | Queue) -> None:
    try:
        row.full_clean()
    except ValidationError as error:
        faults = [f"{field}: {' '.join(says)}" for field, says in error.message_dict.items()]
        raise Refusal("invalid-request", " ".join(faults)) from error
