"""Whole categories of replies that may be sent without a person: proposed by somebody with that right, for a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from audit import ledger
from reviewqueue import rules
from reviewqueue.domain import policies, policy_drafts
from reviewqueue.domain.people import by
from reviewqueue.engine import policy as engine
from reviewqueue.models import PolicyDraft
from reviewqueue.queries import reader
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from reviewqueue.domain.people import Reviewer


@transaction.atomic
def propose(
    *,
    intents: Sequence[str],
    reason: str,
    author: Reviewer,
    at: datetime,
    channels: Sequence[str] = (),
    agents: Sequence[str] = (),
) -> PolicyDraft:
    """Ask that replies with these intents are released at once; every trigger still applies to them.

    Makes a submitted draft of the policy in force with one more oversight rule, before all others, that names the
    person and the reason. Refused without intents or a reason (``invalid-request``).
    """
    rules.require_right(author, rules.Permission.APPROVE_CATEGORY)
    if not intents or not reason.strip():
        raise Refusal("invalid-request", _("Name at least one intent, and say why its replies need no person."))
    number, policy = policies.current(at=at)
    document = policy.document | {
        "oversight": [_rule(intents, channels, agents, author, reason), *policy.document["oversight"]]
    }
    if faults := engine.faults_of(document):
        raise Refusal("invalid-request", " ".join(f"{fault.path}: {reader.said(fault.words)}." for fault in faults))
    draft = policy_drafts.keep(
        document, origin=f"version {number}, a category of replies", author=author, reason=reason.strip(), at=at
    )
    body = {"intents": list(intents), "channels": list(channels), "agents": list(agents), "reason": reason.strip()}
    ledger.append(subject=draft.subject, kind="policy.category_proposed", actor=by(author), at=at, body=body)
    return draft


def _rule(
    intents: Sequence[str], channels: Sequence[str], agents: Sequence[str], author: Reviewer, reason: str
) -> dict[str, Any]:
    match: dict[str, Any] = {"kind": ["reply"], "intent": list(intents)}
    match |= {key: list(words) for key, words in (("channel", channels), ("agent", agents)) if words}
    return {
        "name": f"Replies sent automatically: {', '.join(intents)}"[:200],
        "match": match,
        "mode": "out_of_the_loop",
        "author": author.display,
        "reason": reason.strip(),
    }
