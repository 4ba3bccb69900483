"""How far the introduction has come: for each phase what is reached, and what evidence is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext as _

from reviewqueue.engine.estimates import Share
from reviewqueue.models import PolicyVersion

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from reviewqueue.queries.insight.counted import Span

# So many cases make a baseline, and so many known ends a trigger's precision.
_BASELINE: Final = 200
_KNOWN: Final = 30
_MOST: Final = 0.9
_WEEKS: Final = 4
_DAYS: Final = 7


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to reach: what it is, whether it is, and what stands there now."""

    title: str
    reached: bool
    stands: str


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase of introduction."""

    title: str
    steps: tuple[Step, ...]

    @property
    def reached(self) -> bool:
        """All of it?"""
        return all(step.reached for step in self.steps)

    @property
    def missing(self) -> list[Step]:
        """What is still to do."""
        return [step for step in self.steps if not step.reached]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the guide looks at: the period's counts, the baseline's, and each trigger's."""

    now: Mapping[str, float]
    before: Mapping[str, float]
    baseline: Span | None
    triggers: Mapping[str, Mapping[str, float]]
    weeks: int
    loosened: int
    fall: tuple[float | None, float | None]


def guide(seen: Evidence, *, since: datetime) -> list[Phase]:
    """The phases in their order; one question to the database."""
    own = PolicyVersion.objects.filter(number__gt=1, author__isnull=False)
    rules = list(own.values_list("published_at", flat=True))
    changed = sum(at >= since for at in rules)
    return [
        Phase(_("1. Baseline"), tuple(_baseline(seen))),
        Phase(_("2. Triggers"), tuple(_triggers(seen, len(rules)))),
        Phase(_("3. Quality of briefings"), tuple(_briefings(seen))),
        Phase(_("4. Feedback loop"), tuple(_feedback(seen, changed))),
        Phase(_("5. Fewer escalations, no weaker rules"), tuple(_results(seen))),
    ]


def _baseline(seen: Evidence) -> Iterator[Step]:
    cases = int(seen.before.get("cases", 0))
    yield Step(
        _("A baseline of at least %(n)s cases") % {"n": _BASELINE},
        cases >= _BASELINE,
        _("cases: %(n)s") % {"n": cases} if seen.baseline else _("no baseline is fixed and no history imported"),
    )
    yield Step(
        _("%(n)s weeks observed on this desk") % {"n": _WEEKS},
        seen.weeks >= _WEEKS,
        _("weeks with cases: %(n)s") % {"n": seen.weeks},
    )


def _triggers(seen: Evidence, rules: int) -> Iterator[Step]:
    yield Step(
        _("A policy of your own is in force"),
        rules > 0,
        _("versions published by people: %(n)s") % {"n": rules},
    )
    fired = len(seen.triggers)
    sure = sum(counts.get("fired.known", 0) >= _KNOWN for counts in seen.triggers.values())
    yield Step(
        _("Of each trigger that fires, the end of at least %(n)s cases is known") % {"n": _KNOWN},
        0 < fired == sure,
        _("%(sure)s of %(fired)s triggers") % {"sure": sure, "fired": fired},
    )
    yield _share(_("The first queue is surely right in %(percent)s"), seen, "routed.right", "routed")


def _briefings(seen: Evidence) -> Iterator[Step]:
    yield _share(_("Briefings surely say what was tried in %(percent)s"), seen, "briefed", "briefed.of")
    yield _share(_("Customers are surely asked nothing twice in %(percent)s"), seen, "handed.kept", "handed")


def _feedback(seen: Evidence, changed: int) -> Iterator[Step]:
    overrides = int(seen.now.get("overridden", 0))
    said = overrides - int(seen.now.get("why.unsaid", 0))
    yield Step(
        _("Every correction says why the agent was wrong"),
        0 < overrides == said,
        _("%(said)s of %(all)s") % {"said": said, "all": overrides},
    )
    yield Step(
        _("Feedback changed the policy in the last 90 days"),
        changed > 0,
        _("versions: %(n)s") % {"n": changed},
    )


def _results(seen: Evidence) -> Iterator[Step]:
    value, high = seen.fall
    yield Step(
        _("Escalations are surely 20 % below the baseline"),
        high is not None and high <= -0.2,  # noqa: PLR2004 - the aim of R99
        _("not known") if value is None else f"{value:+.0%}" if round(value, 2) else "0%",
    )
    yield Step(
        _("No version loosened scrutiny since the baseline"),
        seen.baseline is not None and not seen.loosened,
        _("versions that loosened something: %(n)s") % {"n": seen.loosened},
    )


def _share(title: str, seen: Evidence, hits: str, of: str) -> Step:
    share = Share(int(seen.now.get(hits, 0)), int(seen.now.get(of, 0)))
    low = share.interval[0] if share.interval else 0.0
    stands = f"{share.hits}/{share.n}" if share.n else _("nothing to count yet")
    return Step(title % {"percent": f"{_MOST:.0%}".replace("%", " %")}, low >= _MOST, stands)
