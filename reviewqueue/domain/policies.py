"""Policies: which one is in force, and publishing the next."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from audit import ledger
from audit.actions import SYSTEM, Actor
from reviewqueue.engine import canonical
from reviewqueue.engine import policy as engine
from reviewqueue.engine.differences import differences, loosens
from reviewqueue.engine.starting import starting_policy
from reviewqueue.models import PolicyVersion, Queue
from reviewqueue.queries import looked as seen
from reviewqueue.refusal import Refusal
from reviewqueue.rules import COOLING_OFF

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime


_MOST_TOLD = 100


def current(*, at: datetime) -> tuple[int, engine.Policy]:
    """The number and the compiled form of the policy in force; the first call ever publishes the starting policy."""
    newest = PolicyVersion.objects.values_list("number", "digest").first()
    return known(*(newest or (None, None)), at=at)


def known(number: int | None, digest: str | None, *, at: datetime) -> tuple[int, engine.Policy]:
    """The same for a caller who already knows which version is the newest; ``None``: there is none yet."""
    if number is None or digest is None:
        version = _publish_first(at=at)
        number, digest = version.number, version.digest
    return number, _compiled(number, digest)


def numbered(number: int) -> engine.Policy:
    """The compiled form of one published version."""
    return _compiled(number, PolicyVersion.objects.values_list("digest", flat=True).get(pk=number))


def digest(document: Mapping[str, Any]) -> str:
    """What names a document in the record, faults or not."""
    return canonical.digest(document)


@lru_cache(maxsize=64)
def _compiled(number: int, _digest: str) -> engine.Policy:
    return engine.parse(PolicyVersion.objects.get(pk=number).document)


@transaction.atomic
def publish(
    document: Mapping[str, Any],
    *,
    author: Any,
    actor: Actor,
    reason: str,
    at: datetime,
    approved_by: Any = None,
    others: Iterable[Any] = (),
    looked: Mapping[str, Any] | None = None,
) -> PolicyVersion:
    """Make ``document`` the policy in force as a new version; queues that it names are made when missing.

    ``approved_by``: the second person, where one looked; ``others``: who else had a hand in it. Whoever loosens
    scrutiny by it decides no case under it for 24 hours. ``looked``: what was seen of what it would have done.

    Raises ``reviewqueue.engine.policy.PolicyError`` with every fault by path.
    """
    parsed = engine.parse(document)
    newest = PolicyVersion.objects.select_for_update().first()
    number = newest.number + 1 if newest else 1
    changes = differences(engine.parse(newest.document).document, parsed.document) if newest else []
    for name in sorted(parsed.queues_named()):
        Queue.objects.get_or_create(name=name)
    version = PolicyVersion.objects.create(
        number=number,
        document=parsed.document,
        digest=parsed.digest,
        author=author,
        reason=reason,
        published_at=at,
        approved_by=approved_by,
        loosens=loosens(changes),
    )
    body: dict[str, Any] = {"number": number, "digest": parsed.digest, "name": parsed.name, "reason": reason}
    body |= {"loosens": loosens(changes), "changes": [str(one) for one in changes[:_MOST_TOLD]]}
    body |= {"what_if": dict(looked)} if looked is not None else {}
    if approved_by is not None:
        body["approved_by"] = approved_by.reference
    ledger.append(subject="policy", kind="policy.published", actor=actor, at=at, body=body)
    if loosens(changes):
        _remember([author, approved_by, *others], number, at)
    return version


def looked(policy: engine.Policy, *, blind: str) -> dict[str, Any] | None:
    """What goes on record of the look at what a policy would have done; ``blind``: why there is none.

    Refused without either (``not-yet``), unless nothing is recorded yet or the operator asks for no look.
    """
    if look := seen.at(policy.document):
        return {"look": look.pk, **seen.summary(look.report or {})}
    if blind:
        return {"blind": blind}
    if seen.required():
        says = _("Nobody has looked at what exactly this policy would have done. Hold it against what happened first.")
        raise Refusal("not-yet", says)
    return None


def _remember(people: Iterable[Any], number: int, at: datetime) -> None:
    """Who loosened it decides nothing under it for a while (``rules``); a second time does not shorten the first."""
    everybody = get_user_model()._default_manager  # noqa: SLF001 - Django's documented name
    for person in {person.pk: person for person in people if person is not None}.values():
        known: Any = everybody.get(pk=person.pk)
        lately = known.loosened_at is not None and at - known.loosened_at < COOLING_OFF
        known.loosened_version = min(known.loosened_version, number) if lately else number
        known.loosened_at = at
        known.save(update_fields=["loosened_version", "loosened_at"])
        person.loosened_version, person.loosened_at = known.loosened_version, at


def _publish_first(*, at: datetime) -> PolicyVersion:
    try:
        with transaction.atomic():
            return publish(starting_policy(), author=None, actor=SYSTEM, reason="The desk's starting policy", at=at)
    except IntegrityError:  # another process was first
        return PolicyVersion.objects.latest("number")
