"""Which part of the queue a person looks at: read from the address, written back to it, so every choice is a link."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from reviewqueue.models import Priority, State
from reviewqueue.queries import cases
from reviewqueue.refusal import Refusal
from reviewqueue.web.views import VIEWS, View

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from reviewqueue.domain.people import Reviewer

RISKS: Final = ("low", "medium", "high", "critical")
# What narrows a view, by its name in the address, and how long it may be.
NARROWING: Final = {"state": 12, "priority": 6, "risk": 8, "agent": 50, "intent": 100, "language": 35, "least": 12}
# No index fits every filter. One that hardly any case fits looks through so many at first, and through so many more
# each time that somebody wants it to look further; a search has its own limit.
AT_FIRST: Final = 25_000
FURTHER: Final = 100_000
_LARGEST: Final = Decimal(10) ** 12


@dataclass(frozen=True, slots=True)
class Filter:
    """The present choice; ``least`` is a number as it was typed."""

    view: View
    lane: str = ""
    search: str = ""
    state: str = ""
    priority: str = ""
    risk: str = ""
    agent: str = ""
    intent: str = ""
    language: str = ""
    least: str = ""
    cursor: str = ""

    @property
    def query(self) -> str:
        """The address's query without the cursor; empty for the plain queue."""
        return self.as_query(cursor="")

    @property
    def query_without_search(self) -> str:
        """The same view and lane, everything in it."""
        return self.without("search")

    @property
    def query_plain(self) -> str:
        """The same view and lane without search or filter."""
        return Filter(self.view, lane=self.lane).query

    @property
    def query_elsewhere(self) -> str:
        """The same search in every lane, among what is done, or among what is open for those who looked there."""
        return Filter(VIEWS["open" if self.view.name == "done" else "done"], search=self.search).query

    def without(self, *names: str) -> str:
        """The query that leaves these out."""
        gone: dict[str, Any] = dict.fromkeys(names, "")
        return replace(self, cursor="", **gone).query

    def as_query(self, *, cursor: str) -> str:
        """The address's query, from the row after ``cursor`` on."""
        return urlencode([*self.fields, *([("cursor", cursor)] if cursor else [])])

    @property
    def fields(self) -> list[tuple[str, str]]:
        """The choice as form fields, without the cursor."""
        return [*self.place, *([("q", self.search)] if self.search else []), *self.narrowed]

    @property
    def place(self) -> list[tuple[str, str]]:
        """Lane and view as form fields."""
        view = "" if self.view.name == "open" else self.view.name
        return [(name, value) for name, value in (("lane", self.lane), ("view", view)) if value]

    @property
    def narrowed(self) -> list[tuple[str, str]]:
        """What narrows the view, as form fields."""
        return [(name, value) for name in NARROWING if (value := getattr(self, name))]

    def to(self, *, lane: str | None = None, view: str | None = None) -> Filter:
        """The same with another lane or view, from the top; a state belongs to its view."""
        chosen = self.view if view is None else VIEWS[view]
        state = self.state if view is None else ""
        return replace(self, lane=self.lane if lane is None else lane, view=chosen, state=state, cursor="")

    def page(self, person: Reviewer) -> cases.Page:
        """The cases of this choice; an old or foreign cursor starts from the top."""
        wanted, order = self.wanted(person), self.view.order
        bounded = self.view.wide and self.narrowed and not self.search
        try:
            within = FURTHER if self.cursor else AT_FIRST
            return cases.page(person, wanted, order=order, cursor=self.cursor, within=within if bounded else 0)
        except Refusal:
            return cases.page(person, wanted, order=order, within=AT_FIRST if bounded else 0)

    def among(self, person: Reviewer, ids: Collection[str], *, until: str) -> list[str]:
        """Those of the named cases that belong on this page, which ends at the cursor ``until``."""
        wanted, order = self.wanted(person), self.view.order
        try:
            return cases.among(person, wanted, ids, order=order, cursor=self.cursor, until=until)
        except Refusal:
            return cases.among(person, wanted, ids, order=order)

    def wanted(self, person: Reviewer) -> cases.Wanted:
        """The choice as the database is asked."""
        return cases.Wanted(
            queues=[self.lane] if self.lane else (),
            states=(self.state,) if self.state else self.view.states,
            search=self.search,
            holder=person.pk if self.view.mine else None,
            awake_for=person.pk if self.view.name == "open" and not self.search else None,
            snoozed_by=person.pk if self.view.aside else None,
            priority=Priority[self.priority.upper()].value if self.priority else None,
            risk=self.risk,
            agent=self.agent,
            intent=self.intent,
            language=self.language,
            least=Decimal(self.least) if self.least else None,
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """One active filter in words, and the address without it."""

    label: str
    value: str
    query: str


def read(data: Mapping[str, str]) -> Filter:
    """The choice that an address makes; what it does not know counts as absent."""
    view = VIEWS.get(data.get("view", ""), VIEWS["open"])
    said = {name: _text(data, name, longest) for name, longest in NARROWING.items()}
    known = {
        "state": said["state"] in view.states,
        "priority": said["priority"].upper() in Priority.names,
        "risk": said["risk"] in RISKS,
        "least": _is_amount(said["least"]),
    }
    return Filter(
        view=view,
        lane=_text(data, "lane", 50),
        search=_text(data, "q", 200),
        cursor=data.get("cursor", "")[:500],
        **{name: value if known.get(name, True) else "" for name, value in said.items()},
    )


def choices(chosen: Filter) -> list[Choice]:
    """The active filters, each with the way to take it away."""
    labels = {
        "state": _("State"),
        "priority": _("Priority"),
        "risk": _("Risk"),
        "agent": _("Agent"),
        "intent": _("Intent"),
        "language": _("Language"),
        "least": _("Worth at least"),
    }
    return [Choice(labels[name], _shown(name, value), chosen.without(name)) for name, value in chosen.narrowed]


def risk_label(risk: str) -> str:
    """A level of risk in the reader's language."""
    labels = {"low": _("low"), "medium": _("medium"), "high": _("high"), "critical": _("critical")}
    return labels.get(risk, risk)


def _shown(name: str, value: str) -> str:
    if name == "state":
        return str(State(value).label)
    if name == "priority":
        return str(Priority[value.upper()].label)
    return risk_label(value) if name == "risk" else value


def _text(data: Mapping[str, str], name: str, longest: int) -> str:
    return data.get(name, "").replace("\x00", "").strip()[:longest]


def _is_amount(text: str) -> bool:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return False
    return amount.is_finite() and 0 <= amount < _LARGEST
