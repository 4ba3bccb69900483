"""How far those who judge agree, and how well each of them sees what is known of a case."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from reviewqueue.engine import agreement
from reviewqueue.engine.agreement import Skill
from reviewqueue.engine.estimates import Share
from reviewqueue.models import KnownVerdict, QaVerdict, Rating, Sampled
from reviewqueue.queries import rates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reviewqueue.engine.judged import Estimate
    from reviewqueue.queries.rates import Cell


class Who(NamedTuple):
    """Two people may have the same name."""

    pk: int
    name: str


@dataclass(frozen=True, slots=True)
class Agreed:
    """Cases that two or more judged without seeing each other: how often they said the same, and beyond chance."""

    same: Share
    kappa: float | None
    alpha: float | None


@dataclass(frozen=True, slots=True)
class Judge:
    """One person: how many cases they judged, how well they agree with others, and what known cases say of them."""

    name: str
    verdicts: int
    same: Share
    kappa: float | None
    skill: Skill


@dataclass(frozen=True, slots=True)
class Corrected:
    """The error rate behind what was said, given how well those who said it can see; empty where that is refused."""

    rate: tuple[float, float, float] | None
    skill: Skill


def overall(weeks: Sequence[str]) -> Agreed:
    """Of the blind verdicts of these weeks; one query."""
    pairs = [(first[1], second[1]) for first, second in _pairs(weeks)]
    same = Share(sum(a == b for a, b in pairs), len(pairs))
    return Agreed(same, agreement.cohen_kappa(pairs), agreement.krippendorff_alpha(pairs))


def of_drawn(weeks: Sequence[str]) -> list[tuple[Cell, bool]]:
    """Of each case of the random samples that two people judged: its cell, and did they say the same? One query."""
    blind = QaVerdict.objects.filter(sampled__plan__in=list(weeks), sampled__kind=Sampled.Kind.RANDOM, position__lte=2)
    columns = ("sampled_id", "sampled__plan_id", "sampled__stratum", "sampled__columns", "verdict")
    given: defaultdict[str, list[str]] = defaultdict(list)
    cells: dict[str, Cell] = {}
    for sampled, week, stratum, case, verdict in blind.order_by("pk").values_list(*columns):
        given[sampled].append(verdict)
        cells[sampled] = rates.cell_of(week, stratum, case)
    return [(cells[each], both[0] == both[1]) for each, both in given.items() if len(both) == 2]  # noqa: PLR2004 - a pair


def judges(weeks: Sequence[str]) -> list[Judge]:
    """Everybody who judged in these weeks, or a known case ever; the busiest first."""
    with_others: defaultdict[Who, list[tuple[str, str]]] = defaultdict(list)
    for first, second in _pairs(weeks):
        with_others[first[0]].append((first[1], second[1]))
        with_others[second[0]].append((second[1], first[1]))
    counts: defaultdict[Who, int] = defaultdict(int)
    for person in QaVerdict.objects.filter(sampled__plan__in=list(weeks)).select_related("by"):
        counts[_who(person)] += 1
    known = _of_known()
    found = [_judge(who, counts[who], with_others[who], known[who]) for who in {*counts, *known}]
    return sorted(found, key=lambda each: (-each.verdicts, each.name))


def corrected(errors: Estimate | None) -> Corrected:
    """The rate by Rogan and Gladen, by what all who judge said of known cases together."""
    skill = agreement.skill([pair for pairs in _of_known().values() for pair in pairs])
    if errors is None:
        return Corrected(None, skill)
    try:
        return Corrected(agreement.rogan_gladen((errors.rate, errors.low, errors.high), skill), skill)
    except agreement.NoInformationError:
        return Corrected(None, skill)


def _judge(who: Who, verdicts: int, pairs: list[tuple[str, str]], known: list[tuple[bool, bool]]) -> Judge:
    same = Share(sum(a == b for a, b in pairs), len(pairs))
    return Judge(who.name, verdicts, same, agreement.cohen_kappa(pairs), agreement.skill(known))


def _pairs(weeks: Sequence[str]) -> list[tuple[tuple[Who, str], tuple[Who, str]]]:
    """The first two verdicts of each case that has two, with who gave them; chosen and drawn, it is one case."""
    blind = QaVerdict.objects.filter(sampled__plan__in=list(weeks), position__lte=2)
    given: defaultdict[str, list[tuple[Who, str]]] = defaultdict(list)
    for verdict in (
        blind.exclude(sampled__kind=Sampled.Kind.CALIBRATION).select_related("by", "sampled").order_by("position")
    ):
        given[verdict.sampled.case_id].append((_who(verdict), verdict.verdict))
    pairs = [(both[0], both[1]) for both in given.values() if len(both) == 2]  # noqa: PLR2004 - a pair
    return [(first, second) for first, second in pairs if first[0] != second[0]]


def _of_known() -> defaultdict[Who, list[tuple[bool, bool]]]:
    """What each person said of known cases: (it is bad, they said that it is)."""
    truth = dict(KnownVerdict.objects.values_list("case_id", "bad"))
    told: defaultdict[Who, list[tuple[bool, bool]]] = defaultdict(list)
    found = QaVerdict.objects.filter(sampled__case__in=list(truth))
    for verdict in found.select_related("by", "sampled"):
        told[_who(verdict)].append((truth[verdict.sampled.case_id], verdict.verdict != Rating.OK))
    return told


def _who(verdict: QaVerdict) -> Who:
    return Who(verdict.by_id, str(verdict.by.display))
