"""What is known of each place on the ladder: reviews of what was proposed there, and what is still missing."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reviewqueue.engine import ladder
from reviewqueue.models import Case, Cell, Decision, Gap, LadderRules, Ruling, Rung, Sampled, Sighting, Stand, State
from reviewqueue.queries import incidents
from reviewqueue.queries.sightings import OWN_VIEW

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from reviewqueue.queries.incidents import Ran

# The newest reviews tell how things are; the way up never needs more.
LOOKED_AT: Final = 5000


class Review(NamedTuple):
    """What people said of one proposed action: when, and was it wrong, or dangerous."""

    at: datetime
    error: bool
    critical: bool


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for the next rung of a cell: reviews, errors, and the bound against its limit."""

    cell: Cell
    to: str
    limit: float
    reviews: Sequence[Review]
    reading: float
    patience: int
    gaps: int = 0
    # Where the same test stands over what ran: failed or succeeded.
    running: float = 1.0

    @property
    def n(self) -> int:
        return len(self.reviews)

    @property
    def errors(self) -> int:
        return sum(review.error for review in self.reviews)

    @property
    def critical(self) -> int:
        return sum(review.critical for review in self.reviews)

    @property
    def bound(self) -> float:
        """With 95 % the error rate is below this."""
        return ladder.upper_bound(self.errors, self.n)

    @property
    def needed(self) -> int:
        """So many reviews in all, if no further error is found."""
        return ladder.reviews_needed(self.limit, self.errors) if self.limit else 0

    @property
    def missing(self) -> list[str]:
        """What still stands in the way of the next rung, as sentences; nothing: the owner may decide."""
        if not self.to:
            return [_("This is the last rung.")]
        said = []
        if self.limit and self.bound >= self.limit:
            more = max(self.needed - self.n, 1)
            said.append(
                ngettext("%(more)d more review without an error.", "%(more)d more reviews without an error.", more)
                % {"more": more}
            )
        if self.critical:
            said.append(_("A critical error was found; the owner looks into it and counts anew."))
        if self.gaps:
            said.append(
                ngettext(
                    "%(gaps)d open knowledge gap about it is mended first.",
                    "%(gaps)d open knowledge gaps about it are mended first.",
                    self.gaps,
                )
                % {"gaps": self.gaps}
            )
        if self.cell.agent.owner_id is None:
            said.append(_("The agent has no owner who could decide."))
        return said

    def as_json(self) -> dict[str, Any]:
        """As it is kept with a step."""
        known = {"to": self.to, "n": self.n, "errors": self.errors, "critical": self.critical, "gaps": self.gaps}
        return known | {"upper_bound": round(self.bound, 5), "limit": self.limit, "made_by": self.cell.made_by}


def rules() -> LadderRules:
    """Those in force; the defaults where nobody set any."""
    return LadderRules.objects.first() or LadderRules()


def limit(rules: LadderRules, rung: str) -> float:
    """What the bound must be below before this rung; 0 where none is asked for."""
    asked = {
        Rung.REVIEW_ALL: rules.to_review_all,
        Rung.REVIEW_SAMPLED: rules.to_review_sampled,
        Rung.AUTOMATIC: rules.to_automatic,
    }
    return float(asked[Rung(rung)]) / 100 if rung in asked else 0.0


def detector(rules: LadderRules, rung: str) -> ladder.Detector:
    """The test that demotes from a rung: the limit is the one that led there."""
    allowed = limit(rules, rung) or float(rules.to_review_sampled) / 100
    return ladder.Detector(allowed, max(float(rules.alarming) / 100, allowed * 2), rules.patience)


def of_cells(cells: Collection[Cell], known: LadderRules) -> list[Evidence]:
    """The evidence of each, in their order; seven questions and one for each."""
    (found, ran), gaps = _reviews(cells), _gaps(cells)
    told = []
    for cell in cells:
        to = ladder.above(cell.rung)
        reviews = sorted(found[cell.pk])
        test = detector(known, cell.rung)
        reading = test.reading(review.error for review in reviews)
        open_gaps, running = gaps.get(cell.pk, 0), test.reading(each.failed for each in sorted(ran[cell.pk]))
        told.append(Evidence(cell, to, limit(known, to), reviews, reading, known.patience, open_gaps, running))
    return told


def _gaps(cells: Collection[Cell]) -> dict[str, int]:
    """How many knowledge gaps are open that failures of each cell belong to."""
    still = Gap.objects.filter(state__in=[Gap.State.OPEN, Gap.State.ASSIGNED], failures__case__stands__cell__in=cells)
    found = still.values_list("failures__case__stands__cell").annotate(n=Count("pk", distinct=True)).order_by()
    return dict(found)


def _reviews(cells: Collection[Cell]) -> tuple[dict[str, list[Review]], dict[str, list[Ran]]]:
    by_cell: dict[str, list[Stand]] = defaultdict(list)
    for cell in cells:
        mine = Stand.objects.filter(cell=cell, at__gte=cell.counted_from, made_by=cell.made_by)
        by_cell[cell.pk] = list(mine.order_by("-at")[:LOOKED_AT])
    cases = {stand.case_id for stands in by_cell.values() for stand in stands}
    told = _Told.of(cases)
    reviews = {pk: [found for each in stands if (found := told.of_stand(each))] for pk, stands in by_cell.items()}
    ran = {pk: [came for each in stands if (came := told.execution(each))] for pk, stands in by_cell.items()}
    return defaultdict(list, reviews), defaultdict(list, ran)


@dataclass(frozen=True, slots=True)
class _Told:
    """What people said of some cases, by what they said it with."""

    ruled: dict[tuple[str, str], Decision]
    verdicts: dict[str, Sampled]
    views: dict[str, Sighting]
    taken: dict[str, datetime]
    ran: dict[tuple[str, str], Ran]
    upheld: dict[str, datetime]

    @classmethod
    def of(cls, cases: Iterable[str]) -> _Told:
        cases = list(cases)
        people = {"case_id__in": cases, "decided_by__isnull": False, "undone_at": None, "took_effect_at__isnull": False}
        ruled = {(one.case_id, one.call_id): one for one in Decision.objects.filter(**people)}
        # A good word about a case that was chosen for a reason is no evidence of a rate; a bad one counts all the same.
        judged = Sampled.objects.filter(case_id__in=cases, state=Sampled.State.SETTLED)
        judged = judged.filter(Q(kind=Sampled.Kind.RANDOM) | ~Q(verdict="ok")).order_by("settled_at")
        views = Sighting.objects.filter(case_id__in=cases, piece=OWN_VIEW)
        taken = Case.objects.filter(pk__in=cases, outcome="taken_over").exclude(state=State.WITHDRAWN)
        return cls(
            ruled,
            {one.case_id: one for one in judged},
            {one.case_id: one for one in views},
            dict(taken.values_list("pk", "updated_at")),
            incidents.executions(cases),
            incidents.upheld(cases),
        )

    def of_stand(self, stand: Stand) -> Review | None:
        """The strictest of what was said; ``None`` where nobody has said anything."""
        said = [each for each in (self._person(stand), self._quality(stand), self._later(stand)) if each]
        if not said:
            return None
        return Review(max(each.at for each in said), any(e.error for e in said), any(e.critical for e in said))

    def execution(self, stand: Stand) -> Ran | None:
        """What came of it, where it ran as it was proposed."""
        return self.ran.get((stand.case_id, stand.call_id))

    def _later(self, stand: Stand) -> Review | None:
        """An incident: the customer contested it with reason, or it failed at high risk and nobody had seen it."""
        ruled, ran = self.ruled.get((stand.case_id, stand.call_id)), self.execution(stand)
        if at := self.upheld.get(stand.case_id):
            changed = ruled is not None and ruled.type != Ruling.APPROVE
            return None if changed else Review(at, error=True, critical=ruled is None)
        return Review(ran.at, error=True, critical=True) if ran and ran.is_incident else None

    def _person(self, stand: Stand) -> Review | None:
        ruled = self.ruled.get((stand.case_id, stand.call_id))
        if ruled is None:
            at = self.taken.get(stand.case_id)
            return Review(at, error=True, critical=False) if at else None
        # In shadow it counts what the person would have done before they saw the proposal's recommendation.
        view = self.views.get(stand.case_id) if stand.rung == Rung.SHADOW else None
        error = ruled.type != Ruling.APPROVE or (view is not None and view.says != Ruling.APPROVE)
        return Review(ruled.decided_at, error, ruled.reason_code == "unsafe")

    def _quality(self, stand: Stand) -> Review | None:
        verdict = self.verdicts.get(stand.case_id)
        if verdict is None:
            return None
        return Review(verdict.settled_at or verdict.drawn_at, verdict.verdict != "ok", verdict.verdict == "critical")
