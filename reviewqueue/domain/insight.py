"""Insight for whoever may look: the days are counted first, then read; and the period to hold everything against."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from audit import ledger
from reviewqueue import rules
from reviewqueue.domain import figures
from reviewqueue.domain.people import by as by_person
from reviewqueue.models import Baseline
from reviewqueue.queries.insight import changes, counted, drift, extras, judged, phases, report, telling
from reviewqueue.queries.insight.counted import Span
from reviewqueue.refusal import Refusal
from reviewqueue.rules import Permission

if TYPE_CHECKING:
    from reviewqueue.domain.people import Reviewer

USUAL: Final = timedelta(days=28)
# A page counts for so long what is not counted yet; the rest is left to the clock, and the page says so.
PATIENCE: Final = 2.0
_FEEDBACK: Final = timedelta(days=90)
_LONGEST_NOTE: Final = 500


@dataclass(frozen=True, slots=True)
class Insight:
    """All metrics of a period, whether every day of it is counted, and since when they stand."""

    span: Span
    by: str
    baseline: Span | None
    imported: bool
    metrics: list[report.Told]
    drift: list[drift.Drift]
    uncounted: int
    at: datetime
    own: bool = False
    phases: tuple[phases.Phase, ...] = ()
    loosened: tuple[int, ...] = ()


def look(*, person: Reviewer, at: datetime, span: Span | None = None, by: str = "") -> Insight:
    """The figures of a period, the last 28 days if none is named; a reviewer is told their own and nobody else's."""
    if person.may(Permission.SEE_INSIGHT):
        return looked(at=at, span=span, by=by)
    if not person.may(Permission.DECIDE) or by:
        raise Refusal("forbidden", _("Your role does not look at everybody's figures."))
    return looked(at=at, span=span, of=("person", str(person.pk)))


def looked(*, at: datetime, span: Span | None = None, by: str = "", of: tuple[str, str] = ("all", "")) -> Insight:
    """The same for the desk itself, which needs no right."""
    period, (baseline, imported) = _period(span, at), baseline_in_force()
    uncounted = _counted(report.with_trend(period), at) + (_counted(baseline, at) if baseline else 0)
    found = report.figures(period, by=by, baseline=baseline, of=of)
    if of[0] != "all":
        mine = [told for told in report.all_of(found) if of[0] in told.metric.by]
        return Insight(period, by, baseline, imported, mine, [], uncounted, at, own=True)
    beside = extras.all_of(found)
    loosened = _loosened(baseline)
    return Insight(
        span=period,
        by=by,
        baseline=baseline,
        imported=imported,
        metrics=[*report.all_of(found), *beside, *judged.all_of(found)],
        drift=drift.of(period.last),
        uncounted=uncounted,
        at=at,
        phases=tuple(_phases(found, beside, len(loosened), at)),
        loosened=loosened,
    )


@transaction.atomic
def exported(*, person: Reviewer, at: datetime, span: Span | None, by: str) -> Insight:
    """The same as a file; who took which period is recorded. For those who see everybody's figures."""
    rules.require_right(person, Permission.SEE_INSIGHT)
    found = looked(at=at, span=span, by=by)
    body = found.span.as_json() | {"by": found.by}
    ledger.append(subject="insight", kind="insight.exported", actor=by_person(person), at=at, body=body)
    return found


def baseline_in_force() -> tuple[Span | None, bool]:
    """The period that was set last, else that of imported history; and whether it is the latter."""
    chosen = Baseline.objects.first()
    if chosen:
        return Span(chosen.first, chosen.last), False
    imported = counted.imported()
    return imported, imported is not None


def _loosened(baseline: Span | None) -> tuple[int, ...]:
    """The versions of the policy that weakened scrutiny since the baseline."""
    if baseline is None:
        return ()
    return tuple(version.number for version in changes.loosened(figures.begins(baseline.last + timedelta(days=1))))


def _phases(found: report.Figures, beside: list[report.Told], loosened: int, at: datetime) -> list[phases.Phase]:
    fall = next(told.now for told in beside if told.metric.key == "escalation_fall")
    seen = phases.Evidence(
        now=found.now,
        before=found.before,
        baseline=found.baseline,
        triggers=found.segments if found.by == "trigger" else counted.by_name(found.span, "trigger"),
        weeks=sum(bool(counts.get("cases")) for _week, counts in found.weeks),
        loosened=loosened,
        fall=(fall.value, fall.high),
    )
    return phases.guide(seen, since=at - _FEEDBACK)


@transaction.atomic
def fix_baseline(*, first: date, last: date, note: str, person: Reviewer, at: datetime) -> Baseline:
    """Say which period everything is held against from now on; the earlier ones stay on record."""
    rules.require_right(person, Permission.CONFIGURE, _("Only an administrator fixes the baseline."))
    _require_span(Span(first, last), at)
    note = note.strip()[:_LONGEST_NOTE]
    made = Baseline.objects.create(first=first, last=last, note=note, set_by_id=person.pk, set_at=at)
    body: dict[str, Any] = Span(first, last).as_json() | {"note": note}
    ledger.append(subject="insight", kind="insight.baseline", actor=by_person(person), at=at, body=body)
    return made


def _period(span: Span | None, at: datetime) -> Span:
    last = figures.today(at)
    chosen = span or Span(last - USUAL + timedelta(days=1), last)
    _require_span(chosen, at)
    return chosen


def _require_span(span: Span, at: datetime) -> None:
    if span.first > span.last:
        raise report.unfit("from", _("The period ends before it begins."))
    if span.last > figures.today(at):
        raise report.unfit("to", _("The period ends after today."))
    if span.last - span.first > counted.LONGEST:
        raise report.unfit("from", _("Ask for two years at most."))


def _counted(span: Span, at: datetime) -> int:
    until = time.monotonic() + PATIENCE
    return figures.keep_up(at=at, first=span.first, last=span.last, enough=lambda: time.monotonic() > until, light=True)


def as_json(found: Insight) -> dict[str, Any]:
    """The whole of it; ``complete``: every day of it is counted."""
    return {
        **found.span.as_json(),
        "by": found.by or None,
        "own": found.own,
        "at": found.at.isoformat(),
        "complete": not found.uncounted,
        "baseline": found.baseline and found.baseline.as_json() | {"imported": found.imported},
        "metrics": telling.metrics(found.metrics),
        "drift": telling.drift(found.drift),
        "phases": telling.phases(found.phases),
    }
