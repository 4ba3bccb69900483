"""What runs right now: agents and intents of the last hour, releases under watch, conversations with risk signals."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Exists, F, OuterRef, Subquery

from reviewqueue.engine.amounts import exact
from reviewqueue.models import OPEN, BudgetUse, Case, Cell, Conversation, Grant, Oversight, State, Telling, ids
from reviewqueue.queries import cases, real
from reviewqueue.rules import Permission

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from reviewqueue.rules import Person

LOOK_BACK: Final = timedelta(hours=1)
SLOTS: Final = 12
# Enough for a picture of an hour; on a busier desk the picture is of a shorter time, and says so.
MOST_CASES: Final = 2_000
MOST_WATCHED: Final = 30
MOST_RISKY: Final = 12
_LOOKED_AT: Final = 200
# What a person who watches wants to see first.
UNSURE: Final = 0.5
UPSET: Final = -0.5
_HELD: Final = {Oversight.IN_THE_LOOP, Oversight.HUMAN_ONLY}


@dataclass(slots=True)
class Flow:
    """One intent of one agent: how much, how much of it with people, how sure, how the customers feel, what failed."""

    agent: str
    intent: str
    volume: int = 0
    held: int = 0
    failed: int = 0
    slots: Counter[int] = field(default_factory=Counter)
    confidences: list[float] = field(default_factory=list)
    sentiments: list[float] = field(default_factory=list)

    @property
    def held_percent(self) -> int:
        """The share that waits or waited for a person."""
        return round(100 * self.held / self.volume)

    @property
    def confidence(self) -> float | None:
        """The mean of what the agent said of itself."""
        return _mean(self.confidences)

    @property
    def sentiment(self) -> float | None:
        """The mean of what was measured."""
        return _mean(self.sentiments)

    @property
    def per_slot(self) -> list[int]:
        """Cases in each five minutes, oldest first."""
        return [self.slots[slot] for slot in range(SLOTS)]


@dataclass(frozen=True, slots=True)
class Picture:
    """The last hour; ``complete`` says whether every case of it was looked at."""

    flows: list[Flow]
    since: datetime
    complete: bool


@dataclass(frozen=True, slots=True)
class Risk:
    """An open case, and what about it wants a look."""

    case: Case
    confidence: float | None
    sentiment: float | None
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Uncalled:
    """A conversation that calls for nobody, what was said last in it, and what about it wants a look."""

    talk: Conversation
    said: str
    confidence: float | None
    sentiment: float | None
    flags: tuple[str, ...]


def picture(*, at: datetime) -> Picture:
    """Agents and intents of the last hour, the busiest first. Two questions, whatever the number of cases."""
    since = at - LOOK_BACK
    # Ids grow with time, so the newest cases are found by the primary key; a minute of slack for clocks that differ.
    first = ids.first_at("case", since - timedelta(minutes=1))
    recent = real.cases().filter(pk__gte=first, created_at__gte=since).order_by("-pk")
    columns = ("agent__name", "intent", "oversight", "created_at", "sure", "mood")
    recent = recent.annotate(sure=F("facts__signals__confidence"), mood=F("facts__signals__sentiment"))
    found = list(recent.values_list(*columns)[:MOST_CASES])
    flows: dict[tuple[str, str], Flow] = {}
    for agent, intent, oversight, created_at, sure, mood in found:
        flow = flows.setdefault((agent, intent), Flow(agent, intent))
        _count(flow, oversight, created_at - since, sure, mood)
    for key, failed in _failures(first).items():
        if key in flows:
            flows[key].failed = failed
    ordered = sorted(flows.values(), key=lambda flow: (-flow.volume, flow.agent, flow.intent))
    complete = len(found) < MOST_CASES
    return Picture(ordered, since if complete else found[-1][3], complete)


def rungs(flows: Iterable[Flow]) -> dict[tuple[str, str], list[Cell]]:
    """Where each of these agents stands on the ladder with each thing that it does for this intent; one question."""
    found: defaultdict[tuple[str, str], list[Cell]] = defaultdict(list)
    agents = {flow.agent for flow in flows}
    for cell in Cell.objects.filter(agent__name__in=agents).select_related("agent").order_by("action"):
        found[cell.agent.name, cell.intent].append(cell)
    return dict(found)


def watched(person: Person) -> list[Case]:
    """What will be released unless somebody stops it, the next one first."""
    seen = cases.visible(person).filter(state=State.WATCHED, release_at__isnull=False)
    return list(seen.order_by("release_at")[:MOST_WATCHED])


def risky(person: Person) -> list[Risk]:
    """Open conversations with a low confidence, an upset customer or a flag, the newest first."""
    seen = cases.visible(person).filter(state__in=[*OPEN, State.WATCHED]).order_by("-pk")
    signals = seen.annotate(signals=F("facts__signals")).values_list("pk", "signals")[:_LOOKED_AT]
    chosen = {pk: risk for pk, told in signals if (risk := _risk(told))}
    newest = list(chosen)[:MOST_RISKY]
    found = cases.visible(person).defer("facts", "search_terms").in_bulk(newest)
    return [Risk(found[pk], *chosen[pk]) for pk in newest if pk in found]


def uncalled(person: Person, *, at: datetime) -> list[Uncalled]:
    """Conversations of the last hour in which no case is open although they show the same, for who may step in."""
    if not person.may(Permission.SUPERVISE):
        return []
    open_cases = Case.objects.filter(conversation=OuterRef("pk"), state__in=[*OPEN, State.WATCHED])
    talks = Conversation.objects.filter(~Exists(open_cases), heard_at__gte=at - LOOK_BACK, closed_at=None, held_by=None)
    told = Telling.objects.filter(conversation=OuterRef("pk")).order_by("-pk")
    seen = talks.annotate(
        signals=Subquery(told.exclude(signals={}).values("signals")[:1]),
        said=Subquery(told.exclude(messages=[]).values("messages")[:1]),
    )
    newest = seen.select_related("agent").order_by("-heard_at")[:_LOOKED_AT]
    found = [(talk, risk) for talk in newest if (risk := _risk(talk.signals))][:MOST_RISKY]
    return [Uncalled(talk, talk.said[-1]["text"] if talk.said else "", *risk) for talk, risk in found]


def budget_uses(names: Iterable[str], *, at: datetime) -> dict[str, list[BudgetUse]]:
    """The counters of these budgets that were used last, up to five of each."""
    found: defaultdict[str, list[BudgetUse]] = defaultdict(list)
    for use in BudgetUse.objects.filter(budget__in=list(names), forget_at__gt=at).order_by("-updated_at")[:500]:
        if len(found[use.budget]) < 5:  # noqa: PLR2004 - as many as a person reads
            found[use.budget].append(use)
    return found


def _count(flow: Flow, oversight: str, after: timedelta, sure: Any, mood: Any) -> None:
    flow.volume += 1
    flow.held += oversight in _HELD
    flow.slots[min(int(after / (LOOK_BACK / SLOTS)), SLOTS - 1)] += 1
    for value, known in ((sure, flow.confidences), (mood, flow.sentiments)):
        if (number := exact(value)) is not None:
            known.append(float(number))


def _failures(first: str) -> Counter[tuple[str, str]]:
    failed = Grant.objects.filter(case_id__gte=first, outcome="failed")
    return Counter(failed.values_list("case__agent__name", "case__intent"))


def _risk(told: Any) -> tuple[float | None, float | None, tuple[str, ...]] | None:
    signals = told if isinstance(told, dict) else {}
    sure, mood = exact(signals.get("confidence")), exact(signals.get("sentiment"))
    flags = tuple(str(flag) for flag in signals.get("risk_flags") or [])
    if not flags and (sure is None or sure >= UNSURE) and (mood is None or mood > UPSET):
        return None
    return None if sure is None else float(sure), None if mood is None else float(mood), flags


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None
