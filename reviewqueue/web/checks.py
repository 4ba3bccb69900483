"""What the automatic checks said of a case, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reviewqueue.engine import checklist
from reviewqueue.models import Sampled, Score

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

_TITLES: Final[dict[str, _StrPromise]] = {
    "claims": gettext_lazy("Amounts, dates and numbers have support"),
    "policy": gettext_lazy("The policy in force today lets it run too"),
    "outcome": gettext_lazy("It was carried out"),
    "language": gettext_lazy("Answered in the customer's language"),
    "length": gettext_lazy("Neither too short nor too long"),
    "hidden": gettext_lazy("No character that nobody can see"),
}


@dataclass(frozen=True, slots=True)
class Check:
    """One check: its mark as a colour and in words, and what it saw."""

    title: _StrPromise
    colour: str
    mark: str
    saw: str


def of(sampled: Sampled) -> list[Check]:
    """The marks in the order of the checks; none before they have looked."""
    found = {mark.name: mark for mark in Score.objects.filter(sampled=sampled, source=Score.Source.CHECK)}
    return [_told(_TITLES[name], found[name]) for name in checklist.NAMES if name in found]


def _told(title: _StrPromise, mark: Score) -> Check:
    if mark.value is None:
        return Check(title, "", _("cannot tell"), "")
    if mark.value >= 1:
        return Check(title, "ok", _("yes"), "")
    return Check(title, "bad" if mark.value == 0 else "warn", f"{mark.value:.0%}" if mark.value else _("no"), mark.says)
