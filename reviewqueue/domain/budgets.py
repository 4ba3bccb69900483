"""Budgets are kept inside the transaction that lets something run: who comes second sees what the first one took."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.db import connection

from audit.actions import Actor
from reviewqueue.domain import braking, policies
from reviewqueue.engine import budgets as engine
from reviewqueue.engine import canonical
from reviewqueue.models import BudgetUse, Pause

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from reviewqueue.engine.budgets import Budget, Charge, Overrun
    from reviewqueue.engine.policy import Policy
    from reviewqueue.models import Case

Key = tuple[str, str]
_TABLE: Final = BudgetUse._meta.db_table  # noqa: SLF001 - the model's own table
# Taking the lock and making what is missing is one statement, in one order for everybody: no two wait for each other.
_LOCK: Final = f"""
INSERT INTO {_TABLE} (budget, key, labels, parts, updated_at, forget_at) VALUES %s
ON CONFLICT (budget, key) DO UPDATE SET labels = excluded.labels RETURNING budget, key, parts
"""  # noqa: S608 - the model's own table


def exceeded(
    case: Case, policy: Policy, *, granted: Collection[str], at: datetime, new: bool = True, spend: bool = True
) -> list[Overrun]:
    """What of a case does not fit; what fits is spent. ``granted``: the actions that would run without a person.

    Budgets of what is proposed count every action of a ``new`` case, also those that are held anyway. ``spend=False``
    looks only: what is released under watch is spent when its window closes.
    """
    found = engine.charges(policy, case.facts, customer=case.customer_ref)
    proposed = [charge for charge in found if charge.budget.proposed and new]
    running = [charge for charge in found if not charge.budget.proposed and charge.call_id in granted]
    if not proposed and not running:
        return []
    return _settle(case, policy, running, proposed, spend=spend, at=at)


def spend(case: Case, *, call_ids: Collection[str], at: datetime) -> None:
    """What people approved counts as well; it is never held back, but less is left for what runs without a person."""
    _number, policy = policies.current(at=at)
    if policy.budgets:
        charges = engine.charges(policy, case.facts, customer=case.customer_ref)
        mine = [each for each in charges if not each.budget.proposed and each.call_id in call_ids]
        uses = _locked(mine, at)
        for charge in mine:
            _add(uses, charge, at)
        _store(uses.values())


def forget_old(*, at: datetime) -> int:
    """Counters whose window has passed are of no use to anybody."""
    return BudgetUse.objects.filter(forget_at__lt=at).delete()[0]


def _settle(
    case: Case,
    policy: Policy,
    running: Sequence[Charge],
    proposed: Sequence[Charge],
    *,
    spend: bool,
    at: datetime,
) -> list[Overrun]:
    uses = _locked([*running, *proposed], at)
    over = []
    for charge in proposed:
        over += _taken(uses, charge, policy, at, always=True)
    running = _unblocked(case, running, over)
    over += _together(uses, running, policy, at) if case.releases_together else _each(uses, running, policy, at)
    if spend or proposed:
        _store(uses.values() if spend else (uses[_key(charge)] for charge in proposed))
    for each in over:
        _pause(case, each, at=at)
    return over


def _unblocked(case: Case, running: Sequence[Charge], over: Sequence[Overrun]) -> list[Charge]:
    """What is held already takes nothing."""
    blocked = {each.charge.call_id for each in over}
    if blocked and case.releases_together:
        return []
    return [charge for charge in running if charge.call_id not in blocked]


def _together(uses: dict[Key, BudgetUse], running: Iterable[Charge], policy: Policy, at: datetime) -> list[Overrun]:
    """All of it fits, or nothing of it is spent."""
    before = {key: list(use.parts) for key, use in uses.items()}
    over = [each for charge in running for each in _taken(uses, charge, policy, at)]
    if over:
        for charge in running:
            uses[_key(charge)].parts = before[_key(charge)]
    return over


def _each(uses: dict[Key, BudgetUse], running: Sequence[Charge], policy: Policy, at: datetime) -> list[Overrun]:
    """Action by action: one that does not fit takes nothing."""
    over = []
    for call_id in dict.fromkeys(charge.call_id for charge in running):
        over += _together(uses, [charge for charge in running if charge.call_id == call_id], policy, at)
    return over


def _taken(
    uses: dict[Key, BudgetUse], charge: Charge, policy: Policy, at: datetime, *, always: bool = False
) -> list[Overrun]:
    used = engine.used(uses[_key(charge)].parts, charge.budget.within, at.timestamp())
    fits = engine.fits(charge, used)
    if fits or always:
        _add(uses, charge, at)
    return [] if fits else [engine.overrun(charge, used, policy.currency)]


def _add(uses: dict[Key, BudgetUse], charge: Charge, at: datetime) -> None:
    use, budget = uses[_key(charge)], charge.budget
    now = engine.part_of(budget.within, at.timestamp())
    parts = {part: Decimal(amount) for part, amount in engine.kept(use.parts, budget.within, at.timestamp())}
    parts[now] = parts.get(now, Decimal(0)) + (charge.amount or 0)
    use.parts = [[part, str(amount)] for part, amount in sorted(parts.items())]


def _locked(charges: Iterable[Charge], at: datetime) -> dict[Key, BudgetUse]:
    """The counters of these charges, ours alone until the transaction ends."""
    rows = {_key(charge): charge for charge in charges}
    if not rows:
        return {}
    values: list[Any] = []
    for key, charge in sorted(rows.items()):
        stamps = [connection.ops.adapt_datetimefield_value(each) for each in (at, _forget_at(charge.budget, at))]
        values += [*key, json.dumps(charge.labels), "[]", *stamps]
    with connection.cursor() as cursor:
        cursor.execute(_LOCK % ", ".join(["(%s, %s, %s, %s, %s, %s)"] * len(rows)), values)
        found = cursor.fetchall()
    return {(budget, key): _use(rows[budget, key], parts, at) for budget, key, parts in found}


def _use(charge: Charge, parts: Any, at: datetime) -> BudgetUse:
    budget, key = _key(charge)
    read = json.loads(parts) if isinstance(parts, str) else parts
    until = _forget_at(charge.budget, at)
    return BudgetUse(budget=budget, key=key, labels=list(charge.labels), parts=read, updated_at=at, forget_at=until)


def _store(uses: Iterable[BudgetUse]) -> None:
    BudgetUse.objects.bulk_create(
        uses,
        update_conflicts=True,
        unique_fields=["budget", "key"],
        update_fields=["parts", "updated_at", "forget_at"],
    )


def _key(charge: Charge) -> Key:
    return charge.budget.name, canonical.digest([charge.budget.within, *charge.labels]).removeprefix("sha256:")


def _forget_at(budget: Budget, at: datetime) -> datetime:
    return at + timedelta(seconds=2 * engine.WINDOWS[budget.within])


def _pause(case: Case, over: Overrun, *, at: datetime) -> None:
    """A burst puts the brake on by itself; a person lets it go."""
    budget = over.charge.budget
    if not budget.pause:
        return
    action = next(each["name"] for each in case.actions if each["call_id"] == over.charge.call_id)
    name = {"agent": case.agent.name, "intent": case.intent, "action": action}[budget.pause]
    if name and len(name) <= braking.LONGEST_NAME:
        of = Pause.Of(budget.pause)
        actor = Actor("policy", f"policy_{case.policy_id}")
        braking.put_on(of=of, name=_literal(name), reason=over.says, actor=actor, at=at)


def _literal(name: str) -> str:
    """An agent chooses the names of its actions: none of them pauses more than itself."""
    return name.replace("*", "?")
