"""The autonomy ladder: where each agent stands with each thing it does, on what evidence, and what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_GET, require_POST

from reviewqueue import rules
from reviewqueue.domain import autonomy
from reviewqueue.engine import ladder
from reviewqueue.models import Agent, Cell, Climb, Rung
from reviewqueue.queries import autonomy as known
from reviewqueue.queries import clock, surroundings
from reviewqueue.refusal import Refusal
from reviewqueue.web.amounts import written
from reviewqueue.web.visit import person, posted, signed_in, status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reviewqueue.domain.people import Reviewer

_MAY_LOOK = (
    rules.Permission.CONFIGURE,
    rules.Permission.SUPERVISE,
    rules.Permission.COACH,
    rules.Permission.SEE_TIMELINE,
)
_STEPS_SHOWN = 12
_WIDTH = 100

_PARTS: Final = {
    "version": pgettext_lazy("of an agent", "version"),
    "model": pgettext_lazy("of an agent", "model"),
    "prompt": pgettext_lazy("of an agent", "prompt"),
    "knowledge": pgettext_lazy("of an agent", "knowledge"),
}


@signed_in
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """``/ladder/``."""
    return _show(request)


@signed_in
@require_POST
def act(request: HttpRequest, verb: str) -> HttpResponse:
    """``/ladder/<verb>``: place, promote, second, decline, down or anew."""
    if verb not in _VERBS:
        raise Http404
    try:
        _VERBS[verb](request)
    except Refusal as refusal:
        return _show(request, refusal)
    messages.success(request, _("Done."))
    return redirect("ladder")


def may_look(who: Any) -> bool:
    """Who sees the page: whoever configures, supervises, coaches or audits, and the owners of agents."""
    return any(who.may(right) for right in _MAY_LOOK)


def _show(request: HttpRequest, refusal: Refusal | None = None) -> HttpResponse:
    who = person(request)
    if not may_look(who) and not Agent.objects.filter(owner_id=who.pk).exists():
        raise Refusal("forbidden", _("The ladder is for those who configure, supervise, coach, audit or own an agent."))
    current = known.rules()
    cells = list(Cell.objects.select_related("agent__owner").prefetch_related("climbs__agreed_by", "climbs__second_by"))
    context = {
        "rules": current,
        "rungs": [(rung.value, rung.label) for rung in Rung],
        "rows": [_row(evidence, who) for evidence in known.of_cells(cells, current)],
        "free": _free(who, cells),
        "starts": [(rung.value, rung.label) for rung in autonomy.PLACES],
        "refusal": refusal,
    }
    return render(request, "ladder.html", context, status=status(refusal) if refusal else 200)


def _row(evidence: known.Evidence, who: Reviewer) -> dict[str, Any]:
    cell = evidence.cell
    climbs = list(cell.climbs.all())
    under_way = next((one for one in climbs if one.state in {Climb.State.PROPOSED, Climb.State.AGREED}), None)
    place = ladder.RUNGS.index(cell.rung)
    return {
        "cell": cell,
        "evidence": evidence,
        "to": Rung(evidence.to).label if evidence.to else "",
        "bound": written(100 * evidence.bound, 1),
        "limit": formats.number_format(f"{100 * evidence.limit:g}"),
        "bar": _bar(evidence),
        "steps": [(rung.label, n < place, n == place) for n, rung in enumerate(Rung)],
        "under_way": under_way,
        "owner": cell.agent.owner_id == who.pk,
        "may_second": under_way is not None
        and under_way.state == Climb.State.AGREED
        and autonomy.may_second(who)
        and under_way.agreed_by_id != who.pk,
        "two": bool(evidence.to) and autonomy.needs_second(evidence.to),
        "may_handle": autonomy.may_handle(who, cell.agent),
        "lower": [(rung.value, rung.label) for rung in Rung if ladder.RUNGS.index(rung) < place]
        if who.may(rules.Permission.PAUSE) or autonomy.may_handle(who, cell.agent)
        else [],
        "made_by": ", ".join(f"{_PARTS.get(part, part)} {value}" for part, value in cell.made_by.items() if value),
        "history": climbs[:_STEPS_SHOWN],
        "alarm": f"{min(100 * max(evidence.reading, evidence.running) / evidence.patience, 100):.0f}",
    }


def _bar(evidence: known.Evidence) -> dict[str, str] | None:
    """The bound against its limit: the limit stands at half of the width."""
    if not evidence.limit:
        return None
    bound = min(evidence.bound / evidence.limit / 2, 1) * _WIDTH
    rate = min((evidence.errors / evidence.n if evidence.n else 0) / evidence.limit / 2, 1) * _WIDTH
    return {"bound": f"{bound:.1f}", "rate": f"{rate:.1f}"}


def _free(who: Reviewer, cells: Iterable[Cell]) -> list[dict[str, Any]]:
    """What came in lately and is not on the ladder, for whoever may put it there."""
    agents = {agent.name: agent for agent in Agent.objects.all() if autonomy.may_handle(who, agent)}
    taken = {(cell.agent.name, cell.intent, cell.action) for cell in cells}
    found: dict[tuple[str, str, str], int] = {}
    for seen in surroundings.lately(at=clock.now()) if agents else ():
        key = (seen.agent, seen.intent, seen.action)
        if seen.agent in agents and key not in taken:
            found[key] = found.get(key, 0) + seen.times
    most_first = sorted(found.items(), key=lambda one: -one[1])[:12]
    return [{"agent": agent, "intent": intent, "action": action, "n": n} for (agent, intent, action), n in most_first]


def _place(request: HttpRequest) -> None:
    said = posted(request)
    agent = Agent.objects.filter(name=said.get("agent", "")).first()
    if agent is None:
        raise Http404
    autonomy.place(
        agent=agent,
        intent=said.get("intent", "")[:100],
        action=said.get("action", "")[:200],
        rung=said.get("rung", ""),
        person=person(request),
        at=clock.now(),
    )


def _promote(request: HttpRequest) -> None:
    autonomy.promote(_cell(request), person=person(request), at=clock.now())


def _second(request: HttpRequest) -> None:
    autonomy.second(_climb(request), person=person(request), at=clock.now())


def _decline(request: HttpRequest) -> None:
    autonomy.decline(_climb(request), person=person(request), at=clock.now(), note=posted(request).get("note", ""))


def _down(request: HttpRequest) -> None:
    said = posted(request)
    autonomy.step_down(
        _cell(request), rung=said.get("rung", ""), person=person(request), at=clock.now(), note=said.get("note", "")
    )


def _anew(request: HttpRequest) -> None:
    autonomy.count_anew(_cell(request), person=person(request), at=clock.now(), note=posted(request).get("note", ""))


def _cell(request: HttpRequest) -> Cell:
    found = Cell.objects.filter(pk=posted(request).get("cell", "")).select_related("agent").first()
    if found is None:
        raise Http404
    return found


def _climb(request: HttpRequest) -> Climb:
    named = posted(request).get("climb", "")
    found = Climb.objects.filter(pk=int(named)).select_related("cell").first() if named.isdecimal() else None
    if found is None:
        raise Http404
    return found


_VERBS = {
    "place": _place,
    "promote": _promote,
    "second": _second,
    "decline": _decline,
    "down": _down,
    "anew": _anew,
}
