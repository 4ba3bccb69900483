"""The register of incidents and of agents that a financial firm keeps (DORA), as far as the desk knows of them.

Nothing that a customer wrote is in it. Whether an incident is a major one is for people to say; the register has what
they need for it: whom it touched, how much money, for how long, and until when it would have to be reported.
"""

from __future__ import annotations

import calendar
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Count, Max, Min

from reviewqueue.engine.stories import SENSITIVE
from reviewqueue.models import Agent, Alarm, Case, Climb, Grant, Pause, Sampled
from reviewqueue.queries import incidents, real
from reviewqueue.queries.insight import tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# By DORA and its technical standards, counted from the moment that somebody became aware of a major incident.
FIRST_NOTICE: Final = timedelta(hours=24)
INTERMEDIATE: Final = timedelta(hours=72)
_RISKS: Final = ("low", "medium", "high", "critical")
HEAD: Final = (
    "id",
    "kind",
    "what",
    "agent",
    "noticed_at",
    "acknowledged_at",
    "ended_at",
    "risk",
    "customers",
    "cases",
    "money",
    "first_notice_by",
    "intermediate_report_by",
    "final_report_by",
)


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that went wrong: when it was noticed and by whom, when it was over, and the cases behind it."""

    id: str
    kind: str
    what: str
    agent: str
    noticed_at: datetime
    acknowledged_at: datetime | None = None
    ended_at: datetime | None = None
    behind: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Touched:
    """Whom and what the cases behind an incident are about."""

    customers: int
    cases: int
    risk: str
    money: dict[str, Decimal]


def of(start: datetime, end: datetime) -> list[dict[str, Any]]:
    """Every incident that was noticed from a moment until before another, oldest first; eight questions."""
    found = sorted(_found(start, end), key=lambda each: (each.noticed_at, each.id))
    touched = _touched({case for each in found for case in each.behind})
    return [_row(each, touched) for each in found]


def agents(start: datetime, end: datetime) -> list[dict[str, Any]]:
    """The agents that proposed in this time, with who answers for each and what it was made of; two questions."""
    cases = real.cases().filter(created_at__gte=start, created_at__lt=end).order_by()
    seen: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    parts = cases.values_list("agent_id", "agent_version").annotate(Count("pk"), Min("created_at"), Max("created_at"))
    rows: Any = parts.order_by("agent_id", "agent_version")
    for agent_id, version, n, first, last in rows:
        made = {"version": version or None, "cases": n}
        seen[agent_id].append(made | {"first_at": first.isoformat(), "last_at": last.isoformat()})
    known = Agent.objects.filter(pk__in=list(seen)).select_related("owner")
    return [
        {
            "agent": agent.name,
            "team": agent.team or None,
            "owner": agent.owner.display if agent.owner else None,
            "since": agent.created_at.isoformat(),
            "versions": seen[agent.pk],
        }
        for agent in known
    ]


def as_csv(rows: Iterable[dict[str, Any]]) -> str:
    """One incident a row; no cell is a formula."""
    return tables.written(HEAD, ([_cell(row[name]) for name in HEAD] for row in rows))


def _found(start: datetime, end: datetime) -> Iterator[Incident]:
    for alarm in Alarm.objects.select_related("rule").filter(raised_at__gte=start, raised_at__lt=end):
        what, behind = f"{alarm.rule.measure} {alarm.rule.method}", tuple(alarm.data.get("cases") or ())
        of = "" if alarm.rule.measure == "budget" else alarm.of
        times = (alarm.raised_at, alarm.acknowledged_at, alarm.ended_at)
        yield Incident(f"alarm:{alarm.pk}", "alarm", what, of, *times, behind)
    for pause in Pause.objects.filter(paused_at__gte=start, paused_at__lt=end):
        times = (pause.paused_at, pause.paused_at if pause.paused_by_id else None, pause.resumed_at)
        yield Incident(f"pause:{pause.pk}", "pause", f"{pause.of} {pause.name}".strip(), "", *times)
    yield from _of_cases(start, end)
    steps = Climb.objects.filter(why__in=[Climb.Why.DRIFT, Climb.Why.CRITICAL], made_at__gte=start, made_at__lt=end)
    for step in steps.select_related("cell__agent"):
        what = f"{step.from_rung} to {step.to_rung}: {step.why}"
        yield Incident(f"rung:{step.pk}", "autonomy taken back", what, step.cell.agent.name, step.made_at)


def _of_cases(start: datetime, end: datetime) -> Iterator[Incident]:
    """Dangerous actions that failed, critical errors found later, and decisions that were rightly contested."""
    failed: Any = Grant.objects.filter(
        outcome="failed", outcome_at__gte=start, outcome_at__lt=end, case__risk__in=SENSITIVE
    )
    columns = ("pk", "case_id", "case__agent__name", "outcome_at")
    for pk, case, agent, at in failed.values_list(*columns):
        yield Incident(f"grant:{pk}", "execution failed", "at high or critical risk", agent, at, behind=(case,))
    critical: Any = Sampled.objects.filter(verdict="critical", settled_at__gte=start, settled_at__lt=end)
    for pk, case, agent, at in critical.values_list("pk", "case_id", "case__agent__name", "settled_at"):
        yield Incident(f"qa:{pk}", "critical error", "found in quality assurance", agent, at, behind=(case,))
    contested = Case.objects.filter(contests__isnull=False, updated_at__gte=start, updated_at__lt=end)
    agents_of = dict(contested.values_list("contests_id", "contests__agent__name"))
    for case, at in incidents.upheld(list(agents_of)).items():
        if start <= at < end:
            what = "a person found the decision wrong"
            yield Incident(f"contest:{case}", "contest upheld", what, agents_of[case], at, behind=(case,))


def _touched(cases: Iterable[str]) -> dict[str, tuple[str, str, dict[str, Decimal]]]:
    """Of each case: its customer, its risk, and how much money it is about."""
    columns = ("pk", "customer_ref", "risk", "value", "value_currency")
    rows = Case.objects.filter(pk__in=list(cases)).values_list(*columns)
    return {
        pk: (customer or pk, risk, {currency: value} if value and currency else {})
        for pk, customer, risk, value, currency in rows
    }


def _sum(each: Incident, known: dict[str, tuple[str, str, dict[str, Decimal]]]) -> Touched:
    mine = [known[case] for case in each.behind if case in known]
    money: defaultdict[str, Decimal] = defaultdict(Decimal)
    for _customer, _risk, parts in mine:
        for currency, amount in parts.items():
            money[currency] += amount
    risk = max((risk for _customer, risk, _money in mine), key=_RISKS.index, default="")
    return Touched(len({customer for customer, *_rest in mine}), len(mine), risk, dict(sorted(money.items())))


def _row(each: Incident, known: dict[str, tuple[str, str, dict[str, Decimal]]]) -> dict[str, Any]:
    touched = _sum(each, known)
    first = each.noticed_at + FIRST_NOTICE
    return {
        "id": each.id,
        "kind": each.kind,
        "what": each.what,
        "agent": each.agent or None,
        "noticed_at": each.noticed_at.isoformat(),
        "acknowledged_at": each.acknowledged_at.isoformat() if each.acknowledged_at else None,
        "ended_at": each.ended_at.isoformat() if each.ended_at else None,
        "risk": touched.risk or None,
        "customers": touched.customers,
        "cases": touched.cases,
        "money": {currency: str(amount) for currency, amount in touched.money.items()},
        "first_notice_by": first.isoformat(),
        "intermediate_report_by": (first + INTERMEDIATE).isoformat(),
        "final_report_by": _a_month_after(first + INTERMEDIATE).isoformat(),
    }


def _a_month_after(at: datetime) -> datetime:
    """The same day of the next month, or its last one."""
    year, month = at.year + at.month // 12, at.month % 12 + 1
    return at.replace(year=year, month=month, day=min(at.day, calendar.monthrange(year, month)[1]))


def _cell(value: Any) -> Any:
    return ", ".join(f"{amount} {currency}" for currency, amount in value.items()) if isinstance(value, dict) else value
