"""How things stand for a customer: what may be said to them, and nothing of what is said inside."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from reviewqueue.models import Case, Decision, Request
from reviewqueue.queries import holding, outlook

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from reviewqueue.queries.holding import Fallback
    from reviewqueue.queries.waits import Wait

WAITING: Final = "waiting"
QUESTION: Final = "question"
TALKING: Final = "talking"
DECIDED: Final = "decided"
EXPIRED: Final = "expired"
DONE: Final = "done"
GONE: Final = "gone"
LONG: Final = timedelta(minutes=10)
_TALK: Final = frozenset({"reply", "question"})


@dataclass(frozen=True, slots=True)
class Ruled:
    """What was decided about one thing: ``how`` is agreed, changed, declined or answered; ``text`` is for them."""

    how: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What they asked for by their link, and what came of it: its phase, and the words that were written for them."""

    kind: str
    phase: str
    wanted_at: datetime | None
    answers: tuple[Ruled, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything that the page and its JSON say. ``expected_at`` is when four of five would have their answer."""

    phase: str
    since: datetime
    estimate: Wait | None
    message: str
    expected_at: datetime | None
    late: bool
    # So late that the page offers a call instead of more waiting.
    late_long: bool
    automatic: bool
    ai: bool
    ruled: tuple[Ruled, ...] = ()
    asked: tuple[Asked, ...] = ()
    # What they got who had waited as long as they may.
    fallback: Fallback | None = None

    @property
    def settled(self) -> bool:
        """Will nothing change any more by itself?"""
        return self.phase in {DECIDED, EXPIRED, DONE, GONE} and not any(
            each.phase in {WAITING, QUESTION, TALKING} for each in self.asked
        )


def of(case: Case, *, at: datetime, language: str = "") -> Standing:
    """What the customer of this case may know now."""
    phase = phase_of(case)
    effective = _effective(case) if phase == DECIDED else []
    estimate = outlook.wait(case) if phase in {WAITING, QUESTION} else None
    expected_at = case.created_at + timedelta(seconds=estimate.p80_seconds) if estimate else None
    late = bool(estimate) and outlook.late(case, at=at)
    return Standing(
        phase=phase,
        since=case.created_at,
        estimate=estimate,
        message=holding.told(case, at=at, language=language) if phase == WAITING else "",
        expected_at=expected_at,
        late=late,
        late_long=bool(late and expected_at and at > expected_at + LONG),
        automatic=bool(effective) and all(each.decided_by_id is None for each in effective),
        ai=not case.asked_by_customer,
        ruled=_ruled(case, effective),
        asked=tuple(_asked(each) for each in case.requests.select_related("made__conversation")),
        fallback=holding.fallen_back(case, at=at, language=language or case.language),
    )


def preview(
    estimate: Wait, *, since: datetime, at: datetime, language: str, contract: Mapping[str, Any] | None = None
) -> Standing:
    """What a customer would see at ``at`` who was told this estimate at ``since`` and has no answer yet.

    ``contract``: what the policy says of their wait.
    """
    expected_at = since + timedelta(seconds=estimate.p80_seconds)
    late = at > expected_at
    over = contract and at >= since + timedelta(seconds=contract["seconds"])
    fallback = holding.fallback(contract, language, then=contract["then"]) if contract and over else None
    then = str((contract or {}).get("then", ""))
    message = holding.sentence(estimate, language, late=late, contract=contract, then=then)
    return Standing(
        phase=EXPIRED if fallback and fallback.then == "decline" else WAITING,
        since=since,
        estimate=estimate,
        message=fallback.text if fallback else message,
        expected_at=expected_at,
        late=late,
        late_long=at > expected_at + LONG,
        automatic=False,
        ai=True,
        fallback=fallback,
    )


def phase_of(case: Case) -> str:
    """Where the case stands in their words."""
    if not case.outcome:
        return QUESTION if case.waiting_on == "customer" else WAITING
    if case.outcome == "taken_over":
        return TALKING if case.conversation.held_by_id == case.pk else DONE
    return {"decided": DECIDED, "expired": EXPIRED}.get(case.outcome, GONE)


def _effective(case: Case) -> list[Decision]:
    ruled = case.decisions.filter(took_effect_at__isnull=False, undone_at=None)
    return list(ruled.order_by("decided_at", "id"))


def _ruled(case: Case, effective: list[Decision]) -> tuple[Ruled, ...]:
    by_call = {ruled.call_id: ruled for ruled in effective}
    told = [_told(case, by_call[action["call_id"]], action) for action in case.actions if action["call_id"] in by_call]
    return tuple(dict.fromkeys(told))


def _told(case: Case, ruled: Decision, action: dict[str, Any]) -> Ruled:
    """The words of a reply were written for them; an answer to the agent was not, except where no agent asked."""
    if ruled.executes and action.get("kind") in _TALK:
        return Ruled("answered", _reply(ruled))
    if ruled.type == "respond":
        return Ruled("answered", ruled.response if case.asked_by_customer else "")
    return Ruled({"approve": "agreed", "edit": "changed"}.get(ruled.type, "declined"))


def _reply(ruled: Decision) -> str:
    text = json.loads(ruled.final_action)["args"].get("text")
    return text if isinstance(text, str) else ""


def _asked(request: Request) -> Asked:
    made = request.made
    phase = phase_of(made)
    answers = _ruled(made, _effective(made)) if phase == DECIDED else ()
    return Asked(request.kind, phase, request.wanted_at, answers)
