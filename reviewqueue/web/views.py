"""The ways to look at the queue that everybody has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

from reviewqueue.models import OPEN, State
from reviewqueue.rules import Permission

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    from reviewqueue.rules import Person


@dataclass(frozen=True, slots=True)
class View:
    """One way to look: which states in which order, of whom, and what to say when there are none.

    ``wide``: there may be so many that a filter looks through a part of them at a time.
    """

    name: str
    title: _StrPromise
    states: tuple[str, ...]
    order: str
    empty: _StrPromise
    mine: bool = False
    aside: bool = False
    wide: bool = False


_DONE: Final = (
    State.DECIDED,
    State.RELEASED,
    State.TAKEN_OVER,
    State.EXPIRED,
    State.WITHDRAWN,
    State.SUPERSEDED,
    State.CLOSED,
)
VIEWS: Final = {
    view.name: view
    for view in (
        View(
            "open", _("All open"), OPEN, "due", _("Nothing is waiting. New cases appear here by themselves."), wide=True
        ),
        View(
            "mine",
            _("Mine"),
            (State.CLAIMED, State.TAKEN_OVER),
            "oldest",
            _("You hold no case. Take the next best one."),
            mine=True,
        ),
        View(
            "waiting",
            _("Waiting for others"),
            (State.ASKED, State.SECOND_LOOK),
            "due",
            _("No case waits for an answer or a second person."),
        ),
        View(
            "snoozed",
            _("Snoozed"),
            OPEN,
            "due",
            _("You have put no case aside."),
            aside=True,
        ),
        View(
            "watched",
            _("Released unless stopped"),
            (State.WATCHED,),
            "oldest",
            _("Nothing is about to be released under watch."),
        ),
        View("done", _("Done"), _DONE, "newest", _("Nothing is done yet."), wide=True),
    )
}


def of(person: Person) -> list[View]:
    """Those that can show this person anything."""
    hidden = {"mine", "snoozed"} if not person.may(Permission.DECIDE) else set()
    hidden |= set() if person.may(Permission.SEE_ALL_QUEUES) else {"watched"}
    return [view for view in VIEWS.values() if view.name not in hidden]
