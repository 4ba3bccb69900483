"""One line of the queue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from reviewqueue import presence, rules
from reviewqueue.domain import together
from reviewqueue.models import Case, State
from reviewqueue.rules import Permission
from reviewqueue.web import briefing, ranking
from reviewqueue.web.wording import plain

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from reviewqueue.domain.people import Reviewer
    from reviewqueue.models import Presence
    from reviewqueue.web.briefing import Chip
    from reviewqueue.web.wording import Plain

_CHIPS = 2
_OPEN = (State.QUEUED, State.SECOND_LOOK, State.CLAIMED, State.ASKED, State.WATCHED)


@dataclass(frozen=True, slots=True)
class Row:
    """A case in a list: when it is due, whose it is, what is to be done and why it is here."""

    case: Case
    due_at: datetime | None
    what: Plain
    more: int
    chips: list[Chip]
    hidden_chips: list[Chip]
    holder: str
    mine: bool
    rank: str
    choosable: bool
    # May this person take its conversation over from here? Of a contested decision the case itself says it.
    takes: bool
    present: list[Presence]

    @property
    def present_until(self) -> datetime | None:
        """Until when the page may believe that they are there."""
        first = min((each.seen_at for each in self.present), default=None)
        return first + presence.BELIEVED if first else None

    @property
    def held(self) -> bool:
        """In other hands."""
        return self.case.state == State.CLAIMED and not self.mine

    @property
    def over(self) -> bool:
        """Nobody needs to do anything about it any more."""
        return self.case.state not in _OPEN


def rows(found: Iterable[Case], person: Reviewer, now: datetime) -> list[Row]:
    """The lines of a page."""
    cases = list(found)
    present = presence.of([case.pk for case in cases], at=now, but=person.pk)
    return [_row(case, person, present.get(case.pk, [])) for case in cases]


def _row(case: Case, person: Reviewer, present: list[Presence]) -> Row:
    """One line; the case must come with its ``claimed_by``."""
    actions = [plain(action, action["args"], customer=case.customer_name) for action in case.actions]
    what = next((action for action in actions if action.money), actions[0])
    reasons = briefing.chips(case)
    return Row(
        case=case,
        due_at=case.release_at if case.state == State.WATCHED else case.due_at,
        what=what,
        more=len(actions) - 1,
        chips=reasons[:_CHIPS],
        hidden_chips=reasons[_CHIPS:],
        holder=_holder(case, person),
        mine=case.claimed_by_id == person.pk,
        rank=ranking.explained(case) if case.rank_at else "",
        choosable=person.may(Permission.DECIDE) and together.why_not(case) is None,
        takes=case.state in _OPEN and not case.contests_id and rules.ruled_out(person, "take_over", case) is None,
        present=present,
    )


def _holder(case: Case, person: Reviewer) -> str:
    holder: Any = case.claimed_by
    if case.claimed_by_id == person.pk:
        return _("you")
    if holder is not None:
        return str(holder.display)
    if case.state == State.QUEUED:
        return _("offered to you") if case.offered_to_id == person.pk else ""
    if case.state == State.ASKED:
        return _waits_for(case.waiting_on)
    return str(case.get_state_display())


def _waits_for(whom: str) -> str:
    names = {"agent": _("asked the agent"), "customer": _("asked the customer"), "colleague": _("asked a colleague")}
    return names.get(whom, _("waiting for an answer"))
