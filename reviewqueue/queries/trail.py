"""The ledger, searched."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from audit.models import Entry

PAGE = 50


@dataclass(frozen=True, slots=True)
class Page:
    """Up to 50 entries, newest first, and the number before which the next page begins (``None``: the end)."""

    entries: list[Entry]
    before: int | None


def page(*, about: str = "", kind: str = "", by: str = "", before: int | None = None) -> Page:
    """Entries about a subject (an id alone means the case), of a kind, by an actor; empty strings mean any."""
    entries = Entry.objects.all()
    if about:
        entries = entries.filter(Q(subject=about) | Q(subject=f"case:{about}"))
    if kind:
        entries = entries.filter(kind=kind)
    if by:
        entries = entries.filter(actor_id=by)
    if before is not None:
        entries = entries.filter(pk__lt=before)
    found = list(entries.order_by("-pk")[: PAGE + 1])
    return Page(found[:PAGE], found[PAGE - 1].pk if len(found) > PAGE else None)
