"""Which part of the queue a person looks at: read from the address, written back to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from django.utils.translation import gettext_lazy as _

from reviewqueue.models import State
from reviewqueue.queries import cases
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.utils.functional import _StrPromise

    from reviewqueue.domain.people import Reviewer


@dataclass(frozen=True, slots=True)
class View:
    """One way to look: which states in which order, of whom, and what to say when there are none."""

    name: str
    title: _StrPromise
    states: tuple[str, ...]
    order: str
    empty: _StrPromise
    mine: bool = False


VIEWS: Final = {
    view.name: view
    for view in (
        View("open", _("All open"), cases.OPEN, "due", _("Nothing is waiting. New cases appear here by themselves.")),
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
            "watched",
            _("Released unless stopped"),
            (State.WATCHED,),
            "oldest",
            _("Nothing is about to be released under watch."),
        ),
        View(
            "done",
            _("Done"),
            (
                State.DECIDED,
                State.RELEASED,
                State.TAKEN_OVER,
                State.EXPIRED,
                State.WITHDRAWN,
                State.SUPERSEDED,
                State.CLOSED,
            ),
            "newest",
            _("Nothing is done yet."),
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Filter:
    """The present choice."""

    view: View
    lane: str = ""
    search: str = ""
    cursor: str = ""

    @property
    def query(self) -> str:
        """The address's query without the cursor; empty for the plain queue."""
        return self.as_query(cursor="")

    @property
    def query_without_search(self) -> str:
        """The same view and lane, everything in it."""
        return replace(self, search="", cursor="").query

    def as_query(self, *, cursor: str) -> str:
        """The address's query, from the row after ``cursor`` on."""
        return urlencode([*self.fields, *([("cursor", cursor)] if cursor else [])])

    @property
    def fields(self) -> list[tuple[str, str]]:
        """The choice as form fields, without the cursor."""
        view = "" if self.view.name == "open" else self.view.name
        parts = {"lane": self.lane, "view": view, "q": self.search}
        return [(name, value) for name, value in parts.items() if value]

    def to(self, *, lane: str | None = None, view: str | None = None) -> Filter:
        """The same with another lane or view, from the top."""
        chosen = self.view if view is None else VIEWS[view]
        return replace(self, lane=self.lane if lane is None else lane, view=chosen, cursor="")

    def page(self, person: Reviewer) -> cases.Page:
        """The cases of this choice; an old or foreign cursor starts from the top."""
        try:
            return self._page(person, self.cursor)
        except Refusal:
            return self._page(person, "")

    def _page(self, person: Reviewer, cursor: str) -> cases.Page:
        return cases.page(
            person,
            queues=[self.lane] if self.lane else (),
            states=self.view.states,
            search=self.search,
            order=self.view.order,
            cursor=cursor,
            holder=person.pk if self.view.mine else None,
        )


def read(data: Mapping[str, str]) -> Filter:
    """The choice that an address makes; what it does not know counts as absent."""
    return Filter(
        view=VIEWS.get(data.get("view", ""), VIEWS["open"]),
        lane=data.get("lane", "")[:50],
        search=data.get("q", "").replace("\x00", "").strip()[:200],
        cursor=data.get("cursor", "")[:500],
    )
