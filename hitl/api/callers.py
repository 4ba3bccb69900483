"""Who calls: an agent with its key, or a person with a personal token."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext as _

from hitl.accounts import tokens
from hitl.accounts.models import User
from reviewqueue.domain.configuration import hashed
from reviewqueue.models import Agent, AgentKey, Scope
from reviewqueue.queries import clock, keys
from reviewqueue.refusal import Refusal

# "Last used" is for people to read; writing it on every call would cost more than the call.
_NOTED_EVERY: Final = timedelta(minutes=1)
_LONGEST_SECRET: Final = 200


@dataclass(frozen=True, slots=True)
class AgentCaller:
    """An agent, the key it came with, and the time by the database's clock."""

    agent: Agent
    key: AgentKey
    at: datetime

    @property
    def principal(self) -> str:
        """How remembered answers name the caller."""
        return f"agent:{self.agent.pk}"


@dataclass(frozen=True, slots=True)
class PersonCaller:
    """A person, and the time by the database's clock."""

    user: User
    at: datetime

    @property
    def principal(self) -> str:
        """How remembered answers name the caller."""
        return f"user:{self.user.pk}"


class AgentRequest(HttpRequest):
    """A request that the door has let in on the agents' side."""

    caller: AgentCaller
    document: Any


class PersonRequest(HttpRequest):
    """A request that the door has let in on the reviewers' side."""

    caller: PersonCaller
    document: Any


def agent(request: HttpRequest, *, scope: str) -> AgentCaller:
    """The agent behind the bearer key, when the key has this scope. At most one query."""
    secret = _secret(request)
    known = (keys.lately if scope == Scope.PROPOSE else keys.presented)(hashed(secret))
    if known is None:
        raise _unknown(secret)
    key, at = known
    if key.revoked_at or (key.expires_at and key.expires_at <= at):
        raise _unknown(secret)
    _note_use(key, at)
    if scope not in key.scopes:
        raise Refusal("forbidden", _("This key does not have the scope “%s”.") % scope)
    return AgentCaller(key.agent, key, at)


def still_valid(key: AgentKey) -> bool:
    """Asked again and again while a stream is open: has the key been revoked, or has it expired?"""
    return AgentKey.objects.filter(_unexpired(clock.now()), pk=key.pk, revoked_at=None).exists()


def person(request: HttpRequest) -> PersonCaller:
    """The active person behind a valid personal token."""
    at, secret = clock.now(), _secret(request)
    user = tokens.find(secret, at)
    if user is None:
        raise _unknown(secret)
    return PersonCaller(user, at)


def _unexpired(at: datetime) -> Q:
    return Q(expires_at=None) | Q(expires_at__gt=at)


def _secret(request: HttpRequest) -> str:
    # From the environ: for all of ``headers`` each one of them is read, which most calls do not need.
    scheme, _space, secret = str(request.META.get("HTTP_AUTHORIZATION", "")).partition(" ")
    secret = secret.strip()
    if scheme.lower() != "bearer" or not 0 < len(secret) <= _LONGEST_SECRET:
        raise Refusal("unauthenticated", _("Send “Authorization: Bearer …” with an agent key or a personal token."))
    return secret


def _unknown(secret: str) -> Refusal:
    if secret.startswith(tokens.PREFIX):
        says = _("This personal token does not open this address, or is unknown, expired or revoked.")
    else:
        says = _("This key does not open this address, or is unknown, expired or revoked.")
    return Refusal("unauthenticated", says)


def _note_use(key: AgentKey, at: datetime) -> None:
    if key.last_used_at is None or key.last_used_at < at - _NOTED_EVERY:
        long_ago = Q(last_used_at=None) | Q(last_used_at__lt=at - _NOTED_EVERY)
        AgentKey.objects.filter(long_ago, pk=key.pk).update(last_used_at=at)
        key.last_used_at = at
