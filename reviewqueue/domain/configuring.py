"""Changes to queues, agents, calendars, service levels and rosters: saved and recorded together."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from django.db import transaction

from audit import ledger
from reviewqueue.models import (
    Absence,
    Agent,
    AlarmRule,
    Calendar,
    Certificate,
    CoachingRules,
    LadderRules,
    Mark,
    Queue,
    SamplingRules,
    ServiceLevel,
    Shift,
    WorkRules,
)
from reviewqueue.models.hours import WEEK
from reviewqueue.models.queue import new_stamp
from reviewqueue.queries import keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from audit.actions import Actor

_QUEUE = (
    "title",
    "position",
    "urgent_seconds",
    "high_seconds",
    "normal_seconds",
    "low_seconds",
    "owner_id",
    "calendar_id",
    "skills",
    "languages",
    "certificates",
    "overflow_to_id",
    "overflow_after",
    "overflow_above",
    "overflow_when_closed",
)
Plan: TypeAlias = (
    Calendar
    | ServiceLevel
    | Shift
    | Absence
    | Certificate
    | WorkRules
    | CoachingRules
    | AlarmRule
    | LadderRules
    | SamplingRules
)


class _Named(NamedTuple):
    what: str
    columns: tuple[str, ...]


_PLANS: Final[dict[type, _Named]] = {
    Calendar: _Named("calendar", ("name", "zone", *WEEK, "country", "region", "days")),
    ServiceLevel: _Named(
        "service",
        (
            "name",
            "position",
            "active",
            "queue_id",
            "priority",
            "tiers",
            "calendar_id",
            "claim_within",
            "decide_within",
            "answer_within",
            "pause_for_customer",
            "pause_for_agent",
            "pause_for_colleague",
            "on_expiry",
            "hand_over_to_id",
        ),
    ),
    Shift: _Named("roster", ("calendar_id", "queue_id", "from_on", "until_on")),
    Absence: _Named("roster", ("from_on", "until_on")),
    AlarmRule: _Named("alarm_rule", ("measure", "method", "limit", "of", "window", "least", "active")),
    Certificate: _Named("certificate", ("name", "until_on")),
    LadderRules: _Named(
        "ladder_rules",
        (
            "to_review_all",
            "to_review_sampled",
            "to_automatic",
            "share",
            "alarming",
            "patience",
            "anew_version",
            "anew_model",
            "anew_prompt",
            "anew_knowledge",
        ),
    ),
    CoachingRules: _Named(
        "coaching_rules",
        (
            "canaries",
            "share",
            "per_week",
            "queue_at_most",
            "quick_below",
            "quick_in_a_row",
            "help_view",
            "help_second",
            "help_minutes",
            "help_evidence",
            "second_share",
            "certified_risks",
            "pass_answers",
            "pass_percent",
            "valid_days",
            "lapse_misses",
        ),
    ),
    SamplingRules: _Named(
        "sampling_rules",
        (
            "size",
            "floor",
            "strata",
            "risk_weights",
            "released_weight",
            "value_bands",
            "live_share",
            "double_share",
            "draw_after_hours",
            "targeted_most",
            "low_csat",
        ),
    ),
    WorkRules: _Named(
        "working_rules",
        (
            "break_after",
            "break_decisions",
            "break_length",
            "longest",
            "hard_in_a_row",
            "idle_after",
            "roster_binds",
            "calls_per_hour",
        ),
    ),
}
_AGENT = ("team", "owner_id", "calls_per_second", "burst")


@transaction.atomic
def save_queue(queue: Queue, *, actor: Actor, at: datetime) -> None:
    """Store a new or changed queue; the record says what was before."""
    before = Queue.objects.filter(pk=queue.pk).values(*_QUEUE).first()
    queue.stamp = new_stamp()
    queue.save()
    _record(f"queue:{queue.pk}", "queue", before, {name: getattr(queue, name) for name in _QUEUE}, actor=actor, at=at)


@transaction.atomic
def save_agent(agent: Agent, *, actor: Actor, at: datetime) -> None:
    """Store a new or changed agent; the record says what was before."""
    before = Agent.objects.filter(pk=agent.pk).values(*_AGENT).first() if agent.pk else None
    agent.save()
    keys.forget()
    _record(f"agent:{agent.name}", "agent", before, {name: getattr(agent, name) for name in _AGENT}, actor=actor, at=at)


def record(subject: str, kind: str, *, actor: Actor, at: datetime, body: Mapping[str, Any]) -> None:
    """A ledger row about something that an administrator set up elsewhere; must run inside a transaction."""
    ledger.append(subject=subject, kind=kind, actor=actor, at=at, body=body)


@transaction.atomic
def save_plan(row: Plan, *, actor: Actor, at: datetime) -> None:
    """Store a new or changed calendar, service level, shift, absence, certificate or the working rules, recorded."""
    named = _PLANS[type(row)]
    before = type(row)._default_manager.filter(pk=row.pk).values(*named.columns).first() if row.pk else None  # noqa: SLF001 - Django's documented name
    row.save()
    after = {name: getattr(row, name) for name in named.columns}
    _record(_subject(row), named.what, before, after, actor=actor, at=at)
    _look_anew()


@transaction.atomic
def remove_plan(row: Shift | Absence | Certificate, *, actor: Actor, at: datetime) -> None:
    """Take something out of the roster, or a certificate away."""
    named = _PLANS[type(row)]
    body = {name: _plain(getattr(row, name)) for name in named.columns}
    ledger.append(subject=_subject(row), kind=f"{named.what}.removed", actor=actor, at=at, body=body)
    row.delete()


@transaction.atomic
def save_marks(
    service: ServiceLevel, *, kept: Iterable[Mark], gone: Iterable[Mark], actor: Actor, at: datetime
) -> None:
    """Change the levels of a service level; cases that run keep those that they were promised."""
    before = _marks(service)
    for mark in gone:
        mark.delete()
    for mark in kept:
        mark.save()
    if (after := _marks(service)) != before:
        body = {"levels": {"before": before, "after": after}}
        ledger.append(subject=_subject(service), kind="service.changed", actor=actor, at=at, body=body)
        _look_anew()


def _marks(service: ServiceLevel) -> list[dict[str, Any]]:
    columns = service.marks.values("of", "share", "tell_role", "offer_to_id", "move_to_id", "raise_to")
    return [dict(mark) for mark in columns]


def _subject(row: Plan) -> str:
    person = getattr(row, "user_id", None)
    return f"user:u_{person}" if person else f"{_PLANS[type(row)].what}:{row.pk}"


def _look_anew() -> None:
    """Every process looks up calendars and service levels again before it counts with them."""
    Queue.objects.update(stamp=new_stamp())


def _plain(value: Any) -> Any:
    """As the ledger takes it."""
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Decimal):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value


def _record(
    subject: str, what: str, before: dict[str, Any] | None, after: dict[str, Any], *, actor: Actor, at: datetime
) -> None:
    after = {name: _plain(value) for name, value in after.items()}
    if before is None:
        ledger.append(subject=subject, kind=f"{what}.created", actor=actor, at=at, body=after)
        return
    old = {name: _plain(value) for name, value in before.items()}
    changed = {name: {"before": old[name], "after": after[name]} for name in after if old[name] != after[name]}
    if changed:
        ledger.append(subject=subject, kind=f"{what}.changed", actor=actor, at=at, body=changed)
