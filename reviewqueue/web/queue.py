"""The queue: lanes, rows, and what changed in them since they were shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from reviewqueue.domain import claims, practice
from reviewqueue.models import Agent, Priority, State
from reviewqueue.queries import cases, clock, events, search
from reviewqueue.queries import lanes as counted
from reviewqueue.rules import Permission, queue_names
from reviewqueue.web import filters, ranking, rows, saved, team, undoing, views
from reviewqueue.web.visit import address_of, person, signed_in

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from reviewqueue.domain.people import Reviewer
    from reviewqueue.models import Queue
    from reviewqueue.web.filters import Filter

# A page asks about so many changed cases at once; more come with the next question.
_MOST_AT_ONCE = 60
_LONGEST_SEQ = 19


@dataclass(frozen=True, slots=True)
class Lane:
    """A queue of this person with what is open in it, and the address that shows it alone."""

    figures: counted.Lane
    query: str
    chosen: bool

    @property
    def queue(self) -> Queue:
        """Whose lane this is."""
        return self.figures.queue

    @property
    def method(self) -> str:
        """How the forecast was made."""
        return ranking.forecast(self.figures)


@signed_in
@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    """``/``: the lanes and one page of rows."""
    who, now, chosen = person(request), clock.now(), filters.read(request.GET)
    seq = events.newest()
    page = chosen.page(who)
    context = {
        "filter": chosen,
        "newest_searched": search.NEWEST if page.crowded else None,
        "choices": filters.choices(chosen),
        "options": _options(chosen),
        "views": [(view, chosen.to(view=view.name).query) for view in views.of(who)],
        "saved_views": saved.of(who),
        "lanes": lanes(who, chosen, now),
        "rows": rows.rows(page.cases, who, now),
        "next_query": chosen.as_query(cursor=page.cursor) if page.cursor else "",
        "looked_through": page.unfinished,
        "changes_query": _changes_query(chosen, page),
        **undoing.context(who, now),
        "sees_cases": _sees_cases(who),
        "decides": who.may(Permission.DECIDE),
        "practice_offered": who.may(Permission.DECIDE) and practice.offered(who),
        "now": now,
        "seq": seq,
    }
    return render(request, "queue.html", context)


@signed_in
@require_GET
def changes(request: HttpRequest) -> HttpResponse:
    """The lanes, those rows among ``shown`` that changed, and which of the other changed cases belong here.

    What changed is named by the page (``changed``, and ``new`` from before), or looked up ``after`` an event.
    """
    who, now, chosen = person(request), clock.now(), filters.read(request.GET)
    seq, heard = _since(request.GET.get("after", ""), who)
    shown, asked = set(_ids(request, "shown")), {*_ids(request, "changed"), *_ids(request, "new"), *heard}
    found = list(cases.visible(who).filter(pk__in=shown & asked))
    fresh = chosen.among(who, asked - shown, until=request.GET.get("until", "")[:500])
    context = {
        "filter": chosen,
        "lanes": lanes(who, chosen, now),
        "rows": rows.rows(found, who, now),
        "gone": sorted((shown & asked) - {case.pk for case in found}),
        "new": sorted(fresh),
        "now": now,
        "seq": seq,
    }
    return render(request, "queue_changes.html", context)


@signed_in
@require_GET
def nav_lanes(request: HttpRequest) -> HttpResponse:
    """The lanes beside a case."""
    found = lanes(person(request), filters.read({}), clock.now())
    return render(request, "_parts/nav_lanes.html", {"nav_lanes": found})


@signed_in
@require_POST
def next_best(request: HttpRequest) -> HttpResponse:
    """Claim the best case for this person, within the lane they look at, and open it."""
    who, chosen = person(request), filters.read(request.POST)
    case = claims.claim_next(reviewer=who, at=clock.now(), queues=[chosen.lane] if chosen.lane else ())
    if case is not None:
        team.suggest_break(request, clock.now())
        return redirect("case", case_id=case.pk)
    messages.info(request, _("Nothing waits for you here right now."))
    return redirect(address_of(chosen))


def lanes(who: Reviewer, chosen: Filter, now: datetime) -> list[Lane]:
    """Every queue of this person in its fixed place, also an empty one: nothing moves under the hand."""
    return [_lane(figures, chosen) for figures in counted.of(who, at=now)]


def _lane(figures: counted.Lane, chosen: Filter) -> Lane:
    here = chosen.lane == figures.queue.pk
    return Lane(figures, chosen.to(lane="" if here else figures.queue.pk).query, chosen=here)


def _options(chosen: Filter) -> dict[str, list[tuple[str, str]]]:
    """What the filters offer; intents and languages are typed."""
    return {
        "state": [(state, str(State(state).label)) for state in chosen.view.states],
        "priority": [(priority.name.lower(), str(priority.label)) for priority in reversed(Priority)],
        "risk": [(risk, filters.risk_label(risk)) for risk in reversed(filters.RISKS)],
        "agent": [(name, name) for name in Agent.objects.values_list("name", flat=True)],
    }


def _changes_query(chosen: Filter, page: cases.Page) -> str:
    """What this page is, from its first to its last row: only what belongs between them is new to it."""
    until = [("until", page.cursor)] if page.cursor else []
    cursor = [("cursor", chosen.cursor)] if chosen.cursor else []
    return urlencode([*chosen.fields, *cursor, *until])


def _sees_cases(who: Reviewer) -> bool:
    return who.may(Permission.SEE_ALL_QUEUES) or who.may(Permission.SEE_OWN_QUEUES)


def _since(after: str, who: Reviewer) -> tuple[int | None, set[str]]:
    """Without a socket a page asks itself what happened after the last event that it knows."""
    if not (after.isdecimal() and len(after) < _LONGEST_SEQ):
        return None, set()
    heard = events.after(int(after), queues=queue_names(who), limit=_MOST_AT_ONCE)
    return (heard[-1].seq if heard else int(after)), {change.case for change in heard if change.case}


def _ids(request: HttpRequest, name: str) -> Sequence[str]:
    return [value for value in request.GET.get(name, "").split(",")[:_MOST_AT_ONCE] if value.isidentifier()]
