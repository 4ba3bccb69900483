"""What signs webhooks: made here, shown once, kept sealed."""

from __future__ import annotations

import base64
import secrets as chance
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from audit.actions import Actor
from hitl.accounts import sealing
from hitl.webhooks.models import Endpoint, Secret
from reviewqueue.domain import configuring
from reviewqueue.queries import events
from reviewqueue.refusal import Refusal

VALID_AT_ONCE = 2


@transaction.atomic
def make(endpoint: Endpoint, *, actor: Actor, at: datetime) -> str:
    """A new secret, returned once. Two sign at a time, so that one can be changed; a third is refused."""
    Endpoint.objects.select_for_update().get(pk=endpoint.pk)
    if endpoint.secrets.filter(retired_at=None).count() >= VALID_AT_ONCE:
        raise Refusal("too-many-keys", _("Two secrets of this endpoint are valid already; retire one first."))
    text = "whsec_" + base64.b64encode(chance.token_bytes(32)).decode()
    made = Secret.objects.create(endpoint=endpoint, sealed=sealing.seal(text), hint=text[:10], created_at=at)
    _record(endpoint, "agent.webhook_secret_made", {"secret": made.pk, "hint": made.hint}, actor=actor, at=at)
    return text


@transaction.atomic
def retire(secret: Secret, *, actor: Actor, at: datetime) -> None:
    """From now on it signs nothing."""
    if Secret.objects.filter(pk=secret.pk, retired_at=None).update(retired_at=at):
        body = {"secret": secret.pk, "hint": secret.hint}
        _record(secret.endpoint, "agent.webhook_secret_retired", body, actor=actor, at=at)


def valid(endpoint: Endpoint) -> list[str]:
    """The secrets that sign now, the newest first; one that the desk's key does not open signs nothing."""
    rows = endpoint.secrets.filter(retired_at=None).order_by("-created_at", "-pk")
    return [text for row in rows if (text := sealing.opened(row.sealed))]


@transaction.atomic
def save_endpoint(endpoint: Endpoint, *, actor: Actor, at: datetime) -> None:
    """Store a new or changed endpoint; a new one hears of what happens from now on."""
    before = Endpoint.objects.filter(pk=endpoint.pk).values("name", "url", "every", "active").first()
    if before is None:
        endpoint.created_at, endpoint.cursor = at, events.newest()
    if endpoint.active:
        endpoint.why_inactive, endpoint.failures, endpoint.rests_until = "", 0, None
    endpoint.save()
    after = {name: getattr(endpoint, name) for name in ("name", "url", "every", "active")}
    if before != after:
        _record(endpoint, "agent.webhook_saved", {"before": before, "after": after}, actor=actor, at=at)


def record_replay(endpoint: Endpoint, message_id: str, *, actor: Actor, at: datetime) -> None:
    """Somebody sends a message again; must run inside a transaction."""
    _record(endpoint, "agent.webhook_replayed", {"message": message_id}, actor=actor, at=at)


def _record(endpoint: Endpoint, kind: str, body: dict[str, object], *, actor: Actor, at: datetime) -> None:
    subject = f"agent:{endpoint.agent.name}" if endpoint.agent else f"endpoint:{endpoint.pk}"
    configuring.record(subject, kind, actor=actor, at=at, body={"endpoint": endpoint.pk, **body})
