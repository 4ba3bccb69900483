"""Say how an action reads in plain words; every version is in the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from audit import ledger
from reviewqueue.engine import phrases
from reviewqueue.models import Wording
from reviewqueue.queries.reader import said
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from audit.actions import Actor

SENTENCES: Final = ("english", "german", "english_effect", "german_effect")
_KEPT: Final = ("kind", "name", *SENTENCES, "example")


@transaction.atomic
def save(wording: Wording, *, actor: Actor, at: datetime) -> Wording:
    """Store a new or changed wording as its next version; refused (``invalid-request``) with every fault by field."""
    if faults := list(check(wording)):
        raise Refusal("invalid-request", _("The sentence does not fit."), errors=tuple(faults))
    before = Wording.objects.select_for_update().filter(pk=wording.pk).values(*_KEPT, "version").first()
    after = {name: getattr(wording, name) for name in _KEPT}
    if before is not None and {name: before[name] for name in _KEPT} == after:
        return wording
    wording.version = (before["version"] if before else 0) + 1
    wording.save()
    body = after | {"version": wording.version}
    kind = "wording.changed" if before else "wording.created"
    ledger.append(subject=f"wording:{wording.pk}", kind=kind, actor=actor, at=at, body=body)
    return wording


@transaction.atomic
def remove(wording: Wording, *, actor: Actor, at: datetime) -> None:
    """The action reads as any unknown one again."""
    body = {"kind": wording.kind, "name": wording.name, "version": wording.version}
    ledger.append(subject=f"wording:{wording.pk}", kind="wording.removed", actor=actor, at=at, body=body)
    wording.delete()


def check(wording: Wording) -> Iterator[dict[str, str]]:
    """What is wrong with the sentences, by field: unreadable, or with a placeholder that the example does not have."""
    if not isinstance(wording.example, dict):
        yield {"pointer": "/example", "detail": _("The example is an object with args, value and customer.")}
        return
    for name in SENTENCES:
        try:
            gaps = phrases.missing(phrases.parse(getattr(wording, name)), data(wording.example))
        except phrases.PhraseError as error:
            yield from ({"pointer": f"/{name}", "detail": said(fault)} for fault in error.faults)
            continue
        if gaps:
            detail = _("The example has no %s.") % ", ".join(gaps)
            yield {"pointer": f"/{name}", "detail": detail}


def data(action: dict[str, Any]) -> dict[str, Any]:
    """What the placeholders of a sentence can reach: arguments, customer, and the value as a text."""
    value = action.get("value") or {}
    money = f"{value.get('amount', '')} {value.get('currency', '')}".strip() if isinstance(value, dict) else str(value)
    return {"args": action.get("args") or {}, "customer": action.get("customer") or {}, "value": money}
