"""What is measured for alarms now and what is usual, the alarms themselves, and how they read."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Min, Q
from django.db.models.fields.json import KeyTransform
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reviewqueue.engine import budgets
from reviewqueue.engine.charts import NOTHING, Count
from reviewqueue.engine.wording import folded
from reviewqueue.models import (
    MEANS,
    REMEMBERED,
    Alarm,
    AlarmRule,
    BudgetUse,
    Figure,
    Grant,
    Measure,
    Pause,
    State,
    Tally,
    ids,
)
from reviewqueue.queries import real, tallies

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from reviewqueue.engine.budgets import Budget
    from reviewqueue.engine.policy import Policy
    from reviewqueue.models import Case

# What is usual is what these days were like.
DAYS: Final = 7
MOST_SHOWN: Final = 50
# An agent that released something within so long can drift back to asking about everything.
_REMEMBERED: Final = timedelta(days=90)
_MOST_USES: Final = 500
_MOST_BEHIND: Final = 300
_WHOLE: Final = 100


@dataclass(frozen=True, slots=True)
class Reading:
    """What one agent, queue or budget shows: its value, and the counts behind it."""

    of: str
    value: float
    data: dict[str, Any] = field(default_factory=dict)


def oldest(*, at: datetime) -> list[Reading]:
    """For each queue, how many minutes its oldest case waits; a call for tomorrow does not wait yet."""
    waiting = _waiting(at).order_by().values("queue_id").annotate(since=Min("created_at"))
    return [Reading(row["queue_id"], max((at - row["since"]).total_seconds() / 60, 0.0)) for row in waiting]


def oldest_cases(queue: str, *, at: datetime) -> list[str]:
    """The cases of a queue that wait the longest."""
    found = _waiting(at).filter(queue_id=queue).order_by("created_at", "pk")
    return list(found.values_list("pk", flat=True)[: tallies.MOST_BEHIND])


def behind_budget(policy: Policy, of: str, *, at: datetime) -> list[str]:
    """The newest cases of a day that did not fit into a budget, then those that used it up; of the last few hundred."""
    since = at - timedelta(days=1)
    newest = real.cases().filter(pk__gte=ids.first_at("case", since), created_at__gte=since).order_by("-pk")
    recent = list(newest.only("pk", "facts", "verdict", "customer_ref")[:_MOST_BEHIND])
    name = of.partition(" ")[0]
    held = [case.pk for case in recent if any(one["trigger"] == name for one in case.verdict.get("reasons") or ())]
    taking = [case.pk for case in recent if case.pk not in held and _takes(policy, case, of)]
    granted = set(Grant.objects.filter(case_id__in=taking, voided_at=None).values_list("case_id", flat=True))
    proposed = any(budget.name == name and budget.proposed for budget in policy.budgets)
    used = [pk for pk in taking if proposed or pk in granted]
    return [*held, *used][: tallies.MOST_BEHIND]


def _takes(policy: Policy, case: Case, of: str) -> bool:
    """Does it take something out of this very counter?"""
    charges = budgets.charges(policy, case.facts, customer=case.customer_ref)
    return any(_counter(charge.budget.name, charge.labels) == of for charge in charges)


def _counter(name: str, labels: Iterable[str]) -> str:
    return " ".join(filter(None, [name, *labels]))[:200]


def used(kept: Iterable[Budget], *, at: datetime) -> list[Reading]:
    """For each counter of these budgets, how many percent of it are used."""
    by_name = {budget.name: budget for budget in kept}
    uses = BudgetUse.objects.filter(budget__in=by_name, forget_at__gt=at).order_by("-updated_at")[:_MOST_USES]
    return [_used(use, by_name[use.budget], at) for use in uses]


def braked(*, at: datetime) -> list[Reading]:
    """What a budget paused by itself and nobody has let go yet."""
    pauses = Pause.objects.filter(paused_by=None, resumed_at=None, paused_at__lte=at).order_by("pk")[:_MOST_USES]
    return [
        Reading(
            # The counter by its agent, intent or action, where the budget has one for each of them.
            _counter(each.reason.partition(":")[0], [folded(each.name)]),
            float(_WHOLE),
            {"paused": each.name, "says": each.reason},
        )
        for each in pauses
    ]


def usual(measure: str, names: Iterable[str], *, until: datetime) -> dict[str, Count]:
    """What the seven days before were like for each of these names, added up from their hours."""
    of_them = Tally.objects.filter(measure=measure, of__in=list(names))
    rows = of_them.filter(hour__gte=until - timedelta(days=DAYS), hour__lt=until)
    found: defaultdict[str, Count] = defaultdict(lambda: NOTHING)
    for row in rows:
        found[row.of] += Count(row.count, row.total, row.squares)
    return dict(found)


def never_below(rule: AlarmRule, names: Collection[str], *, at: datetime) -> frozenset[str]:
    """Of these, whose share was beyond the limit on every day that is remembered: that is how they are, and no drift.

    Only for a limit that is to be crossed; one question where something is beyond it.
    """
    if rule.method != AlarmRule.Method.CROSSED or not names:
        return frozenset()
    by, those, every = REMEMBERED[Measure(rule.measure)]
    days = Figure.objects.filter(by=by, name__in=list(names), day__gte=(at - _REMEMBERED).date())
    counts = days.values_list("name", KeyTransform(those, "counts"), KeyTransform(every, "counts"))
    below = {name for name, some, whole in counts if whole and _WHOLE * (some or 0) <= rule.limit * whole}
    return frozenset(names) - below


def running() -> list[Alarm]:
    """Those that have not ended: first what nobody has acknowledged, each the newest first."""
    found = Alarm.objects.filter(ended_at=None).select_related("rule", "acknowledged_by")
    return sorted(found[:MOST_SHOWN], key=lambda alarm: alarm.acknowledged_at is not None)


def latest() -> list[Alarm]:
    """Those that have ended, the newest first."""
    ended = Alarm.objects.filter(ended_at__isnull=False).select_related("rule", "acknowledged_by")
    return list(ended[:MOST_SHOWN])


def unanswered() -> int:
    """How many run that nobody has acknowledged."""
    return Alarm.objects.filter(ended_at=None, acknowledged_at=None).count()


def sentence(alarm: Alarm) -> str:
    """What was measured and why that is too much: `shop-bot: 34 of 40 proposals are held (85 %); …`."""
    data = alarm.data
    if "paused" in data:
        return _("%(name)s is paused by a budget: %(says)s") % {"name": data["paused"], "says": data["says"]}
    told = _TOLD[alarm.rule.measure](data)
    return f"{alarm.of}: {told}; {_why(alarm, data)}"


def _why(alarm: Alarm, data: dict[str, Any]) -> str:
    if not alarm.rule.charted:
        below = alarm.rule.method == alarm.rule.Method.BELOW
        limit = _number(alarm, data["limit"])
        return (_("the limit is %s, below is too little") if below else _("the limit is %s")) % limit
    far = abs(round(data["deviations"], 1))
    side = _("below") if data["deviations"] < 0 else _("above")
    return _("usual are %(usual)s, and this lies %(far)s standard deviations %(side)s") % {
        "usual": _number(alarm, data["usual"]),
        "far": far,
        "side": side,
    }


def _number(alarm: Alarm, value: float) -> str:
    if alarm.rule.measure in MEANS:
        return f"{value:.2f}"
    if alarm.rule.measure == Measure.QUEUE_AGE:
        return ngettext("%d minute", "%d minutes", round(value)) % round(value)
    return f"{value:g} %" if value == round(value, 1) else f"{value:.1f} %"


def _shares(says: Any) -> Any:
    return lambda data: says() % {"those": round(data["total"]), "all": data["count"], "percent": round(data["value"])}


def _mood(value: float) -> str:
    return f"{value:+.2f}" if round(value, 2) else "0.00"


_TOLD: Final[dict[str, Any]] = {
    Measure.QUEUE_AGE: lambda data: (
        ngettext("the oldest case waits %d minute", "the oldest case waits %d minutes", round(data["value"]))
        % round(data["value"])
    ),
    Measure.BUDGET: lambda data: _("%s %% of the budget are used") % round(data["value"]),
    Measure.HELD: _shares(lambda: _("%(those)s of %(all)s proposals are held for a person (%(percent)s %%)")),
    Measure.OVERRIDE: _shares(lambda: _("people changed or rejected %(those)s of %(all)s (%(percent)s %%)")),
    Measure.ERROR: _shares(lambda: _("%(those)s of %(all)s actions failed or are unknown (%(percent)s %%)")),
    Measure.APPROVALS: _shares(lambda: _("%(those)s of %(all)s decisions approve as proposed (%(percent)s %%)")),
    Measure.PASSED_ON: _shares(lambda: _("%(those)s of %(all)s cases were passed on (%(percent)s %%)")),
    Measure.CONFIDENCE: lambda data: (
        _("the mean confidence of %(all)s proposals is %(value)s")
        % {"all": data["count"], "value": f"{data['value']:.2f}"}
    ),
    Measure.SENTIMENT: lambda data: (
        _("the mean mood in %(all)s proposals is %(value)s") % {"all": data["count"], "value": _mood(data["value"])}
    ),
}


def _waiting(at: datetime) -> Any:
    open_cases = real.cases().filter(rank_at__isnull=False, state__in=[State.QUEUED, State.SECOND_LOOK])
    return open_cases.exclude(Q(request__wanted_at__gt=at))


def _used(use: BudgetUse, budget: Budget, at: datetime) -> Reading:
    amount = budgets.used(use.parts, budget.within, at.timestamp())
    percent = float(_WHOLE * amount / budget.most) if budget.most else (_WHOLE if amount else 0)
    return Reading(_counter(budget.name, use.labels), float(percent))
