"""Closed cases made into something to learn from: names swapped by the desk, read by a person, used after that."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from audit import ledger
from reviewqueue import rules
from reviewqueue.domain.people import by
from reviewqueue.engine import redaction
from reviewqueue.models import Case, Decision, Ruling, Specimen, State
from reviewqueue.queries import briefing, rulings
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from reviewqueue.domain.people import Reviewer

_OVER: Final = (State.CLOSED, State.DECIDED, State.RELEASED)
_LONGEST_TITLE: Final = 120
_ACTION_NAME: Final = re.compile(r"/actions/\d+/name")
# What ties a proposal to its own day and system.
_TIES: Final = ("supersedes", "resume", "callback", "expires_in", "dedupe_key")


@transaction.atomic
def make(case: Case, *, person: Reviewer, at: datetime) -> Specimen:
    """Swap everything that names somebody, and note what was wrong with the case by those who decided it.

    Refused: a case that is not over (``not-pending``), and one that was itself a control case (``forbidden``).
    """
    _require_coach(person)
    rules.require_sight(person, case)
    if hasattr(case, "canary"):
        raise Refusal("forbidden", _("A control case is not made into another one."))
    ruled = _ruled(case)
    if case.state not in _OVER or not ruled:
        raise Refusal("not-pending", _("Only a case that people have decided and that is over can be learned from."))
    whole = {**case.document, "conversation": {**case.document["conversation"], "messages": _said(case)}}
    swapped = redaction.swap({key: whole[key] for key in whole if key not in _TIES}, f"specimen:{case.pk}")
    faults = _faults(case, ruled)
    made = Specimen.objects.create(
        source=case,
        title=_title(swapped.document),
        document=swapped.document,
        risk=case.risk,
        reasons=_reasons(case),
        faults=faults,
        lesson=_lesson(ruled),
        swapped=swapped.counts,
        for_control=bool(faults),
        made_by_id=person.pk,
        made_at=at,
    )
    _record(made, "specimen.made", person, at, {"case": case.pk, "swapped": swapped.counts})
    return made


@transaction.atomic
def change(specimen: Specimen, *, person: Reviewer, fields: Mapping[str, Any], at: datetime) -> Specimen:
    """Put right what the swap missed, and say what was to be seen. What is in use becomes a draft again.

    ``fields``: ``title``, ``lesson``, ``for_practice``, ``for_control``, and ``texts`` by their pointers. Only texts
    change: what would be proposed keeps its shape, so that it can still be judged as its source was.
    """
    _require_coach(person)
    specimen = Specimen.objects.select_for_update().get(pk=specimen.pk)
    specimen.title = str(fields.get("title") or specimen.title).strip()[:_LONGEST_TITLE]
    specimen.lesson = str(fields.get("lesson") or "").strip()
    specimen.for_practice = bool(fields.get("for_practice"))
    specimen.for_control = bool(fields.get("for_control")) and specimen.known_bad
    specimen.document = _retold(specimen.document, fields.get("texts") or {})
    specimen.state, specimen.approved_by_id, specimen.approved_at = Specimen.State.DRAFT, None, None
    specimen.save()
    _record(specimen, "specimen.changed", person, at, {"title": specimen.title})
    return specimen


@transaction.atomic
def approve(specimen: Specimen, *, person: Reviewer, at: datetime) -> Specimen:
    """Take it into use, having read it to the end.

    Refused (``invalid-request``) without a word of what was to be seen, and as a control case where nothing was wrong.
    """
    _require_coach(person)
    specimen = Specimen.objects.select_for_update().get(pk=specimen.pk)
    if not specimen.lesson:
        raise Refusal("invalid-request", _("Say what was to be seen: people read it after their answer."))
    if specimen.for_control and not specimen.known_bad:
        raise Refusal("invalid-request", _("A control case needs a clear fault; this one was approved as it was."))
    if not specimen.for_control and not specimen.for_practice:
        raise Refusal("invalid-request", _("Choose what it is for: the practice, control cases, or both."))
    specimen.state, specimen.approved_by_id, specimen.approved_at = Specimen.State.APPROVED, person.pk, at
    specimen.save()
    used_for = {"practice": specimen.for_practice, "control": specimen.for_control}
    _record(specimen, "specimen.approved", person, at, used_for)
    return specimen


@transaction.atomic
def retire(specimen: Specimen, *, person: Reviewer, at: datetime) -> Specimen:
    """Take it out of use; what was learned from it stays."""
    _require_coach(person)
    specimen.state = Specimen.State.RETIRED
    specimen.save(update_fields=["state"])
    _record(specimen, "specimen.retired", person, at, {})
    return specimen


def _require_coach(person: Reviewer) -> None:
    rules.require_right(person, rules.Permission.COACH)


def _said(case: Case) -> list[dict[str, Any]]:
    """The conversation as it stood when the agent proposed this, without what people wrote in it since."""
    last = max((m["seq"] for m in case.document["conversation"].get("messages") or [] if "seq" in m), default=None)
    said = briefing.conversation(case)
    kept = [m for m in said if last is None or m["seq"] <= last]
    return [{key: m[key] for key in ("seq", "role", "text", "at", "sentiment") if m.get(key) is not None} for m in kept]


def _ruled(case: Case) -> list[Decision]:
    stands = case.decisions.filter(undone_at=None, took_effect_at__isnull=False, decided_by__isnull=False)
    return list(stands.order_by("decided_at", "id"))


def _faults(case: Case, ruled: list[Decision]) -> list[dict[str, Any]]:
    proposed = {action["call_id"]: action["args"] for action in case.actions}
    return [
        {
            "call_id": one.call_id,
            "type": one.type,
            "reason_code": one.reason_code,
            "args": rulings.changed_args(proposed[one.call_id], one.final_action),
        }
        for one in ruled
        if one.type in {Ruling.EDIT, Ruling.REJECT}
    ]


def _reasons(case: Case) -> list[dict[str, Any]]:
    """Why it was there, without what a rule quoted from the customer."""
    kept = ("trigger", "category", "says", "observed", "threshold", "outcome", "call_id")
    told = [{key: reason.get(key) for key in kept} for reason in case.verdict["reasons"]]
    swapped: list[dict[str, Any]] = redaction.swap(
        {"reasons": told, "customer": case.document.get("customer") or {}}, f"specimen:{case.pk}"
    ).document["reasons"]
    return swapped


def _lesson(ruled: list[Decision]) -> str:
    """A first draft of what was to be seen: the words of those who saw it. The coach writes the rest."""
    return " ".join(dict.fromkeys(one.message for one in ruled if one.message and one.type != Ruling.APPROVE))


def _title(document: Mapping[str, Any]) -> str:
    stated = (document.get("briefing") or {}).get("issue")
    said = (m["text"] for m in document["conversation"].get("messages") or [] if m["role"] == "customer")
    return str(stated or next(said, "") or document.get("intent") or document["actions"][0]["name"])[:_LONGEST_TITLE]


def texts(document: Any, pointer: str = "") -> list[tuple[str, str]]:
    """Every text that may say something about somebody, with where it stands: ``/conversation/messages/0/text``."""
    if isinstance(document, dict):
        items = [(key, value) for key, value in document.items() if key not in redaction.KEPT]
        items = [(key, value) for key, value in items if not _ACTION_NAME.fullmatch(f"{pointer}/{key}")]
    elif isinstance(document, list):
        items = [(str(n), value) for n, value in enumerate(document)]
    else:
        return [(pointer, document)] if isinstance(document, str) else []
    return [found for key, value in items for found in texts(value, f"{pointer}/{key}")]


def told(pointer: str) -> str:
    """Where a text stands, for people: ``conversation · messages · 1 · text``."""
    parts = pointer.strip("/").split("/")
    return " · ".join(str(int(part) + 1) if part.isdecimal() else part.replace("_", " ") for part in parts)


def _retold(document: Any, said: Mapping[str, str], pointer: str = "") -> Any:
    """With the texts that were changed; line breaks of a form become those of a text."""
    if isinstance(document, dict):
        return {
            key: value if key in redaction.KEPT else _retold(value, said, f"{pointer}/{key}")
            for key, value in document.items()
        }
    if isinstance(document, list):
        return [_retold(value, said, f"{pointer}/{n}") for n, value in enumerate(document)]
    if isinstance(document, str) and pointer in said:
        return said[pointer].replace("\r\n", "\n")
    return document


def _record(specimen: Specimen, kind: str, person: Reviewer, at: datetime, body: Mapping[str, Any]) -> None:
    ledger.append(subject=specimen.subject, kind=kind, actor=by(person), at=at, body=body)
