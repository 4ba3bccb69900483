"""What somebody has opened of a case, what they must still open, and whether their own view comes first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings

from reviewqueue.domain import drawing
from reviewqueue.engine import ladder
from reviewqueue.models import Ruling
from reviewqueue.queries import sightings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reviewqueue.models import Case, Sighting
    from reviewqueue.queries.sightings import Piece
    from reviewqueue.rules import Person


@dataclass(frozen=True, slots=True)
class LookedAt:
    """What somebody has opened of a case, and what they must still open before they approve."""

    seen: Mapping[str, Sighting]
    unread: Sequence[Piece]
    conversation: str
    prompted: bool = False

    @property
    def closed(self) -> set[str]:
        """The pieces that are shown with a dot until they are opened."""
        return {piece.key for piece in self.unread}

    @property
    def own_view(self) -> str:
        """What they said they would do, in words; empty when nobody asked."""
        said = self.seen.get(sightings.OWN_VIEW)
        return str(Ruling(said.says).label) if said else ""

    def as_json(self) -> dict[str, Any]:
        """What goes on record with a decision: when each piece was opened, and the view that came first."""
        opened = {key: each.seen_at.isoformat() for key, each in self.seen.items() if key != sightings.OWN_VIEW}
        said = self.seen.get(sightings.OWN_VIEW)
        return ({"opened": opened} if opened else {}) | ({"own_view": said.says} if said else {})


def of(
    case: Case, person: Person, conversation: Sequence[Mapping[str, Any]], *, asked: bool, prompted: bool = False
) -> LookedAt:
    """``asked``: is it this person who may decide now? Nobody else has to open anything. ``prompted``: at any risk."""
    seen = sightings.seen(case, person.pk) if asked else {}
    wanted = sightings.required(case, conversation, asked=prompted) if asked else []
    unread = [piece for piece in wanted if piece.key not in seen]
    return LookedAt(seen, unread, sightings.conversation_piece(conversation), prompted=prompted and asked)


def drawn(case: Case) -> bool:
    """Is this one of the cases whose reviewer is asked first? The same for everybody and each time.

    In shadow every one is: the agent's proposal is compared with what a person says before they see it.
    """
    if any(
        reason["trigger"] == ladder.TRIGGER and reason["observed"] == ladder.SHADOW
        for reason in case.verdict["reasons"]
    ):
        return True
    return drawing.falls(case.pk, of="own_view", share=settings.OWN_VIEW_PERCENT)


def _reasons(case: Case) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = case.verdict["reasons"]
    return found
