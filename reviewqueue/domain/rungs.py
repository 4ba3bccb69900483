"""Where the actions of a proposal stand on the autonomy ladder: asked at intake, kept with the case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from reviewqueue.domain import autonomy as steps
from reviewqueue.domain import drawing
from reviewqueue.engine import ladder
from reviewqueue.models import Agent, Case, Cell, LadderRules, Rung, Stand
from reviewqueue.queries import autonomy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from reviewqueue.engine.ladder import Floor

_PARTS: Final = ("version", "model", "prompt", "knowledge")


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one action of a proposal stands; ``new``: it was made by something of which nothing is known yet."""

    cell: Cell
    call_id: str
    rung: str
    drawn: bool
    made_by: dict[str, str]
    new: bool

    @property
    def floor(self) -> Floor | None:
        return ladder.floor(self.rung, call_id=self.call_id, action=self.cell.action, drawn=self.drawn)


def standings(agent: Agent, document: Mapping[str, Any]) -> tuple[Standing, ...]:
    """Where the actions of a proposal stand; those that are not on the ladder are left to the policy."""
    names = {action["name"] for action in document["actions"]}
    cells = {cell.action: cell for cell in _cells(agent, document.get("intent") or "", names)}
    if not cells:
        return ()
    known = autonomy.rules()
    made_by = _made_by(document.get("agent") or {}, known)
    return tuple(
        _standing(cells[action["name"]], action["call_id"], made_by, document["dedupe_key"], known)
        for action in document["actions"]
        if action["name"] in cells
    )


def floors(found: Iterable[Standing]) -> list[Floor]:
    """What the ladder asks for at least."""
    return [floor for standing in found if (floor := standing.floor)]


def remember(case: Case, found: Iterable[Standing], *, at: datetime) -> None:
    """Keep with a new case where its actions stood; something new above “review all” steps down at once."""
    found = list(found)
    Stand.objects.bulk_create(
        Stand(case=case, cell=one.cell, call_id=one.call_id, rung=one.rung, drawn=one.drawn, made_by=one.made_by, at=at)
        for one in found
    )
    for cell, made_by in {one.cell.pk: (one.cell, one.made_by) for one in found if one.new}.values():
        steps.made_anew(cell, made_by, at=at)


def _cells(agent: Agent, intent: str, names: Iterable[str]) -> Iterable[Cell]:
    return Cell.objects.filter(agent=agent, intent=intent, action__in=list(names))


def _made_by(told: Mapping[str, Any], known: LadderRules) -> dict[str, str]:
    """What the evidence is about, as far as the rules ask for it."""
    return {part: str(told.get(part) or "") for part in _PARTS if getattr(known, f"anew_{part}")}


def _standing(cell: Cell, call_id: str, made_by: dict[str, str], key: str, known: LadderRules) -> Standing:
    new = cell.made_by != made_by
    rung = ladder.stricter(cell.rung, Rung.REVIEW_ALL) if new else cell.rung
    drawn = drawing.falls(f"{key}\n{call_id}", of="autonomy", share=known.share)
    return Standing(cell, call_id, rung, drawn, made_by, new)
