"""Alarms: looked for in their time by whoever rings, raised once, acknowledged by name, ended when it is quiet."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.db import OperationalError, transaction
from django.utils.translation import gettext as _

from audit import ledger
from audit.actions import SYSTEM
from reviewqueue import rules, wake
from reviewqueue.domain import policies
from reviewqueue.domain.people import by
from reviewqueue.engine import charts
from reviewqueue.engine.charts import NOTHING, Count
from reviewqueue.models import AT_ONCE, MEANS, Agent, Alarm, AlarmRule, Event, Measure, Tally
from reviewqueue.queries import alarms as seen
from reviewqueue.queries import tallies
from reviewqueue.queries.alarms import Reading
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from datetime import datetime

    from audit.actions import Actor
    from reviewqueue.domain.people import Reviewer

_log = logging.getLogger(__name__)
# How soon somebody looks again: at what is true at a moment, and at what is counted over a window.
_SOON: Final = timedelta(seconds=10)
_LATER: Final = timedelta(minutes=1)
# An alarm ends when nothing was seen for so long, so that it does not come and go.
QUIET: Final = timedelta(minutes=10)
_SEEN_EVERY: Final = timedelta(seconds=30)
# An hour is counted when what came of it is mostly known, and not more than so many of them at once.
_SETTLED: Final = timedelta(minutes=10)
_HOUR: Final = timedelta(hours=1)
_HOURS_AT_ONCE: Final = 24
_WHOLE: Final = 100
LONGEST_NOTE: Final = 2_000


class _Beyond(NamedTuple):
    """A reading that is beyond its limit, with what is to be remembered of it."""

    reading: Reading
    data: dict[str, Any]


def check_due(*, at: datetime) -> int:
    """Look at every rule whose time has come; returns how many alarms began or ended. Any number may ring at once."""
    changed = 0
    known: dict[timedelta, dict[tuple[str, str], Count]] = {}
    for rule in AlarmRule.objects.filter(active=True, next_at__lte=at).order_by("pk"):
        try:
            changed += _check(rule, at, known)
        except OperationalError:
            raise
        except Exception:  # noqa: BLE001 - one rule that cannot be looked at holds no other up
            _log.exception("The alarm rule %s could not be looked at", rule.pk)
            AlarmRule.objects.filter(pk=rule.pk, next_at__lte=at).update(next_at=at + _LATER)
    return changed


@transaction.atomic
def acknowledge(alarm: Alarm, *, person: Reviewer, note: str, at: datetime) -> Alarm:
    """Somebody has seen it and says what they do about it; the first one stays (``not-pending`` for the second).

    Refused without the right (``forbidden``) or a note (``invalid-request``).
    """
    if not person.may(rules.Permission.SUPERVISE):
        rules.require_right(person, rules.Permission.PAUSE, _("Your role does not watch the agents."))
    alarm = Alarm.objects.select_for_update().get(pk=alarm.pk)
    note = _fit(note)
    if alarm.acknowledged_at:
        raise Refusal("not-pending", _("Somebody has acknowledged this alarm already."))
    alarm.acknowledged_by_id, alarm.acknowledged_at, alarm.note = person.pk, at, note
    alarm.save(update_fields=["acknowledged_by", "acknowledged_at", "note"])
    _record(alarm, "acknowledged", actor=by(person), at=at, body={"note": note})
    return alarm


def tally_hours(*, at: datetime) -> int:
    """Count each hour of the last days that is over and not counted yet; returns how many."""
    last = (at - _SETTLED).replace(minute=0, second=0, microsecond=0)
    wanted = [last - n * _HOUR for n in range(1, seen.DAYS * 24 + 1)]
    done = set(Tally.objects.filter(measure="", hour__gte=wanted[-1]).values_list("hour", flat=True))
    missing = [hour for hour in wanted if hour not in done][:_HOURS_AT_ONCE]
    for hour in missing:
        _tally(hour)
    return len(missing)


def forget_old(*, at: datetime) -> int:
    """What an hour was like is of use for the days that are looked back on."""
    return Tally.objects.filter(hour__lt=at - timedelta(days=seen.DAYS + 1)).delete()[0]


@transaction.atomic
def _tally(hour: datetime) -> None:
    rows = [
        Tally(measure=measure, of=of[:200], hour=hour, count=count.count, total=count.total, squares=count.squares)
        for (measure, of), count in tallies.most(tallies.counted(hour, hour + _HOUR)).items()
    ]
    # The row without a measure says that the hour is counted, also when nothing happened in it.
    rows.append(Tally(measure="", of="", hour=hour, count=0, total=0.0))
    Tally.objects.bulk_create(rows, ignore_conflicts=True)


@transaction.atomic
def _check(rule: AlarmRule, at: datetime, known: dict[timedelta, dict[tuple[str, str], Count]]) -> int:
    """Whoever moves ``next_at`` looks; for everybody else there is nothing to do."""
    pace = _SOON if rule.measure in AT_ONCE else _LATER
    if not AlarmRule.objects.filter(pk=rule.pk, next_at=rule.next_at).update(next_at=at + pace):
        return 0
    beyond = {found.reading.of: found for found in _beyond(rule, at, known)}
    running = {alarm.of: alarm for alarm in Alarm.objects.filter(rule=rule, ended_at=None)}
    for of, alarm in running.items():
        if of in beyond and alarm.seen_at < at - _SEEN_EVERY:
            Alarm.objects.filter(pk=alarm.pk).update(seen_at=at)
    quiet = [alarm for of, alarm in running.items() if of not in beyond and alarm.seen_at <= at - QUIET]
    for alarm in quiet:
        _end(alarm, at)
    new = [found for of, found in beyond.items() if of not in running]
    for found in new:
        _raise(rule, found, at)
    return len(quiet) + len(new)


def _beyond(rule: AlarmRule, at: datetime, known: dict[timedelta, dict[tuple[str, str], Count]]) -> list[_Beyond]:
    if rule.measure in AT_ONCE:
        beyond = (each for each in _at_once(rule, at) if _is_beyond(rule, each.value))
        return [_Beyond(each, _data(rule, each.value) | each.data) for each in beyond]
    if rule.window not in known:
        known[rule.window] = tallies.counted(at - rule.window, at)
    now = {of: count for (measure, of), count in known[rule.window].items() if measure == rule.measure}
    enough = {of: count for of, count in now.items() if count.count >= max(rule.least, 1) and rule.watches(of)}
    return _charted(rule, enough, at) if rule.charted and enough else _limited(rule, enough, at)


def _at_once(rule: AlarmRule, at: datetime) -> list[Reading]:
    if rule.measure == Measure.QUEUE_AGE:
        found = seen.oldest(at=at)
    else:
        _number, policy = policies.current(at=at)
        found = [*seen.used(policy.budgets, at=at), *seen.braked(at=at)] if policy.budgets else []
    return [each for each in found if not rule.of or each.of == rule.of or each.of.startswith(f"{rule.of} ")]


def _limited(rule: AlarmRule, counts: dict[str, Count], at: datetime) -> list[_Beyond]:
    values = {of: _value(rule, count) for of, count in counts.items()}
    by_design = seen.never_below(rule, [of for of, value in values.items() if _is_beyond(rule, value)], at=at)
    return [
        _Beyond(Reading(of, value), _data(rule, value, counts[of]))
        for of, value in values.items()
        if _is_beyond(rule, value) and of not in by_design
    ]


def _charted(rule: AlarmRule, counts: dict[str, Count], at: datetime) -> list[_Beyond]:
    usual = seen.usual(rule.measure, [of[:200] for of in counts], until=at - rule.window)
    far = charts.of_mean if rule.measure in MEANS else charts.of_share
    found = []
    for of, count in counts.items():
        before = usual.get(of[:200], NOTHING)
        deviations = far(count, before)
        if deviations is not None and _is_far(rule, deviations):
            value = _value(rule, count)
            data = _data(rule, value, count) | {"usual": _value(rule, before), "usual_count": before.count}
            found.append(_Beyond(Reading(of, value), data | {"deviations": round(deviations, 2)}))
    return found


def _is_beyond(rule: AlarmRule, value: float) -> bool:
    return value < rule.limit if rule.method == AlarmRule.Method.BELOW else value > rule.limit


def _is_far(rule: AlarmRule, deviations: float) -> bool:
    rises = rule.method != AlarmRule.Method.FALL and deviations > rule.limit
    falls = rule.method != AlarmRule.Method.RISE and deviations < -rule.limit
    return rises or falls


def _value(rule: AlarmRule, count: Count) -> float:
    return count.mean if rule.measure in MEANS else _WHOLE * count.mean


def _data(rule: AlarmRule, value: float, count: Count | None = None) -> dict[str, Any]:
    data: dict[str, Any] = {"value": round(value, 4), "limit": rule.limit}
    return data if count is None else data | {"count": count.count, "total": round(count.total, 4)}


def _raise(rule: AlarmRule, found: _Beyond, at: datetime) -> None:
    of = found.reading.of
    alarm = Alarm(rule=rule, of=of[:200], data=found.data | {"cases": _behind(rule, of, at)}, raised_at=at, seen_at=at)
    alarm.save(force_insert=True)
    body = {"measure": rule.measure, "of": alarm.of, "rule": rule.pk, **found.data}
    _record(alarm, "raised", actor=SYSTEM, at=at, body=body)


def _behind(rule: AlarmRule, of: str, at: datetime) -> list[str]:
    if rule.measure == Measure.QUEUE_AGE:
        return seen.oldest_cases(of, at=at)
    if rule.measure == Measure.BUDGET:
        _number, policy = policies.current(at=at)
        return seen.behind_budget(policy, of, at=at)
    return tallies.behind(rule.measure, of, at - rule.window, at)


def _end(alarm: Alarm, at: datetime) -> None:
    Alarm.objects.filter(pk=alarm.pk).update(ended_at=at)
    _record(alarm, "ended", actor=SYSTEM, at=at, body={"of": alarm.of})


def _record(alarm: Alarm, what: str, *, actor: Actor, at: datetime, body: dict[str, Any]) -> None:
    ledger.append(subject=alarm.subject, kind=f"alarm.{what}", actor=actor, at=at, body=body)
    # An event belongs to an agent; agents hear nothing of alarms, so it does not matter to which.
    if agent := Agent.objects.order_by("pk").first():
        Event.objects.create(kind=f"alarm.{what}", agent=agent, data={"alarm": alarm.pk}, at=at)
    wake.after_commit()


def _fit(note: str) -> str:
    note = note.strip()
    if not note or len(note) > LONGEST_NOTE:
        says = _("Say what you do about it.") if not note else _("A note has at most %s characters.") % LONGEST_NOTE
        raise Refusal("invalid-request", says, errors=({"pointer": "/note", "detail": says},))
    return note
