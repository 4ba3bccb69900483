"""How far those who judge agree, and how well each of them sees what is known of a case."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from math import hypot
from typing import TYPE_CHECKING, NamedTuple

from reviewqueue.engine import agreement
from reviewqueue.engine.agreement import Skill
from reviewqueue.engine.estimates import Share
from reviewqueue.models import KnownVerdict, QaVerdict, Rating, Sampled
from reviewqueue.queries import rates

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

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
class Part:
    """The drawn cases that one person had the last word on: for which share of all they stand, and the corrected rate.

    ``rate`` is empty where the correction is refused: what this person says carries no information.
    """

    name: str
    share: float
    cases: int
    skill: Skill
    rate: tuple[float, float, float] | None


@dataclass(frozen=True, slots=True)
class Corrected:
    """The error rate behind what was said, each person's part by how well this person sees.

    ``rate`` is empty where one of the parts is refused: for that part nobody knows what is behind it.
    """

    rate: tuple[float, float, float] | None
    parts: list[Part]

    @property
    def refused(self) -> list[Part]:
        """The parts that cannot be corrected, the largest first."""
        return sorted((part for part in self.parts if part.rate is None), key=lambda part: (-part.share, part.name))


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


def corrected(found: rates.Judgements) -> Corrected:
    """By Rogan and Gladen, for each person who had the last word by their own matrix; the parts combined by MOVER."""
    last, known = _last_words({each.case for each in found.settled}), _of_known()
    parts = [
        _part(found, who, last, known[who]) for who in sorted({*last.values()}, key=lambda who: (who.name, who.pk))
    ]
    rates_of = [(part.share, part.rate) for part in parts if part.rate]
    if not parts or len(rates_of) < len(parts):
        return Corrected(None, parts)
    middle = sum(share * rate for share, (rate, _low, _high) in rates_of)
    below = hypot(*(share * (rate - low) for share, (rate, low, _high) in rates_of))
    above = hypot(*(share * (high - rate) for share, (rate, _low, high) in rates_of))
    return Corrected((middle, max(middle - below, 0.0), min(middle + above, 1.0)), parts)


def _part(found: rates.Judgements, who: Who, last: Mapping[str, Who], known: list[tuple[bool, bool]]) -> Part:
    share, errors = rates.share_of(found, lambda each: last.get(each.case) == who)
    skill, cases = agreement.skill(known), sum(last.get(each.case) == who for each in found.settled)
    if errors is None or not skill.informs:
        return Part(who.name, share, cases, skill, None)
    return Part(who.name, share, cases, skill, agreement.rogan_gladen((errors.rate, errors.low, errors.high), skill))


def _last_words(cases: Collection[str]) -> dict[str, Who]:
    """Who settled each case: of two who agree the second, of three the third."""
    given = QaVerdict.objects.filter(sampled__case__in=cases).exclude(sampled__kind=Sampled.Kind.CALIBRATION)
    found = given.select_related("by", "sampled").order_by("position", "given_at")
    return {verdict.sampled.case_id: _who(verdict) for verdict in found}


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
