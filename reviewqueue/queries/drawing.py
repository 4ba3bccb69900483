"""Which cases a plan draws: the whole frame in one pass, divided into strata, with the smallest tickets of each."""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from reviewqueue.engine import sampling
from reviewqueue.engine.sampling import Cell, Key, Stratum
from reviewqueue.models import Rating, Sampled, SamplePlan, SamplingRules
from reviewqueue.queries import frame

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

COLUMNS: Final = ("decision", "risk", "agent", "intent", "version", "value", "segment")
_OWN: Final = ("size", "floor", "draw_after_hours", "targeted_most", "low_csat", "strata", "value_bands")
# By these the rates are told; how many cases of the frame go with each of them is kept with the design.
DOMAINS: Final = ("agent", "version", "intent")
# So many of the latest plans tell where errors are to be expected.
_LOOK_BACK: Final = 8
_HEAVIEST: Final = 8.0


def as_json(rules: SamplingRules) -> dict[str, Any]:
    """The rules as a plan keeps them: plain numbers."""
    told = {name: getattr(rules, name) for name in _OWN}
    told["strata"] = [name for name in rules.strata if name in COLUMNS]
    shares = {name: float(getattr(rules, name)) for name in ("live_share", "double_share", "released_weight")}
    return told | shares | {"risk_weights": {name: float(weight) for name, weight in rules.risk_weights.items()}}


@dataclass(slots=True)
class Drawn:
    """A stratum as it was drawn: how many cases it has, who was drawn live and who at the end."""

    key: Key
    stratum: Stratum
    wanted: int
    live: list[Sampled] = field(default_factory=list)
    drawn: list[frame.Row] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Its columns in one word."""
        return name_of(self.key)

    @property
    def size(self) -> int:
        """How many cases of it are in the sample."""
        return len(self.live) + len(self.drawn)

    @property
    def probability(self) -> float:
        """The chance of each of its cases to be in the sample, given how many are."""
        return self.size / self.stratum.population


@dataclass(frozen=True, slots=True)
class Design:
    """The whole of a draw."""

    strata: list[Drawn]
    columns: tuple[str, ...]
    population: int
    domains: Counter[tuple[str, ...]]

    def as_json(self) -> dict[str, Any]:
        """As the plan and the ledger keep it."""
        return {
            "formula": "n(h) ∝ N(h) · w(h) · √(p(h) · (1 - p(h)))",
            "columns": list(self.columns),
            "strata": [_told(each) for each in self.strata],
            "domains": [[*key, count] for key, count in sorted(self.domains.items())],
        }


@dataclass(slots=True)
class _Cells:
    """What one pass over the frame gathers of each cell."""

    plan: SamplePlan
    live: dict[str, Sampled]
    cells: dict[Key, Cell] = field(default_factory=dict)
    tickets: dict[Key, list[tuple[int, str, frame.Row]]] = field(default_factory=dict)
    taken: dict[Key, list[Sampled]] = field(default_factory=dict)
    domains: dict[Key, Counter[tuple[str, ...]]] = field(default_factory=dict)

    def add(self, row: frame.Row) -> None:
        key = tuple(row.columns[name] for name in self.plan.rules["strata"])
        self.cells.setdefault(key, Cell()).add(1, weight(row, self.plan.rules))
        kind = "unseen" if row.unseen else "seen"
        self.domains.setdefault(key, Counter())[kind, *(row.columns[name] for name in DOMAINS)] += 1
        if row.case in self.live:
            self.live[row.case].columns = row.kept
            self.taken.setdefault(key, []).append(self.live[row.case])
            return
        # A heap of the smallest tickets, the largest of them on top.
        heap, ticket = self.tickets.setdefault(key, []), -sampling.ticket(self.plan.seed, "draw", row.case)
        if len(heap) < self.plan.rules["size"] + self.plan.rules["floor"]:
            heapq.heappush(heap, (ticket, row.case, row))
        elif ticket > heap[0][0]:
            heapq.heapreplace(heap, (ticket, row.case, row))


def design(plan: SamplePlan, *, end: datetime) -> Design:
    """What this plan draws of the cases until `end`; the same again from the same seed and cases."""
    live = {each.case_id: each for each in Sampled.objects.filter(plan=plan, kind=Sampled.Kind.RANDOM, live=True)}
    found = _Cells(plan, live)
    for row in frame.rows(plan.from_at, end, bands=plan.rules["value_bands"]):
        found.add(row)
    return _designed(found)


def weight(row: frame.Row, rules: Mapping[str, Any]) -> float:
    """How much more this case is looked at: by its risk, and because nobody saw it."""
    risk = rules["risk_weights"].get(row.columns["risk"], _HEAVIEST)
    return float(risk) * (rules["released_weight"] if row.unseen else 1.0)


def name_of(key: Iterable[str]) -> str:
    """The columns of a stratum in one word; what stands for the rest comes last and once."""
    parts = [part.replace("|", "/")[:60] for part in key if part != sampling.REST]
    return "|".join([*parts, *([sampling.REST] if sampling.REST in key else [])])[:400] or sampling.REST


def _designed(found: _Cells) -> Design:
    rules = found.plan.rules
    strata_of = sampling.collapse(found.cells, size=rules["size"], floor=rules["floor"])
    inside: dict[Key, list[Key]] = {}
    for cell, key in strata_of.items():
        inside.setdefault(key, []).append(cell)
    past = _past()
    strata = [_stratum(key, [found.cells[cell] for cell in inside[key]], past) for key in sorted(inside)]
    wanted = sampling.allocate(strata, size=rules["size"], floor=rules["floor"])
    drawn = [_drawn(found, stratum, inside[stratum.key], n) for stratum, n in zip(strata, wanted, strict=True)]
    domains: Counter[tuple[str, ...]] = Counter()
    for cell, counted in found.domains.items():
        for domain, count in counted.items():
            domains[name_of(strata_of[cell]), *domain] += count
    population = sum(stratum.population for stratum in strata)
    return Design(drawn, tuple(rules["strata"]), population, domains)


def _stratum(key: Key, cells: list[Cell], past: Mapping[str, tuple[int, int]]) -> Stratum:
    population = sum(cell.population for cell in cells)
    overall = sampling.expected(*past.get("", (0, 0)))
    errors, judged = past.get(name_of(key), (0, 0))
    expected = sampling.expected(errors, judged, overall)
    return Stratum(key, population, sum(cell.weight for cell in cells) / population, expected)


def _drawn(found: _Cells, stratum: Stratum, cells: list[Key], wanted: int) -> Drawn:
    live = [each for cell in cells for each in found.taken.get(cell, [])]
    tickets = heapq.nlargest(max(wanted - len(live), 0), (one for cell in cells for one in found.tickets.get(cell, [])))
    return Drawn(stratum.key, stratum, wanted, live, [row for _ticket, _case, row in tickets])


def _past() -> dict[str, tuple[int, int]]:
    """Errors and judged cases of the latest weeks, by stratum; "" is all of them."""
    plans = (
        SamplePlan.objects.filter(drawn_at__isnull=False).order_by("-week").values_list("pk", flat=True)[:_LOOK_BACK]
    )
    settled = Sampled.objects.filter(plan__in=list(plans), kind=Sampled.Kind.RANDOM).exclude(settled_at=None)
    errors: Counter[str] = Counter()
    judged: Counter[str] = Counter()
    for stratum, verdict in settled.values_list("stratum", "verdict"):
        for name in ("", stratum):
            judged[name] += 1
            errors[name] += verdict != Rating.OK
    return {name: (errors[name], judged[name]) for name in judged}


def _told(each: Drawn) -> dict[str, Any]:
    return {
        "name": each.name,
        "key": list(each.key),
        "population": each.stratum.population,
        "weight": round(each.stratum.weight, 4),
        "expected": round(each.stratum.expected, 4),
        "wanted": each.wanted,
        "live": len(each.live),
        "size": each.size,
        "probability": each.probability,
    }
