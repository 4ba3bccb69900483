"""All that is due, done once; any number of alarm clocks may ring this, late or twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewqueue.domain import claims, decisions, endings, grants, snoozes, watching
from reviewqueue.models import Case, State

if TYPE_CHECKING:
    from datetime import datetime


def run(*, at: datetime) -> dict[str, int]:
    """Do everything whose time has come; returns how many cases or grants each kind found."""
    return {
        "effects": decisions.take_effect_due(at=at),
        "releases": watching.release_due(at=at),
        "leases": claims.release_lapsed(at=at),
        "expiries": endings.expire_due(at=at),
        "snoozes": snoozes.wake_due(at=at),
        "silent grants": grants.mark_silent(at=at),
    }


def settle(case: Case, *, at: datetime) -> Case:
    """Do what is due for one case before somebody reads it, so that no reader waits for an alarm clock."""
    if case.effective_at and case.effective_at <= at:
        return decisions.take_effect(case, at=at)
    if case.state == State.WATCHED and case.release_at and case.release_at <= at:
        return watching.release(case, at=at)
    if case.state in endings.WAITING and case.expires_at <= at:
        return endings.expire(case, at=at)
    return case


def next_at(case: Case) -> datetime | None:
    """When the next thing is due for this case by itself."""
    moments = [case.effective_at, case.release_at, case.expires_at if case.state in endings.WAITING else None]
    return min((moment for moment in moments if moment), default=None)
