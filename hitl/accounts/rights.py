"""What a person may do: read, changed and taken away, with everything that follows from a change."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.db import transaction

from hitl.accounts import sessions
from reviewqueue.domain import claims, people
from reviewqueue.models import Membership

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from audit.actions import Actor
    from hitl.accounts.models import User


class Rights(NamedTuple):
    """Everything that decides what somebody may do and see."""

    role: str
    is_active: bool
    all_queues: bool
    queues: tuple[str, ...]
    skills: tuple[str, ...]
    languages: tuple[str, ...] = ()
    capacity: int | None = None
    reviews_quality: bool = False


def of(person: User) -> Rights:
    """What a person may do now."""
    queues = person.memberships.values_list("queue_id", flat=True)
    return Rights(
        role=person.role,
        is_active=person.is_active,
        all_queues=person.all_queues,
        queues=tuple(sorted(queues)),
        skills=tuple(sorted(person.skills)),
        languages=tuple(sorted(person.languages)),
        capacity=person.capacity,
        reviews_quality=person.reviews_quality,
    )


@transaction.atomic
def change(person: User, to: Rights, *, actor: Actor, at: datetime) -> bool:
    """Give a person these rights and no others; returns whether anything changed.

    Their sessions end, so that no open page or socket keeps the old rights, and the cases they hold go back.
    """
    before = of(person)
    person.role, person.is_active, person.all_queues = to.role, to.is_active, to.all_queues
    person.skills, person.languages, person.capacity = sorted(set(to.skills)), sorted(set(to.languages)), to.capacity
    person.reviews_quality = to.reviews_quality
    person.save(update_fields=[name for name in Rights._fields if name != "queues"] + ["is_staff"])
    _work_in(person, to.queues)
    after = of(person)
    if after == before:
        return False
    kind = "user.deactivated" if before.is_active and not after.is_active else "user.role_changed"
    people.record(person, kind, actor=actor, at=at, body=_difference(before, after))
    claims.hand_back_all(person, at=at, why="rights changed")
    sessions.revoke(person)
    return True


@transaction.atomic
def sign_out_everywhere(person: User, *, actor: Actor, at: datetime) -> None:
    """End every session of a person and hand back what they hold."""
    people.record(person, "user.signed_out", actor=actor, at=at, body={})
    claims.hand_back_all(person, at=at, why="signed out")
    sessions.revoke(person)


def _work_in(person: User, queues: Iterable[str]) -> None:
    wanted = set(queues)
    person.memberships.exclude(queue_id__in=wanted).delete()
    held = set(person.memberships.values_list("queue_id", flat=True))
    Membership.objects.bulk_create(Membership(user=person, queue_id=name) for name in sorted(wanted - held))


def _difference(before: Rights, after: Rights) -> dict[str, object]:
    changed = {name for name in Rights._fields if getattr(before, name) != getattr(after, name)}
    return {name: {"before": getattr(before, name), "after": getattr(after, name)} for name in sorted(changed)}
