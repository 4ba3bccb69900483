"""Personal tokens: a person's own rights, for chat-ops, mobile and tests."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.db.models import Q

from hitl.accounts.models import PersonalToken
from reviewqueue.domain import attendance, people
from reviewqueue.domain.configuration import hashed

if TYPE_CHECKING:
    from datetime import datetime

    from hitl.accounts.models import User

PREFIX: Final = "hitlu_"
LONGEST_DAYS: Final = 366
# "Last used" is for people to read; writing it on every call would cost more than the call.
_NOTED_EVERY: Final = timedelta(minutes=1)


@transaction.atomic
def make(user: User, *, label: str, at: datetime, days: int = 30) -> tuple[PersonalToken, str]:
    """A token that is valid for ``days``; returns it with the secret, which is never shown again."""
    secret = f"{PREFIX}{secrets.token_urlsafe(32)}"
    token = PersonalToken.objects.create(
        user=user,
        label=label,
        hash=hashed(secret),
        hint=secret[:10],
        created_at=at,
        expires_at=at + timedelta(days=days),
    )
    body = {"token": token.pk, "hint": token.hint, "label": label, "expires_at": token.expires_at.isoformat()}
    people.record(user, "user.token_made", actor=people.by(user), at=at, body=body)
    return token, secret


@transaction.atomic
def revoke(token: PersonalToken, *, at: datetime) -> None:
    """From now on the token opens nothing; twice is harmless."""
    if PersonalToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=at):
        body = {"token": token.pk, "hint": token.hint}
        people.record(token.user, "user.token_revoked", actor=people.by(token.user), at=at, body=body)


def find(secret: str, at: datetime) -> User | None:
    """The active person whose valid token this is, in one query; unknown, expired and revoked ones look the same."""
    token = lookup(secret, at)
    return token.user if token else None


def lookup(secret: str, at: datetime) -> PersonalToken | None:
    """The valid token behind a secret with its active user, for callers that must look again later."""
    valid = PersonalToken.objects.select_related("user").filter(
        hash=hashed(secret), revoked_at=None, expires_at__gt=at, user__is_active=True
    )
    token = valid.first()
    if token and (token.last_used_at is None or token.last_used_at < at - _NOTED_EVERY):
        long_ago = Q(last_used_at=None) | Q(last_used_at__lt=at - _NOTED_EVERY)
        PersonalToken.objects.filter(long_ago, pk=token.pk).update(last_used_at=at)
        attendance.seen(token.user_id, at=at)
    return token
