"""What a weekly review or a monthly audit goes through, how far it is, and what its report says."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reviewqueue.models import QaRun, Rating, Sampled, SamplePlan
from reviewqueue.queries import agreement, rates
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.utils.functional import _StrPromise

    from reviewqueue.engine.judged import Estimate

_WEEK: Final = re.compile(r"\d{4}-W\d{2}", re.ASCII)
_MONTH: Final = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])", re.ASCII)
_TITLES: Final[dict[str, tuple[_StrPromise, _StrPromise]]] = {
    "drawn": (
        gettext_lazy("The sample is drawn"),
        gettext_lazy("The desk draws it after the week's end; a QA lead can draw earlier."),
    ),
    "judged": (
        gettext_lazy("Every drawn case is judged"),
        gettext_lazy("Cases that are not judged are taken to be like those that are."),
    ),
    "disputes": (
        gettext_lazy("Every disagreement is settled"),
        gettext_lazy("A third person looks where two differ."),
    ),
    "critical": (
        gettext_lazy("Critical errors were gone through"),
        gettext_lazy("Each with whoever owns the agent: what happened, who is told, what stops it."),
    ),
    "escalations": (
        gettext_lazy("Missed and false escalations were read"),
        gettext_lazy("Does a rule let pass what a person should see, or stop what nobody need see?"),
    ),
    "agreement": (
        gettext_lazy("Agreement was looked at"),
        gettext_lazy("Where people differ, the scorecard or the guidance is unclear."),
    ),
    "follow_up": (
        gettext_lazy("It is agreed what follows"),
        gettext_lazy("Which sources, prompts, rules, rights or training change, who does it, until when."),
    ),
    "signed": (
        gettext_lazy("Every week of the month is signed off"),
        gettext_lazy("Weeks that nobody reviewed leave the month without evidence."),
    ),
    "trend": (
        gettext_lazy("The month was held against the one before"),
        gettext_lazy("Rates with their intervals: what lies inside both did not surely change."),
    ),
    "rules": (
        gettext_lazy("Sampling rules and scorecard were checked"),
        gettext_lazy("Enough cases where risk is, and questions that people understand alike."),
    ),
    "record": (
        gettext_lazy("The record was verified"),
        gettext_lazy("With audit_verify, by somebody who does not run the desk."),
    ),
}
_STEPS: Final = {
    QaRun.Of.WEEK: ("drawn", "judged", "disputes", "critical", "escalations", "agreement", "follow_up"),
    QaRun.Of.MONTH: ("signed", "trend", "agreement", "rules", "record", "follow_up"),
}
_BY_ITSELF: Final = frozenset({"drawn", "judged", "disputes", "signed"})
BY_HAND: Final = {of: tuple(step for step in steps if step not in _BY_ITSELF) for of, steps in _STEPS.items()}


@dataclass(frozen=True, slots=True)
class Step:
    """One step: how it reads, whether it is done, and who ticked it with which note; `stands` says what is missing."""

    key: str
    title: _StrPromise
    means: _StrPromise
    done: bool
    by_hand: bool
    stands: str = ""
    ticked: Mapping[str, Any] | None = None


def weeks(of: str, period: str) -> list[SamplePlan]:
    """The weeks of a run. Refused (``not-found``) for a period without any."""
    pattern = _WEEK if of == QaRun.Of.WEEK else _MONTH
    if of not in QaRun.Of.values or not pattern.fullmatch(period):
        raise Refusal("not-found", _("There is no sample of this time."))
    found = SamplePlan.objects.filter(pk=period) if of == QaRun.Of.WEEK else _ending_in(period)
    if not (plans := list(found)):
        raise Refusal("not-found", _("There is no sample of this time."))
    return plans


def _ending_in(month: str) -> Any:
    """The weeks that end in a month, each in one month only."""
    year, number = map(int, month.split("-"))
    zone = ZoneInfo(settings.TIME_ZONE)
    start = datetime(year, number, 1, tzinfo=zone)
    end = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=zone)
    return SamplePlan.objects.filter(to_at__gt=start, to_at__lte=end).order_by("week")


def month_of(plan: SamplePlan) -> str:
    """The month in which a week ends."""
    return plan.to_at.astimezone(ZoneInfo(settings.TIME_ZONE)).strftime("%Y-%m")


def steps(run: QaRun) -> list[Step]:
    """The steps of a run as they stand."""
    plans = weeks(run.of, run.period)
    by_itself = _ticked_by_desk(run, plans)
    return [_step(run, key, by_itself) for key in _STEPS[QaRun.Of(run.of)]]


def _step(run: QaRun, key: str, by_itself: Mapping[str, tuple[bool, str]]) -> Step:
    title, means = _TITLES[key]
    if key in _BY_ITSELF:
        done, stands = by_itself[key]
        return Step(key, title, means, done, by_hand=False, stands=stands)
    ticked = run.steps.get(key)
    return Step(key, title, means, ticked is not None, by_hand=True, ticked=ticked)


def _ticked_by_desk(run: QaRun, plans: list[SamplePlan]) -> dict[str, tuple[bool, str]]:
    if run.of == QaRun.Of.MONTH:
        signed = QaRun.objects.filter(of=QaRun.Of.WEEK, period__in=[plan.week for plan in plans])
        count = signed.exclude(signed_off_at=None).count()
        return {"signed": (count == len(plans), _("%(n)s of %(all)s") % {"n": count, "all": len(plans)})}
    counted = Sampled.objects.filter(plan__in=plans, kind=Sampled.Kind.RANDOM).values_list("state")
    states = dict(counted.annotate(n=Count("pk")).order_by())
    drawn, settled = sum(states.values()), states.get(Sampled.State.SETTLED, 0)
    disputed = states.get(Sampled.State.DISPUTED, 0)
    return {
        "drawn": (all(plan.drawn_at for plan in plans), ""),
        "judged": (settled == drawn, _("%(n)s of %(all)s") % {"n": settled, "all": drawn}),
        "disputes": (disputed == 0, _("%(n)s left") % {"n": disputed} if disputed else ""),
    }


def report(run: QaRun) -> dict[str, Any]:
    """The report of a run in plain numbers, to be kept with its signature."""
    names = [plan.week for plan in weeks(run.of, run.period)]
    agreed = agreement.overall(names)
    return {
        "weeks": names,
        "by": {by: [_line(group) for group in _report(names, by)] for by in ("agent", "intent", "stratum")},
        "overall": _line(rates.report(names, by="agent").whole),
        "agreement": {
            "pairs": agreed.same.n,
            "same": agreed.same.hits,
            "kappa": _rounded(agreed.kappa),
            "alpha": _rounded(agreed.alpha),
        },
        "codes": _codes(names),
        "chosen_codes": _chosen_codes(names),
        "critical": _criticals(names),
    }


def _report(names: list[str], by: str) -> list[rates.Group]:
    return rates.report(names, by=by).groups


def _line(group: rates.Group) -> dict[str, Any]:
    return {
        "name": group.name,
        "population": group.population,
        "drawn": group.drawn,
        "errors": _rate(group.errors),
        "missed": _rate(group.missed),
        "false": _rate(group.false),
    }


def _rate(found: Estimate | None) -> dict[str, Any] | None:
    return None if found is None else {"rate": round(found.rate, 6), **found.as_json(), "not_seen": found.not_seen}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _codes(names: list[str]) -> dict[str, Any]:
    """Of all cases the share that has each error code, from the random sample alone; the most frequent first."""
    found = rates.judged(names)
    codes = sorted({code for each in found.settled for code in each.codes})
    told = {code: _code(found, code) for code in codes}
    return dict(sorted(told.items(), key=lambda each: (-each[1]["rate"], each[0])))


def _code(found: rates.Judgements, code: str) -> dict[str, Any]:
    estimate = found.rate([(each.cell, code in each.codes) for each in found.settled], lambda _cell: True)
    return _rate(estimate) or {}


def _chosen_codes(names: list[str]) -> dict[str, int]:
    """How often each error code stands in cases that were chosen for a reason: counts, and no rate."""
    chosen = {"kind": Sampled.Kind.TARGETED, "state": Sampled.State.SETTLED}
    found = Sampled.objects.filter(plan__in=names, **chosen).values_list("codes", flat=True)
    counts = Counter(code for codes in found for code in codes)
    return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0])))


def _criticals(names: list[str]) -> list[str]:
    found = Sampled.objects.filter(plan__in=names, verdict=Rating.CRITICAL, state=Sampled.State.SETTLED)
    return list(found.order_by("settled_at").values_list("case_id", flat=True))
