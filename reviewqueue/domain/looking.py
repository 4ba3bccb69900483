"""Open the evidence of a case, and say what one would do before the recommendation is shown; both are on record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.utils.translation import gettext as _

from reviewqueue import rules
from reviewqueue.domain import lifecycle
from reviewqueue.domain.people import by
from reviewqueue.models import OPEN, Ruling, Sighting
from reviewqueue.queries import briefing, sightings
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from datetime import datetime

    from reviewqueue.domain.people import Reviewer
    from reviewqueue.models import Case

VIEWS: Final = (Ruling.APPROVE, Ruling.EDIT, Ruling.REJECT)


@transaction.atomic
def open_piece(case: Case, *, person: Reviewer, piece: str, at: datetime) -> Case:
    """The person opened a piece of the evidence; again, it changes nothing. Refused: no such piece (``not-found``)."""
    rules.require_sight(person, case)
    if piece not in _pieces(case):
        raise Refusal("not-found", _("There is no such piece of evidence."))
    case = lifecycle.locked(case.pk)
    if case.state in OPEN and _noted(case, person, piece, "", at):
        lifecycle.record(case, "evidence.seen", actor=by(person), at=at, data={"piece": piece})
    return case


@transaction.atomic
def say_first(case: Case, *, person: Reviewer, view: str, at: datetime) -> Case:
    """What the holder would do (``approve``, ``edit``, ``reject``), said once, before they see the recommendation."""
    rules.require(person, "decide", case)
    if view not in VIEWS:
        raise Refusal("invalid-request", _("Say whether you would approve, change or reject it."))
    case = lifecycle.locked(case.pk)
    if _noted(case, person, sightings.OWN_VIEW, view, at):
        lifecycle.record(case, "evidence.own_view", actor=by(person), at=at, data={"view": view})
    return case


def _noted(case: Case, person: Reviewer, piece: str, says: str, at: datetime) -> bool:
    """Was this the first time? The case is locked, so nobody notes the same beside us."""
    held = {"says": says, "seen_at": at}
    return Sighting.objects.get_or_create(case=case, user_id=person.pk, piece=piece, defaults=held)[1]


def _pieces(case: Case) -> set[str]:
    sources = case.document.get("sources") or []
    named = {sightings.source_piece(n) for n in range(len(sources))}
    return named | {sightings.conversation_piece(briefing.conversation(case))}
