"""Agents and their keys."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from audit import ledger
from reviewqueue.models import Agent, AgentKey, Scope
from reviewqueue.queries import keys
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from audit.actions import Actor

DEFAULT_SCOPES = (Scope.PROPOSE, Scope.REDEEM, Scope.CONVERSE)
_VALID_AT_ONCE = 2


def hashed(secret: str) -> str:
    """How a key is stored: a plain SHA-256 is enough for 256 bits of chance."""
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
def make_key(name: str, *, scopes: Sequence[str] = DEFAULT_SCOPES, actor: Actor, at: datetime) -> tuple[AgentKey, str]:
    """A key for the agent ``name`` (made when it is new); returns it with the secret, which is never shown again.

    At most two keys are valid at a time, so that one can be rotated; a third is refused (``too-many-keys``).
    """
    unknown = set(scopes) - set(Scope.values)
    if unknown:
        says = _("Unknown scope: %(unknown)s. Known: %(known)s.")
        raise Refusal(
            "invalid-request", says % {"unknown": ", ".join(sorted(unknown)), "known": ", ".join(Scope.values)}
        )
    require_name(name)
    agent, new = Agent.objects.get_or_create(name=name)
    agent = Agent.objects.select_for_update().get(pk=agent.pk)
    if new:
        ledger.append(subject=f"agent:{name}", kind="agent.created", actor=actor, at=at, body={"name": name})
    if agent.keys.filter(revoked_at=None).exclude(expires_at__lte=at).count() >= _VALID_AT_ONCE:
        raise Refusal("too-many-keys", _("Two keys of this agent are valid already; revoke one first."))
    secret = f"hitl_{secrets.token_urlsafe(32)}"
    key = AgentKey.objects.create(
        agent=agent, hash=hashed(secret), hint=secret[:10], scopes=sorted(scopes), created_at=at
    )
    body = {"key": key.pk, "hint": key.hint, "scopes": key.scopes}
    ledger.append(subject=f"agent:{name}", kind="agent.key_made", actor=actor, at=at, body=body)
    return key, secret


def require_name(name: str) -> None:
    """Refuse what cannot name an agent."""
    try:
        Agent._meta.get_field("name").clean(name, None)  # noqa: SLF001 - Django documents _meta
    except ValidationError as error:
        raise Refusal("invalid-request", _("An agent cannot be named so: %s") % " ".join(error.messages)) from error


@transaction.atomic
def revoke_key(key: AgentKey, *, actor: Actor, at: datetime) -> None:
    """From now on the key opens nothing."""
    if AgentKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=at):
        body = {"key": key.pk, "hint": key.hint}
        ledger.append(subject=f"agent:{key.agent.name}", kind="agent.key_revoked", actor=actor, at=at, body=body)
        keys.forget()
