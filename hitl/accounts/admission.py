"""Who comes in by session cookie or personal token without Django's request, and whether they still may."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.http import parse_cookie

from hitl.accounts import factors, tokens
from hitl.accounts.models import PersonalToken, User
from hitl.accounts.sessions import EPOCH
from reviewqueue import rules

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    Queues = frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Admission:
    """What somebody showed when they came in: a session, with what it was stamped with, or a token."""

    user: int
    session: str = ""
    epoch: int = 0
    password_hash: str = ""
    token: int = 0

    @property
    def credential(self) -> str:
        """Names the session or token, for limits."""
        return f"session:{self.session}" if self.session else f"token:{self.token}"


def by_token(secret: str, at: datetime) -> Admission | None:
    """The owner of a valid personal token."""
    token = tokens.lookup(secret, at)
    return Admission(user=token.user_id, token=token.pk) if token else None


def by_cookie(header: str, at: datetime) -> Admission | None:
    """The person signed in with the session of a ``Cookie`` header, rights unchanged since."""
    key = parse_cookie(header).get(settings.SESSION_COOKIE_NAME, "")
    stored = import_module(settings.SESSION_ENGINE).SessionStore(key).load() if key else {}
    admission = _stamped(key, stored)
    return admission if admission and admission in still(at=at, admissions=[admission]) else None


def still(*, at: datetime, admissions: Collection[Admission]) -> dict[Admission, Queues]:
    """Those who may stay, each with the queues they may see (``None``: all); at most five queries for any number."""
    people: Mapping[int, User] = User.objects.in_bulk({admission.user for admission in admissions})
    sessions = _unexpired({admission.session for admission in admissions if admission.session}, at)
    valid = _valid({admission.token for admission in admissions if admission.token}, at)
    lacking = factors.lacking(people.values())
    staying = {
        admission: person
        for admission in admissions
        if (person := people.get(admission.user))
        and person.is_active
        and (admission.token in valid or (admission.session in sessions and _unchanged(admission, person)))
        and not (admission.session and person.pk in lacking)
    }
    queues = rules.queue_names_of(list({person.pk: person for person in staying.values()}.values()))
    return {admission: queues[person.pk] for admission, person in staying.items()}


def _stamped(key: str, stored: Mapping[str, Any]) -> Admission | None:
    if SESSION_KEY not in stored:
        return None
    password_hash = str(stored.get(HASH_SESSION_KEY, ""))
    return Admission(
        user=int(stored[SESSION_KEY]), session=key, epoch=int(stored.get(EPOCH, -1)), password_hash=password_hash
    )


def _unexpired(keys: Collection[str], at: datetime) -> set[str]:
    if not keys:
        return set()
    return set(Session.objects.filter(pk__in=keys, expire_date__gt=at).values_list("pk", flat=True))


def _valid(keys: Collection[int], at: datetime) -> set[int]:
    if not keys:
        return set()
    found = PersonalToken.objects.filter(pk__in=keys, revoked_at=None, expires_at__gt=at)
    return set(found.values_list("pk", flat=True))


def _unchanged(admission: Admission, person: User) -> bool:
    same_password = hmac.compare_digest(admission.password_hash, person.get_session_auth_hash())
    return same_password and admission.epoch == person.epoch
