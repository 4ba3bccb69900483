"""The pieces of evidence that a case shows, and which of them somebody has opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as _

from reviewqueue.models import Case, Sighting
from reviewqueue.queries import briefing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# From here on whoever approves has opened the evidence.
WEIGHTY: Final = frozenset({"high", "critical"})
# Further sources help, but nobody opens thirty of them for one refund.
MOST_REQUIRED: Final = 3
OWN_VIEW: Final = "own-view"


@dataclass(frozen=True, slots=True)
class Piece:
    """Something to read before an approval; ``key`` names it in the record, ``title`` to people."""

    key: str
    title: str


def conversation_piece(conversation: Sequence[Mapping[str, Any]]) -> str:
    """What was said so far; with another message it is another piece, which nobody has opened yet."""
    return f"conversation-{len(conversation)}"


def source_piece(n: int) -> str:
    """The n-th source, counted from 0."""
    return f"source-{n}"


def required(case: Case, conversation: Sequence[Mapping[str, Any]], *, asked: bool = False) -> list[Piece]:
    """What is opened before this case is approved: at high risk or where asked what was said and the first sources."""
    if case.risk not in WEIGHTY and not asked:
        return []
    said = [Piece(conversation_piece(conversation), _("Conversation"))] if conversation else []
    sources = (case.document.get("sources") or [])[:MOST_REQUIRED]
    return said + [Piece(source_piece(n), _title(source)) for n, source in enumerate(sources)]


def seen(case: Case, person_id: int) -> dict[str, Sighting]:
    """What this person has opened of the case, by piece."""
    return {each.piece: each for each in Sighting.objects.filter(case=case, user_id=person_id)}


def unread(case: Case, person_id: int, *, asked: bool = False) -> list[Piece]:
    """What this person must still open before they approve; ``asked``: at every risk."""
    wanted = required(case, briefing.conversation(case), asked=asked) if asked or case.risk in WEIGHTY else []
    if not wanted:
        return []
    opened = seen(case, person_id)
    return [piece for piece in wanted if piece.key not in opened]


def _title(source: Mapping[str, Any]) -> str:
    return source.get("title") or source.get("id") or _("Source")
