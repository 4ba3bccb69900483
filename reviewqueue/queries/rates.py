"""The rates that judged samples show: of errors, of missed and of false escalations, each with its uncertainty.

Only cases that were drawn at random count. A group is a part of the population whose size is known from the draw, so
its rate is estimated like the whole: each of its strata stands for its known number of cases.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from reviewqueue.engine.judged import Estimate, Judged, estimate
from reviewqueue.models import Rating, Sampled, SamplePlan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

BY: Final = ("intent", "agent", "version", "stratum")
_UNSEEN: Final = "unseen"


class Cell(NamedTuple):
    """Cases of one week that have stratum, agent, version and intent in common, and whether a person saw them."""

    week: str
    stratum: str
    kind: str
    agent: str
    version: str
    intent: str

    def group(self, by: str) -> str:
        """What it is called in a report by this column; a version belongs to its agent."""
        return f"{self.agent} {self.version}" if by == "version" else str(getattr(self, by))


Said: TypeAlias = list[tuple[Cell, bool]]
Belongs: TypeAlias = "Callable[[Cell], bool]"


class Settled(NamedTuple):
    """One judged case: was it wrong and how, and should a person have seen it, where that was said?"""

    cell: Cell
    wrong: bool
    should: bool | None
    codes: tuple[str, ...] = ()
    case: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """One line of a report. A rate is missing where nothing of its kind was judged."""

    name: str
    population: int
    drawn: int
    errors: Estimate | None
    missed: Estimate | None
    false: Estimate | None


@dataclass(frozen=True, slots=True)
class Report:
    """What the samples of some weeks show, as a whole and by group."""

    weeks: list[str]
    by: str
    whole: Group
    groups: list[Group]


@dataclass(slots=True)
class Judgements:
    """The drawn cells with their sizes, and what was judged in them."""

    sizes: Counter[Cell]
    drawn: Counter[Cell]
    settled: list[Settled]

    @property
    def wrong(self) -> Said:
        """Was it wrong? Of each judged case."""
        return [(each.cell, each.wrong) for each in self.settled]

    @property
    def missed(self) -> Said:
        """Should somebody have seen it? Of each that nobody saw, where that was said."""
        return [(each.cell, each.should) for each in self.settled if each.should is not None and unseen(each.cell)]

    @property
    def needless(self) -> Said:
        """Need nobody have seen it? Of each that somebody saw, where that was said."""
        told = [each for each in self.settled if each.should is not None and not unseen(each.cell)]
        return [(each.cell, not each.should) for each in told]

    def rate(self, said: Said, belongs: Belongs) -> Estimate | None:
        """Of the part of the population that belongs."""
        cells = {cell: size for cell, size in self.sizes.items() if belongs(cell)}
        return _rate(cells, [(cell, is_so) for cell, is_so in said if belongs(cell)])

    def group(self, name: str, belongs: Belongs) -> Group:
        """The part of the population that belongs."""
        cells = {cell: size for cell, size in self.sizes.items() if belongs(cell)}
        return Group(
            name=name,
            population=sum(cells.values()),
            drawn=sum(self.drawn[cell] for cell in cells),
            errors=self.rate(self.wrong, belongs),
            missed=self.rate(self.missed, lambda cell: unseen(cell) and belongs(cell)),
            false=self.rate(self.needless, lambda cell: not unseen(cell) and belongs(cell)),
        )


def share_of(judgements: Judgements, mine: Callable[[Settled], bool]) -> tuple[float, Estimate | None]:
    """For which share of the population some of the judged cases stand, and the error rate of that part."""
    sizes: Counter[str] = Counter()
    for cell, size in judgements.sizes.items():
        sizes[stratum_of(cell)] += size
    counts = Counter(stratum_of(each.cell) for each in judgements.settled)
    chosen = [each for each in judgements.settled if sizes[stratum_of(each.cell)] and mine(each)]
    there = Counter(stratum_of(each.cell) for each in chosen)
    stand_for = {name: sizes[name] * n / counts[name] for name, n in there.items()}
    part = [
        Judged(name, max(round(stand_for[name]), there[name]), min(counts[name] / sizes[name], 1.0), each.wrong)
        for each in chosen
        if (name := stratum_of(each.cell))
    ]
    whole = sum(sizes[name] for name in counts)
    return (sum(stand_for.values()) / whole if whole else 0.0), estimate(part)


def unseen(cell: Cell) -> bool:
    """Did its cases run without a person?"""
    return cell.kind == _UNSEEN


def report(weeks: Sequence[str], *, by: str) -> Report:
    """The report about the drawn weeks among these."""
    return told(judged(weeks), by=by)


def told(judgements: Judgements, *, by: str) -> Report:
    """The same from what was read already."""
    names = sorted({cell.group(by) for cell in judgements.sizes})
    groups = [judgements.group(name, lambda cell, name=name: cell.group(by) == name) for name in names]  # type: ignore[misc] # the default binds the name
    groups.sort(key=lambda group: (-group.population, group.name))
    known = sorted({cell.week for cell in judgements.sizes})
    return Report(known, by, judgements.group("", lambda _cell: True), groups)


def judged(weeks: Sequence[str]) -> Judgements:
    """Everything that was drawn at random and judged in these weeks, by cell; three queries."""
    sizes: Counter[Cell] = Counter()
    plans = SamplePlan.objects.filter(pk__in=list(weeks)).exclude(drawn_at=None)
    for plan in plans:
        for stratum, kind, agent, version, intent, count in plan.design["domains"]:
            sizes[Cell(plan.week, stratum, kind, agent, version, intent)] += count
    found = Sampled.objects.filter(plan__in=plans, kind=Sampled.Kind.RANDOM)
    drawn: Counter[Cell] = Counter()
    settled = []
    columns = ("plan_id", "stratum", "columns", "state", "verdict", "should_have_been_reviewed", "codes", "case_id")
    for week, stratum, case, state, verdict, should, codes, key in found.values_list(*columns):
        cell = cell_of(week, stratum, case)
        drawn[cell] += 1
        if state == Sampled.State.SETTLED:
            settled.append(Settled(cell, verdict != Rating.OK, should, tuple(codes), key))
    return Judgements(sizes, drawn, settled)


def cell_of(week: str, stratum: str, case: dict[str, Any]) -> Cell:
    """The cell of a drawn case, by its columns as of the draw."""
    kind = _UNSEEN if case.get("unseen") else "seen"
    return Cell(week, stratum, kind, case.get("agent", ""), case.get("version", ""), case.get("intent", ""))


def _rate(cells: dict[Cell, int], said: Iterable[tuple[Cell, bool]]) -> Estimate | None:
    """Each stratum of each week stands for its cases; where nothing was judged the rest speaks for it."""
    sizes: Counter[str] = Counter()
    for cell, size in cells.items():
        sizes[stratum_of(cell)] += size
    found = [(stratum_of(cell), wrong) for cell, wrong in said]
    counts = Counter(stratum for stratum, _wrong in found)
    cases = [Judged(name, sizes[name], min(counts[name] / sizes[name], 1.0), wrong) for name, wrong in found]
    return estimate(cases, not_seen=sum(size for name, size in sizes.items() if not counts[name]))


def stratum_of(cell: Cell) -> str:
    """A stratum belongs to its week."""
    return f"{cell.week} {cell.stratum}"
