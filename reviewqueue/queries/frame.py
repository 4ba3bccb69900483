"""All cases of a stretch of time as samples see them: by the columns that strata are made of, and what came of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Q

from reviewqueue.models import OPEN, Case, Decision, Ruling, State, ids
from reviewqueue.queries import real

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from datetime import datetime

    from django.db.models import QuerySet

# What became of a case, as far as a person had a hand in it.
RELEASED: Final = "released"
APPROVED: Final = "approved"
CHANGED: Final = "changed"
REJECTED: Final = "rejected"
TAKEN_OVER: Final = "taken_over"
ENDED: Final = "ended"
WAITING: Final = "open"
# Nobody looked at these before they ran; the others had a person, or ran out of time.
UNSEEN: Final = frozenset({RELEASED})
# Ids grow with time, but a case may be made a moment before its id says, or long before where a clock was wrong.
_SLACK: Final = timedelta(days=1)
_AT_ONCE: Final = 5_000
_BY_POLICY: Final = "by policy"
# What a case is called by the strictest of its rulings.
_DECISIONS: Final = (
    (Ruling.REJECT, REJECTED),
    (Ruling.RESPOND, REJECTED),
    (Ruling.EDIT, CHANGED),
    (Ruling.APPROVE, APPROVED),
    (_BY_POLICY, RELEASED),
)
_COLUMNS: Final = (
    "pk",
    "agent__name",
    "agent_version",
    "intent",
    "risk",
    "worth",
    "value",
    "customer_tier",
    "state",
)


@dataclass(frozen=True, slots=True)
class Row:
    """One case of the frame: its columns by name, and whether anybody saw it before it ran."""

    case: str
    columns: dict[str, str]

    @property
    def unseen(self) -> bool:
        """Did it run without a person?"""
        return self.columns["decision"] in UNSEEN

    @property
    def kept(self) -> dict[str, Any]:
        """What a sample keeps of it."""
        return {**self.columns, "unseen": self.unseen}


def cases(start: datetime, end: datetime) -> QuerySet[Case]:
    """Every real case that came in this stretch of time; stored history was never decided here and is left out."""
    near = real.cases().filter(pk__gte=ids.first_at("case", start - _SLACK))
    return near.filter(created_at__gte=start, created_at__lt=end).exclude(state=State.IMPORTED)


def rows(start: datetime, end: datetime, *, bands: Sequence[float] = ()) -> Iterator[Row]:
    """The frame in the order of its ids, some thousand cases at a time."""
    after = ""
    while found := list(cases(start, end).filter(pk__gt=after).order_by("pk").values_list(*_COLUMNS)[:_AT_ONCE]):
        ruled = _rulings([row[0] for row in found])
        for row in found:
            yield _row(row, ruled.get(row[0], Counter()), bands)
        after = found[-1][0]


def row_of(case: Case, *, bands: Sequence[float] = ()) -> Row:
    """The same of one case."""
    (found,) = Case.objects.filter(pk=case.pk).values_list(*_COLUMNS)
    return _row(found, _rulings([case.pk]).get(case.pk, Counter()), bands)


def finished(prefix: str = "") -> Q:
    """Cases in which nothing more will be decided, so that they can be judged."""
    states = [State.RELEASED, State.EXPIRED, State.WITHDRAWN, State.SUPERSEDED, State.CLOSED]
    decided = Q(**{f"{prefix}state": State.DECIDED, f"{prefix}took_effect_at__isnull": False})
    return Q(**{f"{prefix}state__in": states}) | decided


def _row(found: Sequence[Any], ruled: Counter[str], bands: Sequence[float]) -> Row:
    case, agent, version, intent, risk, worth, value, tier, state = found
    columns = {
        "decision": _decision(state, ruled),
        "risk": risk,
        "agent": agent,
        "intent": intent or "–",
        "version": version or "–",
        "value": _band(worth, value, bands),
        "segment": tier or "–",
    }
    return Row(case, columns)


def _decision(state: str, ruled: Counter[str]) -> str:
    if state in {*OPEN, State.WATCHED}:
        return WAITING
    if state == State.TAKEN_OVER:
        return TAKEN_OVER
    if strictest := next((decision for ruling, decision in _DECISIONS if ruled[ruling]), None):
        return strictest
    return TAKEN_OVER if state == State.CLOSED else ENDED


def _band(worth: Any, value: Any, bands: Sequence[float]) -> str:
    if worth is None:
        return "–" if value is None else "?"
    below = next((band for band in sorted(bands) if worth < band), None)
    return f"<{below:g}" if below is not None else f"≥{max(bands, default=0):g}"


def _rulings(case_ids: Collection[str]) -> dict[str, Counter[str]]:
    """What people ruled, and what the policy let through, by case."""
    found: dict[str, Counter[str]] = {}
    between = {"case_id__gte": min(case_ids), "case_id__lte": max(case_ids)}
    standing = Decision.objects.filter(**between, undone_at=None)
    rows: Iterable[tuple[str, str, int | None]] = standing.values_list("case_id", "type", "decided_by_id")
    for case, ruling, person in rows:
        if person is not None:
            found.setdefault(case, Counter())[ruling] += 1
        elif ruling == Ruling.APPROVE:
            found.setdefault(case, Counter())[_BY_POLICY] += 1
    return found
