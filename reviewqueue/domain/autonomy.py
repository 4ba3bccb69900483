"""The autonomy ladder: where an agent stands acts at intake; people decide the way up, evidence the way down."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from audit import ledger
from audit.actions import SYSTEM
from reviewqueue import rules
from reviewqueue.domain.people import by
from reviewqueue.engine import ladder
from reviewqueue.models import Agent, Case, Cell, Climb, LadderRules, Rung
from reviewqueue.queries import autonomy
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from audit.actions import Actor
    from reviewqueue.domain.people import Reviewer

_PARTS: Final = ("version", "model", "prompt", "knowledge")
# Where somebody may put an agent without any evidence.
PLACES: Final = (Rung.OFF, Rung.SHADOW, Rung.REVIEW_ALL)
_ASK_AGAIN: Final = timedelta(days=7)


@transaction.atomic
def place(*, agent: Agent, intent: str, action: str, rung: str, person: Reviewer, at: datetime, note: str = "") -> Cell:
    """Put something that an agent does on the ladder, at “off”, “shadow” or “review all”; the rest is earned."""
    _require_hand(person, agent)
    if rung not in PLACES:
        raise Refusal("invalid-request", _("Begin at “off”, “shadow” or “review all”; what is above is earned."))
    first = {"rung": rung, "since_at": at, "counted_from": at}
    cell, new = Cell.objects.get_or_create(agent=agent, intent=intent, action=action, defaults=first)
    if not new:
        raise Refusal("not-pending", _("This stands on the ladder already."))
    _step(cell, rung, why=Climb.Why.PLACED, actor=by(person), at=at, note=note, agreed_by=person.pk)
    return cell


@transaction.atomic
def promote(cell: Cell, *, person: Reviewer, at: datetime, note: str = "") -> Climb:
    """The owner lets the agent go one rung up; where loosening takes two people, a second one has to agree.

    Refused: to anybody else (``forbidden``), and as long as the evidence is not enough (``not-pending``).
    """
    cell = _locked(cell)
    if cell.agent.owner_id != person.pk:
        raise Refusal("forbidden", _("The owner of the agent decides this."))
    evidence = _enough(cell)
    climb = _under_way(cell) or Climb(cell=cell, from_rung=cell.rung, to_rung=evidence.to, why="evidence", made_at=at)
    climb.evidence, climb.note, climb.agreed_by_id = evidence.as_json(), note, person.pk
    climb.state = Climb.State.AGREED
    climb.save()
    if needs_second(evidence.to):
        _record(cell, "rung.agreed", by(person), at, evidence.as_json())
        return climb
    return _climb(climb, actor=by(person), at=at)


@transaction.atomic
def second(climb: Climb, *, person: Reviewer, at: datetime) -> Climb:
    """A second person agrees: somebody else, who supervises or configures. The evidence must still be enough."""
    climb = Climb.objects.select_for_update().get(pk=climb.pk)
    cell = _locked(climb.cell)
    if climb.state != Climb.State.AGREED:
        raise Refusal("not-pending", _("This does not wait for a second person."))
    if person.pk == climb.agreed_by_id or not may_second(person):
        raise Refusal("forbidden", _("A second person agrees who supervises or configures, and not the owner."))
    _enough(cell)
    climb.second_by_id = person.pk
    return _climb(climb, actor=by(person), at=at)


@transaction.atomic
def decline(climb: Climb, *, person: Reviewer, at: datetime, note: str = "") -> Climb:
    """Not now; the desk does not propose it again for a week."""
    climb = Climb.objects.select_for_update().get(pk=climb.pk)
    _require_hand(person, climb.cell.agent)
    if climb.state not in {Climb.State.PROPOSED, Climb.State.AGREED}:
        raise Refusal("not-pending", _("This is settled already."))
    climb.state, climb.note, climb.settled_at = Climb.State.DECLINED, note, at
    climb.save()
    _record(climb.cell, "rung.declined", by(person), at, {"to": climb.to_rung, "note": note})
    return climb


@transaction.atomic
def step_down(cell: Cell, *, rung: str, person: Reviewer, at: datetime, note: str) -> Cell:
    """Somebody who may stop agents, or the owner, takes autonomy back at once; no evidence is needed."""
    cell = _locked(cell)
    if not person.may(rules.Permission.PAUSE):
        _require_hand(person, cell.agent)
    if rung not in Rung.values or ladder.RUNGS.index(rung) >= ladder.RUNGS.index(cell.rung):
        raise Refusal("invalid-request", _("That is not further down."))
    if not note.strip():
        raise Refusal("invalid-request", _("Say why: it stays with the step."))
    _step(cell, rung, why=Climb.Why.PERSON, actor=by(person), at=at, note=note, agreed_by=person.pk)
    return cell


@transaction.atomic
def count_anew(cell: Cell, *, person: Reviewer, at: datetime, note: str) -> Cell:
    """Leave the evidence so far behind, after a critical error was looked into."""
    cell = _locked(cell)
    _require_hand(person, cell.agent)
    if not note.strip():
        raise Refusal("invalid-request", _("Say what was done about it: it stays in the record."))
    cell.counted_from = at
    cell.save(update_fields=["counted_from"])
    _record(cell, "rung.counted_anew", by(person), at, {"note": note})
    return cell


def ring(*, at: datetime) -> int:
    """Step down where the evidence says so, propose where it is enough; says how many cells moved."""
    known, moved = autonomy.rules(), 0
    for evidence in autonomy.of_cells(list(Cell.objects.select_related("agent")), known):
        moved += _look(evidence, known, at=at)
    return moved


def look_at(*cases: Case, at: datetime) -> None:
    """Somebody has ruled about these cases, or it came to light how they ended: what that means for their cells."""
    cells = list(Cell.objects.filter(stands__case__in=cases, rung__in=ladder.UNSEEN).select_related("agent").distinct())
    if cells:
        known = autonomy.rules()
        for evidence in autonomy.of_cells(cells, known):
            _look(evidence, known, at=at)


def needs_second(rung: str) -> bool:
    """Does this step take two people? As with a policy that loosens scrutiny."""
    return rung in ladder.UNSEEN and settings.POLICY_SECOND_PERSON != "off"


def may_second(person: Reviewer) -> bool:
    """May this person be the second one?"""
    return person.may(rules.Permission.CONFIGURE) or person.may(rules.Permission.SUPERVISE)


def may_handle(person: Reviewer, agent: Agent) -> bool:
    """Who puts on the ladder, declines and counts anew: the owner, or whoever configures."""
    return agent.owner_id == person.pk or person.may(rules.Permission.CONFIGURE)


def made_anew(cell: Cell, made_by: dict[str, str], *, at: datetime) -> None:
    """Something new proposes in its place: above “review all” it steps down, and what was known counts no more."""
    cell = _locked(cell)
    if cell.made_by == made_by:
        return
    known_before = bool(cell.made_by)
    cell.made_by = made_by
    cell.save(update_fields=["made_by"])
    if cell.rung in ladder.UNSEEN:
        why = Climb.Why.VERSION if known_before else Climb.Why.PLACED
        _step(cell, Rung.REVIEW_ALL, why=why, actor=SYSTEM, at=at, note=_named(made_by))


def _look(evidence: autonomy.Evidence, known: LadderRules, *, at: datetime) -> bool:
    cell = evidence.cell
    if cell.rung in ladder.UNSEEN:
        why = Climb.Why.CRITICAL if evidence.critical else ""
        if not why and max(evidence.reading, evidence.running) >= known.patience:
            why = Climb.Why.DRIFT
        if why:
            return _fall(cell, why, evidence, at=at)
    if not evidence.missing:
        _propose(evidence, at=at)
    return False


@transaction.atomic
def _fall(cell: Cell, why: str, evidence: autonomy.Evidence, *, at: datetime) -> bool:
    held = _locked(cell)
    if held.rung != cell.rung or held.counted_from != cell.counted_from:
        return False
    _step(held, Rung.REVIEW_ALL, why=why, actor=SYSTEM, at=at, evidence=evidence.as_json())
    return True


@transaction.atomic
def _propose(evidence: autonomy.Evidence, *, at: datetime) -> None:
    cell = _locked(evidence.cell)
    lately = cell.climbs.filter(state=Climb.State.DECLINED, settled_at__gt=at - _ASK_AGAIN)
    if cell.rung != evidence.cell.rung or _under_way(cell) or lately.exists():
        return
    Climb.objects.create(
        cell=cell,
        from_rung=cell.rung,
        to_rung=evidence.to,
        why=Climb.Why.EVIDENCE,
        state=Climb.State.PROPOSED,
        evidence=evidence.as_json(),
        made_at=at,
    )
    _record(cell, "rung.proposed", SYSTEM, at, evidence.as_json())


def _enough(cell: Cell) -> autonomy.Evidence:
    (evidence,) = autonomy.of_cells([cell], autonomy.rules())
    if evidence.missing:
        raise Refusal("not-pending", " ".join(evidence.missing))
    return evidence


def _climb(climb: Climb, *, actor: Actor, at: datetime) -> Climb:
    cell = climb.cell
    if cell.rung != climb.from_rung:
        raise Refusal("not-pending", _("It has moved on the ladder since."))
    climb.state, climb.settled_at = Climb.State.DONE, at
    climb.save()
    _move(cell, climb.to_rung, at=at)
    _record(cell, "rung.promoted", actor, at, {"from": climb.from_rung, "to": climb.to_rung, **climb.evidence})
    return climb


def _step(
    cell: Cell,
    rung: str,
    *,
    why: str,
    actor: Actor,
    at: datetime,
    note: str = "",
    agreed_by: int | None = None,
    evidence: Mapping[str, Any] | None = None,
) -> None:
    """A step that needs nobody's agreement: put on the ladder, or down."""
    cell.climbs.filter(state__in=[Climb.State.PROPOSED, Climb.State.AGREED]).update(
        state=Climb.State.DECLINED, settled_at=at
    )
    placed = why == Climb.Why.PLACED
    told = {"from": "" if placed else cell.rung, "to": rung, "cause": why, "note": note, **(evidence or {})}
    Climb.objects.create(
        cell=cell,
        from_rung=told["from"],
        to_rung=rung,
        why=why,
        state=Climb.State.DONE,
        evidence=dict(evidence or {}),
        note=note,
        agreed_by_id=agreed_by,
        made_at=at,
        settled_at=at,
    )
    _move(cell, rung, at=at)
    _record(cell, "rung.placed" if placed else "rung.demoted", actor, at, told)


def _move(cell: Cell, rung: str, *, at: datetime) -> None:
    cell.rung, cell.since_at, cell.counted_from = rung, at, at
    cell.save(update_fields=["rung", "since_at", "counted_from"])


def _under_way(cell: Cell) -> Climb | None:
    return cell.climbs.filter(state__in=[Climb.State.PROPOSED, Climb.State.AGREED]).first()


def _locked(cell: Cell) -> Cell:
    return Cell.objects.select_for_update(of=("self",)).select_related("agent").get(pk=cell.pk)


def _require_hand(person: Reviewer, agent: Agent) -> None:
    if not may_handle(person, agent):
        raise Refusal("forbidden", _("The owner of the agent does this, or whoever configures the desk."))


def _named(made_by: Mapping[str, str]) -> str:
    return ", ".join(f"{part} {value}" for part, value in made_by.items() if value)


def _record(cell: Cell, kind: str, actor: Actor, at: datetime, body: Mapping[str, Any]) -> None:
    whole = {"agent": cell.agent.name, "intent": cell.intent, "action": cell.action, **body}
    ledger.append(subject=cell.subject, kind=kind, actor=actor, at=at, body=whole)
