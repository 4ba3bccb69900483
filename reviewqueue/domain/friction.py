"""What an approval takes, so that somebody really looks: more of it the more is at stake.

| risk | takes |
| --- | --- |
| low | one press |
| medium | why it is right |
| high | also the evidence opened and the action on the screen |
| critical | also two people, and the amount typed again |

A program is handed the whole case in one answer, which its ``seen_digest`` proves, and states no grounds: of it the
desk asks what a program can be asked for, the amount and the second person.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.utils.translation import gettext as _

from reviewqueue.models import Ground, Ruling
from reviewqueue.queries import sightings
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reviewqueue.domain.decisions import Look
    from reviewqueue.domain.rulings import Ruled
    from reviewqueue.models import Case
    from reviewqueue.queries.sightings import Piece

TWO_PEOPLE: Final = 2


def eyes(risk: str, asked: int) -> int:
    """How many people must agree: what the policy's triggers ask for, at critical risk two."""
    return max(asked, TWO_PEOPLE) if risk == "critical" else asked


def require_second_factor(case: Case, ruled: Sequence[Ruled], look: Look) -> None:
    """Refuse (``step-up-required``) to let the agent act at a risk at which a token, or a password, is too little."""
    if case.risk in settings.STEP_UP_RISKS and not look.second_factor and any(ruling.executes for ruling in ruled):
        says = _("At this risk the agent is let act only in the browser, signed in with a second factor.")
        raise Refusal("step-up-required", says, extra={"risk": case.risk})


def require(case: Case, ruled: Sequence[Ruled], look: Look, unread: Iterable[Piece]) -> None:
    """Refuse (``invalid-decision``) with everything that is still missing before these rulings let the agent act."""
    if missing := tuple(_faults(case, ruled, look, unread)):
        raise Refusal("invalid-decision", _("Not approved yet: something is still to be done."), errors=missing)


def _faults(case: Case, ruled: Sequence[Ruled], look: Look, unread: Iterable[Piece]) -> Iterator[dict[str, str]]:
    """Each by pointer into the decision."""
    if not look.on_page or not any(ruling.executes for ruling in ruled):
        return
    for n, ruling in enumerate(ruled):
        if case.risk != "low" and ruling.type == Ruling.APPROVE and ruling.reason_code not in Ground:
            yield _fault(f"/decisions/{n}/reason_code", _("Say why it is right: choose a reason."))
    if case.risk in sightings.WEIGHTY and not look.saw_action:
        yield _fault("/evidence", _("Look at the action first: it was not on your screen yet."))
    for piece in unread:
        yield _fault("/evidence", _("Open this before you approve: %s") % piece.title)


def _fault(pointer: str, detail: str) -> dict[str, str]:
    return {"pointer": pointer, "detail": detail}
