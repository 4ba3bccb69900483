"""Budgets: how much may run without a person in a rolling stretch of time. What goes beyond waits for one."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from reviewqueue.engine.amounts import with_cents
from reviewqueue.engine.catalogue import fact_named
from reviewqueue.engine.rulebook import MAX_DESCRIPTION, PRIORITIES, Trigger, optional, slug
from reviewqueue.engine.saying import say
from reviewqueue.engine.scope import Scope, scope
from reviewqueue.engine.view import MOVES_NO_MONEY, View

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from reviewqueue.engine.faults import Place
    from reviewqueue.engine.policy import Policy

WINDOWS: Final = {"minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800}
# Each window is kept in so many parts: what falls out of it does so at most one part late, never early.
PARTS: Final = 60
PER: Final = ("agent", "customer", "intent", "action", "channel", "team")
PAUSABLE: Final = ("agent", "intent", "action")
MAX_BUDGETS: Final = 50
_KEYS: Final = (
    "name",
    "description",
    "match",
    "per",
    "within",
    "sum",
    "count",
    "counts",
    "pause",
    "outcome",
    "queue",
    "priority",
)


@dataclass(frozen=True, slots=True)
class Budget:
    """At most so much (`most`) of what it covers, for each combination of `per`, in any `within`.

    `money`: amounts in the policy's currency are added up, otherwise actions are counted. `proposed`: everything that
    is proposed counts, not only what is granted. `pause`: what an overrun pauses, if anything.
    """

    name: str
    scope: Scope
    per: tuple[str, ...]
    within: str
    most: Decimal
    money: bool
    proposed: bool
    pause: str
    trigger: Trigger


class Charge(NamedTuple):
    """What one action would take out of one budget; `amount` is None when nobody knows how much."""

    budget: Budget
    call_id: str
    labels: tuple[str, ...]
    amount: Decimal | None


@dataclass(frozen=True, slots=True)
class Overrun:
    """A charge that does not fit any more, and the sentence for people."""

    charge: Charge
    says: str
    observed: str

    @property
    def threshold(self) -> str:
        """The limit as it is shown."""
        return _shown(self.charge.budget, self.charge.budget.most, "")


def charges(policy: Policy, facts: Mapping[str, Any], *, customer: str) -> list[Charge]:
    """What the actions would take out of which budgets, in the order of the document."""
    shared: dict[Any, Any] = {}
    views = [View(facts, action, policy.rates, shared, policy.sieve) for action in facts.get("actions") or []]
    return [charge for view in views for charge in _of_action(policy.budgets, view, customer)]


def _of_action(budgets: Iterable[Budget], view: View, customer: str) -> Iterator[Charge]:
    for budget in budgets:
        if budget.scope.covers(view) and not (budget.money and moves_nothing(view)):
            labels = tuple(customer if key == "customer" else view.scoped(key) or "" for key in budget.per)
            yield Charge(budget, str(view.action.get("call_id", "")), labels, _amount(budget, view))


def moves_nothing(view: View) -> bool:
    """Talk without a stated value takes nothing out of a sum."""
    return view.action.get("kind") in MOVES_NO_MONEY and view.action.get("value") is None


def _amount(budget: Budget, view: View) -> Decimal | None:
    value = fact_named("action.value")
    return view.money(value).worth if budget.money and value else Decimal(1)


def fits(charge: Charge, used: Decimal) -> bool:
    """Whether it fits beside what is used; an unknown amount never does."""
    return charge.amount is not None and used + charge.amount <= charge.budget.most


def overrun(charge: Charge, used: Decimal, currency: str) -> Overrun:
    """Say what does not fit."""
    budget = charge.budget
    whom = ", ".join(f"{key} {label or 'unknown'}" for key, label in zip(budget.per, charge.labels, strict=True))
    told = f"{budget.name}: {_shown(budget, used, '')} of {_shown(budget, budget.most, currency)} are used in the last"
    of_whom = f" by {whom}" if whom else ""
    if charge.amount is None:
        return Overrun(charge, f"{told} {budget.within}{of_whom}, and how much more this is is unknown", "unknown")
    more = f"{_shown(budget, charge.amount, currency)} more is too much"
    return Overrun(charge, f"{told} {budget.within}{of_whom}; {more}", _shown(budget, used + charge.amount, ""))


def _shown(budget: Budget, amount: Decimal, currency: str) -> str:
    number = with_cents(amount) if budget.money else format(amount.normalize(), "f")
    return f"{number} {currency}" if budget.money and currency else number


def part_of(budget_within: str, seconds: float) -> int:
    """The number of the part of a window in which a moment lies."""
    return int(seconds * PARTS // WINDOWS[budget_within])


def used(parts: Collection[tuple[int, str]], within: str, seconds: float) -> Decimal:
    """What is used in the window that ends now, rounded up to a whole part of it."""
    return sum((Decimal(amount) for _part, amount in kept(parts, within, seconds)), Decimal(0))


def kept(parts: Collection[tuple[int, str]], within: str, seconds: float) -> list[tuple[int, str]]:
    """Those parts that the window still touches."""
    first = part_of(within, seconds - WINDOWS[within])
    return [(part, amount) for part, amount in parts if part >= first]


def budget(place: Place) -> Budget | None:
    """The budget at this place; None when it has faults, which the place has noted."""
    entries = place.mapping(_KEYS, required=("name", "within"))
    name = optional(entries, "name", slug)
    optional(entries, "description", lambda one: one.word(longest=MAX_DESCRIPTION))
    within = entries["within"].choice(tuple(WINDOWS)) if "within" in entries else None
    most = _limit(place, entries)
    where = scope(entries["match"], risk=False) if "match" in entries else Scope()
    pause = entries["pause"].choice(PAUSABLE) if "pause" in entries else None
    counts = entries["counts"].choice(("granted", "proposed")) if "counts" in entries else None
    rule = _trigger(name or "", entries)
    if not name or not within or most is None:
        return None
    proposed = counts == "proposed"
    return Budget(name, where, _per(entries), within, most, "sum" in entries, proposed, pause or "", rule)


def _limit(place: Place, entries: dict[str, Place]) -> Decimal | None:
    if ("sum" in entries) == ("count" in entries):
        place.fault(say("must have exactly one of sum or count"))
        return None
    if "count" in entries:
        count = entries["count"].whole(0, 10**9)
        return None if count is None else Decimal(count)
    most = entries["sum"].number()
    if most is not None and most < 0:
        entries["sum"].fault(say("must not be less than 0"))
    return most


def _per(entries: dict[str, Place]) -> tuple[str, ...]:
    places = list(entries["per"].items(most=len(PER))) if "per" in entries else []
    named = [chosen for place in places if (chosen := place.choice(PER))]
    return tuple(dict.fromkeys(named))


def _trigger(name: str, entries: dict[str, Place]) -> Trigger:
    outcome = entries["outcome"].choice(("review", "handoff")) if "outcome" in entries else None
    priority = entries["priority"].choice(PRIORITIES) if "priority" in entries else None
    return Trigger(
        name, "budget", Scope(), None, outcome or "review", queue=optional(entries, "queue", slug), priority=priority
    )


def named_once(place: Place, budgets: tuple[Budget, ...]) -> tuple[Budget, ...]:
    """Counters are kept by name, so a name stands for one budget."""
    names = [each.name for each in budgets]
    for name in sorted({name for name in names if names.count(name) > 1}):
        place.fault(say("two budgets are called %(name)s", name=name))
    return budgets
