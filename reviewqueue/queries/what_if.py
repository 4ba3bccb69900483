"""What a policy would have done with recorded cases: totals, known outcomes, people's time, and case by case."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from reviewqueue.engine.columns import Table
from reviewqueue.engine.comparison import GROUPS, Known, Past, Tally, group, worths
from reviewqueue.engine.policy import MODES, PRIORITIES, Policy
from reviewqueue.engine.rerun import HELD, Verdicts, columns_needed, judge
from reviewqueue.engine.spending import Came, Spending
from reviewqueue.engine.truths import Asker
from reviewqueue.models import Case
from reviewqueue.queries import outcomes, recorded, workload
from reviewqueue.queries.recorded import Period

PAGE: Final = 50
NEEDED: Final = frozenset({"action.value", "action.kind", "customer.tier"})


@dataclass(frozen=True, slots=True)
class Page:
    """Some cases with what the policy says of each; ``cursor`` is empty at the end."""

    cases: list[dict[str, Any]]
    cursor: str


def report(policy: Policy, period: Period, *, told: Callable[[int], object] = bool) -> dict[str, Any]:
    """Judge every case of the period and add up; ``told`` is called with how many more are done."""
    tally, spending = Tally(policy), Spending(policy)
    with _without_collector():
        for table in recorded.tables(period, columns_needed(policy) | NEEDED):
            ask, before = Asker(policy, table), past(table)
            verdicts = judge(policy, table, ask, spending=spending, came=came(before, policy))
            tally.add(before, verdicts, worths(ask))
            told(table.cases)
    return assembled(tally, workload.measured(period)) | {"budgets": [budget.name for budget in policy.budgets]}


def assembled(tally: Tally, work: workload.Work) -> dict[str, Any]:
    """The whole report as plain JSON."""
    queues = workload.forecast(tally, work)
    examples = {name: [case for _worth, case in found] for name, found in tally.examples.items()}
    return tally.as_json() | {"queues": queues, "hours": workload.hours(queues), "examples": examples}


def cases(policy: Policy, period: Period, *, change: str = "", after: str = "", most: int = PAGE) -> Page:
    """The next cases behind an id, in order of their ids; ``change``: only those of one of `GROUPS`."""
    found: list[dict[str, Any]] = []
    spending = Spending(policy)
    # What a budget has left depends on all that came before.
    begins = "" if policy.budgets else after
    for table in recorded.tables(period, columns_needed(policy) | NEEDED | {"intent"}, after=begins):
        before = past(table)
        verdicts = judge(policy, table, spending=spending, came=came(before, policy))
        for case in _each(table, before, verdicts, change):
            if case["case"] <= after:
                continue
            found.append(case)
            if len(found) > most:
                return Page(found[:most], found[most - 1]["case"])
    return Page(found, "")


def came(before: Past, policy: Policy) -> Came | None:
    """What the budgets of a policy have to know of cases; nothing where it has none."""
    if not policy.budgets:
        return None
    customers: dict[str, str] = {}
    if any("customer" in budget.per for budget in policy.budgets):
        ends = {"pk__gte": min(before.ids), "pk__lte": max(before.ids)}
        customers = dict(Case.objects.filter(**ends).values_list("pk", "customer_ref"))
    approved = (before.known == Known.RIGHT) & (before.mode >= HELD)
    return Came(before.moments, [customers.get(case, "") for case in before.ids], approved)


def past(table: Table) -> Past:
    """What is recorded of the cases of a table."""
    columns = table.columns
    modes = np.array([MODES.index(mode) for mode in columns["case.mode"].values], dtype=np.int32)
    ids = [columns["case.id"].values[code] for code in columns["case.id"].codes]
    moments = np.array(columns["case.created_at"].values, dtype=np.float64)
    tiers, priorities = columns["customer.tier"], columns["case.priority"]
    ranks = np.array([PRIORITIES.index(one or "normal") for one in priorities.values], dtype=np.int32)
    return Past(
        ids=ids,
        mode=modes[columns["case.mode"].codes],
        queue=[columns["case.queue"].values[code] for code in columns["case.queue"].codes],
        priority=ranks[priorities.codes],
        known=outcomes.known(ids),
        moments=moments[columns["case.created_at"].codes],
        tiers=np.array([str(tier or "") for tier in tiers.values], dtype=object)[tiers.codes],
    )


@contextmanager
def _without_collector() -> Iterator[None]:
    """Millions of small values come and go here, none in a circle; looking for circles takes a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _each(table: Table, before: Past, verdicts: Verdicts, change: str) -> Iterator[dict[str, Any]]:
    kinds = group(before.mode, verdicts.cases.mode)
    intents, agents = table.columns["intent"], table.columns["case.agent"]
    for row, case in enumerate(before.ids):
        if not change or GROUPS[kinds[row]] == change:
            yield {
                "case": case,
                "agent": agents.values[agents.codes[row]],
                "intent": intents.values[intents.codes[row]],
                "created_at": float(before.moments[row]),
                "oversight_before": MODES[before.mode[row]],
                "change": GROUPS[kinds[row]],
                "known": Known(before.known[row]).name.lower(),
                **verdict(verdicts, row),
            }


def verdict(verdicts: Verdicts, row: int) -> dict[str, Any]:
    """What the policy says of one case: nothing of what its customer wrote."""
    return {
        "oversight": MODES[verdicts.cases.mode[row]],
        "held": bool(verdicts.held[row]),
        "queue": verdicts.queue(verdicts.cases.queue[row]),
        "priority": PRIORITIES[verdicts.cases.priority[row]],
        "eyes": int(verdicts.cases.eyes[row]),
        "triggers": verdicts.names_fired(row),
    }
