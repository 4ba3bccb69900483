"""The life of a policy before it is in force: begun, edited, submitted, and published by a second person, or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils.translation import gettext as _

from audit import ledger
from reviewqueue import rules
from reviewqueue.domain import policies
from reviewqueue.domain.people import by
from reviewqueue.engine import policy as engine
from reviewqueue.engine import policy_file, starting
from reviewqueue.engine.differences import Difference, differences, loosens
from reviewqueue.models import PolicyDraft, PolicyVersion
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from reviewqueue.domain.people import Reviewer

_State = PolicyDraft.State
_OPEN = (_State.DRAFT, _State.SUBMITTED)


def begin_from_version(number: int | None, *, author: Reviewer, at: datetime) -> PolicyDraft:
    """A draft of a published version; ``None``: the one in force. Publishing an earlier one rolls back to it."""
    in_force, _policy = policies.current(at=at)
    version = PolicyVersion.objects.filter(pk=number or in_force).first()
    if version is None:
        raise Refusal("not-found", _("There is no version %(number)s.") % {"number": number})
    return begin(version.document, origin=f"version {version.number}", author=author, at=at)


def begin_from_text(text: str, *, author: Reviewer, at: datetime) -> PolicyDraft:
    """A draft of a policy file. Raises ``PolicyError`` for what is no YAML; a policy with faults may be a draft."""
    return begin(policy_file.load(text), origin="a file", author=author, at=at)


def adopt(name: str, *, author: Reviewer, at: datetime) -> PolicyDraft:
    """A draft of one of the policies that come with the desk (``engine.starting.NAMES``)."""
    if name not in starting.NAMES:
        raise Refusal("not-found", _("There is no starting policy %(name)s.") % {"name": name})
    return begin(starting.starting_policy(name), origin=f"starting policy {name}", author=author, at=at)


@transaction.atomic
def begin(document: Mapping[str, Any], *, origin: str, author: Reviewer, at: datetime) -> PolicyDraft:
    """A draft of any document, held against the policy in force. ``origin`` says in words where it comes from."""
    rules.require_right(author, rules.Permission.CONFIGURE)
    return keep(document, origin=origin, author=author, at=at)


@transaction.atomic
def keep(document: Mapping[str, Any], *, origin: str, author: Reviewer, at: datetime, reason: str = "") -> PolicyDraft:
    """Store a draft; with a ``reason`` it waits for a second person at once. Whoever calls this has asked the rules."""
    number, _policy = policies.current(at=at)
    draft = PolicyDraft.objects.create(
        document=engine.fit(document),
        base_id=number,
        origin=origin,
        author_id=author.pk,
        editors=[author.pk],
        reason=reason,
        state=_State.SUBMITTED if reason else _State.DRAFT,
        created_at=at,
        changed_at=at,
        submitted_at=at if reason else None,
    )
    _record(draft, "begun", author, at=at, base=number, origin=origin)
    return draft


@transaction.atomic
def edit(draft: PolicyDraft, document: Mapping[str, Any], *, editor: Reviewer, revision: int, at: datetime) -> None:
    """Replace the document; ``revision`` is the one that the editor saw (else ``stale-version``).

    A draft that waits for a second person is taken back by it: what was submitted is what is published.
    """
    held = _open(draft, editor)
    if held.revision != revision:
        says = _("Somebody else changed this draft first. Look at it again; nothing of yours was saved.")
        raise Refusal("stale-version", says, extra={"revision": held.revision})
    kept = engine.fit(document)
    if kept == held.document:
        return
    editors = sorted({*held.editors, editor.pk})
    _change(draft, document=kept, editors=editors, revision=revision + 1, changed_at=at, **_taken_back())
    _record(draft, "changed", editor, at=at, digest=policies.digest(kept))


@transaction.atomic
def compare_anew(draft: PolicyDraft, *, editor: Reviewer, at: datetime) -> None:
    """Another version came into force since: from now on the draft is held against that one."""
    _open(draft, editor)
    number, _policy = policies.current(at=at)
    if draft.base_id == number:
        return
    _change(draft, base_id=number, revision=draft.revision + 1, changed_at=at, **_taken_back())
    _record(draft, "compared", editor, at=at, base=number)


@transaction.atomic
def submit(draft: PolicyDraft, *, author: Reviewer, reason: str, at: datetime) -> None:
    """Ask a second person to publish it. Raises ``PolicyError`` while it has faults."""
    held = _open(draft, author)
    if held.state != _State.DRAFT:
        raise Refusal("not-pending", _("This draft waits for a second person already."))
    parsed = _ready(held, reason, at)
    _change(draft, state=_State.SUBMITTED, reason=reason.strip(), submitted_at=at)
    _record(draft, "submitted", author, at=at, reason=draft.reason, digest=parsed.digest)


@transaction.atomic
def send_back(draft: PolicyDraft, *, editor: Reviewer, note: str, at: datetime) -> None:
    """It needs more work: a submitted draft can be edited again; the note says what is missing."""
    held = _open(draft, editor)
    if held.state != _State.SUBMITTED:
        raise Refusal("not-pending", _("This draft does not wait for a second person."))
    _change(draft, **_taken_back())
    _record(draft, "sent_back", editor, at=at, note=note.strip())


@transaction.atomic
def discard(draft: PolicyDraft, *, editor: Reviewer, at: datetime) -> None:
    """It will not become a version; the record keeps that it was there."""
    _open(draft, editor)
    _change(draft, state=_State.DISCARDED, settled_at=at)
    _record(draft, "discarded", editor, at=at)


@transaction.atomic
def publish(
    draft: PolicyDraft, *, publisher: Reviewer, revision: int, at: datetime, reason: str = "", blind: str = ""
) -> PolicyVersion:
    """Put the draft in force as the next version; ``revision`` is the one that the publisher saw.

    Refused while another version came into force since (``stale-version``), without a reason, where nobody looked at
    what exactly this draft would have done (``not-yet``; ``blind`` says why it has to be without), and where it
    loosens scrutiny and nobody but those who wrote it looked (``forbidden``). Raises ``PolicyError`` while it has
    faults.
    """
    held = _open(draft, publisher)
    if held.revision != revision:
        raise Refusal("stale-version", _("This draft changed since you looked at it. Look at it again."))
    reason = reason.strip() or held.reason
    seen = policies.looked(_ready(held, reason, at), blind=blind.strip())
    second = publisher if publisher.pk not in held.editors else None
    if second is None and (sentence := why_not_alone(held, at=at)):
        raise Refusal("forbidden", sentence)
    version = policies.publish(
        held.document,
        author=held.author,
        actor=by(publisher),
        reason=reason,
        at=at,
        approved_by=second,
        others=_people(held.editors),
        looked=seen,
    )
    _change(draft, state=_State.PUBLISHED, reason=reason, version=version, settled_at=at)
    _record(draft, "published", publisher, at=at, version=version.number)
    return version


def changes(draft: PolicyDraft, *, at: datetime) -> list[Difference]:
    """What it would change of the policy in force. Raises ``PolicyError`` while it has faults."""
    _number, policy = policies.current(at=at)
    return differences(policy.document, engine.parse(draft.document).document)


def why_not_alone(draft: PolicyDraft, *, at: datetime) -> str | None:
    """Why whoever worked on the draft cannot publish it without a second person; ``None`` when they can."""
    if settings.POLICY_SECOND_PERSON == "off" or not loosens(changes(draft, at=at)):
        return None
    return _("This draft loosens scrutiny: somebody who did not work on it must publish it.")


def _people(keys: list[int]) -> list[Any]:
    return list(get_user_model()._default_manager.filter(pk__in=keys))  # noqa: SLF001 - Django's documented name


def _open(draft: PolicyDraft, person: Reviewer) -> PolicyDraft:
    """The draft as it stands, kept from other writers; refused when it is settled."""
    rules.require_right(person, rules.Permission.CONFIGURE)
    held = PolicyDraft.objects.select_for_update().get(pk=draft.pk)
    draft.refresh_from_db()
    if not held.is_open:
        says = _("This draft is settled: %(state)s.") % {"state": held.get_state_display()}
        raise Refusal("not-pending", says)
    return held


def _ready(draft: PolicyDraft, reason: str, at: datetime) -> engine.Policy:
    parsed = engine.parse(draft.document)
    if not reason.strip():
        raise Refusal("invalid-request", _("Say why: the reason stays with the version."))
    number, _policy = policies.current(at=at)
    if draft.base_id != number:
        says = _("Version %(number)s came into force since. Hold the draft against it and look at what it changes now.")
        raise Refusal("stale-version", says % {"number": number}, extra={"base": draft.base_id, "in_force": number})
    return parsed


def _taken_back() -> dict[str, Any]:
    return {"state": _State.DRAFT, "submitted_at": None}


def _change(draft: PolicyDraft, **columns: Any) -> None:
    for name, value in columns.items():
        setattr(draft, name, value)
    draft.save(update_fields=list(columns))


def _record(draft: PolicyDraft, what: str, person: Reviewer, *, at: datetime, **body: Any) -> None:
    told = {"revision": draft.revision, "name": draft.document.get("name", ""), **body}
    ledger.append(subject=draft.subject, kind=f"policy.draft_{what}", actor=by(person), at=at, body=told)
