"""All that is due, done once; any number of alarm clocks may ring this, late or twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import OperationalError

from reviewqueue.domain import claims, decisions, endings, escalation, grants, pauses, snoozes, watching
from reviewqueue.models import Case, State

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


ALARMS: Final[dict[str, Callable[..., int]]] = {
    "effects": decisions.take_effect_due,
    "pauses": pauses.sweep_due,
    "releases": watching.release_due,
    "leases": claims.release_lapsed,
    "expiries": endings.expire_due,
    "levels": escalation.fire_due,
    "snoozes": snoozes.wake_due,
    "silent grants": grants.mark_silent,
}


def run(*, at: datetime) -> dict[str, int]:
    """Do everything whose time has come; returns how many cases or grants each kind found.

    A kind that fails holds no other up; what was wrong is raised when all have had their turn.
    """
    done, failure = dict.fromkeys(ALARMS, 0), None
    for kind, alarm in ALARMS.items():
        try:
            done[kind] = alarm(at=at)
        except OperationalError:
            raise  # the database is away: nothing else would succeed now
        except Exception as error:  # noqa: BLE001 - raised below
            failure = error
    if failure:
        raise failure
    return done


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
