"""Earlier cases like this one and how they were decided, found by their rarest words in common."""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.db import connection
from django.db.models import Exists, OuterRef, Q, TextField
from django.db.models.expressions import RawSQL

from reviewqueue.engine.terms import terms
from reviewqueue.models import Canary, Case, Decision, Ruling, State, wordindex
from reviewqueue.queries import real
from reviewqueue.rules import Person, queue_names

if TYPE_CHECKING:
    from collections.abc import Iterable

# A word in more cases than this tells nothing, and nobody counts further.
COMMON: Final = 2000
_ASKED: Final = 12
_RAREST: Final = 5
_LOOKED_AT: Final = 200
_SHOWN: Final = 5
# How much of the likeness words, the same action and the same intent make.
_WORDS, _ACTION, _INTENT = 0.5, 0.3, 0.2
_ENOUGH: Final = 0.4
_MATCHING: Final = {
    "sqlite": f"FROM {wordindex.TABLE} WHERE {wordindex.TABLE} MATCH %s",
    "postgresql": f"FROM {wordindex.TABLE} WHERE words @@ %s::tsquery",
}
# What the actions of a case are called, without reading the whole proposal.
_NAMES: Final = {
    "sqlite": "(SELECT group_concat(json_extract(value, '$.name'), char(10))"
    ' FROM json_each("reviewqueue_case"."facts", \'$.actions\'))',
    "postgresql": "(SELECT string_agg(value->>'name', E'\\n')"
    ' FROM jsonb_array_elements("reviewqueue_case"."facts"->\'actions\'))',
}
_NEWEST: Final = {"sqlite": "rowid", "postgresql": "case_id"}
_QUOTED: Final = {"sqlite": ('"{}"', " OR "), "postgresql": ("'{}'", " | ")}


class _Ruling(NamedTuple):
    type: str
    message: str
    response: str


class _Earlier(NamedTuple):
    """What tells whether a case is like another one; rows of the ORM would cost more than finding them."""

    id: str
    issue: str
    search_terms: str
    intent: str
    names: str | None


@dataclass(frozen=True, slots=True)
class Alike:
    """One earlier case, decided, with its likeness from 0 to 1 and what stands of its rulings."""

    id: str
    issue: str
    score: float
    rulings: list[_Ruling]

    @property
    def approved(self) -> bool:
        """Was everything approved as the agent proposed it?"""
        return all(ruling.type == Ruling.APPROVE for ruling in self.rulings)


@dataclass(frozen=True, slots=True)
class Precedents:
    """Every earlier case that is alike enough, the most alike first."""

    found: list[Alike]

    @property
    def approved(self) -> int:
        """How many were approved as proposed."""
        return sum(other.approved for other in self.found)

    @property
    def shown(self) -> list[dict[str, Any]]:
        """The most alike, as a briefing tells them."""
        return [_resolved(other) for other in self.found[:_SHOWN]]


def of(case: Case, viewer: Person) -> Precedents:
    """Only what the viewer may see, only cases that came before, only what people decided."""
    weights = _weights(case)
    recent = _earlier(case, viewer, weights).order_by("-pk").annotate(names=_names()).values_list(*_Earlier._fields)
    alike = {}
    for other in map(_Earlier._make, recent[:_LOOKED_AT]):
        if (score := _likeness(case, other, weights)) >= _ENOUGH:
            alike[other.id] = Alike(other.id, other.issue, score, [])
    for ruled, *ruling in _standing(alike):
        alike[ruled].rulings.append(_Ruling(*ruling))
    enough = [other for other in alike.values() if other.rulings]
    return Precedents(sorted(enough, key=lambda other: other.score, reverse=True))


def _standing(cases: Iterable[str]) -> Iterable[tuple[str, str, str, str]]:
    """The rulings of these cases that nobody took back."""
    ruled = Decision.objects.filter(case_id__in=list(cases), undone_at=None)
    return ruled.order_by("decided_at", "id").values_list("case_id", *_Ruling._fields)


def _names() -> RawSQL:
    return RawSQL(_NAMES[connection.vendor], [], output_field=TextField())  # noqa: S611 - nothing from outside


def _earlier(case: Case, viewer: Person, weights: dict[str, float]) -> Any:
    by_people = Decision.objects.filter(case=OuterRef("pk"), decided_by__isnull=False, undone_at=None)
    earlier = real.cases().filter(Exists(by_people), outcome="decided", pk__lt=case.pk)
    names = queue_names(viewer)
    if names is not None:
        earlier = earlier.filter(queue_id__in=names)
    near = Q(pk__in=_with_any(weights)) if weights else Q(pk__in=_lately_decided(case), intent=case.intent)
    # A control case is made from one of them, which would give it away, beside itself and beside others like it.
    made_from = Canary.objects.filter(Q(pk=case.pk) | Q(settled_at=None)).values("specimen__source_id")
    return earlier.filter(near).exclude(state=State.RELEASED).exclude(pk__in=made_from)


def _weights(case: Case) -> dict[str, float]:
    """The rarest words of the issue that stand in other cases too; the rarer, the heavier."""
    counted = zip(words := terms(case.issue)[:_ASKED], _counts(words), strict=True)
    rare = sorted((count, word) for word, count in counted if 1 < count < COMMON)[:_RAREST]
    return {word: log(1 + COMMON / count) for count, word in rare}


def _counts(words: list[str]) -> list[int]:
    """In how many cases each word stands, in one query."""
    if not words:
        return []
    quoted = _QUOTED[connection.vendor][0]
    count = f"(SELECT count(*) FROM (SELECT 1 {_MATCHING[connection.vendor]} LIMIT {COMMON}) AS found)"  # noqa: S608 - our own table
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join([count] * len(words))}", [quoted.format(word) for word in words])
        return list(cursor.fetchone())


def _with_any(words: Iterable[str]) -> RawSQL:
    quoted, either = _QUOTED[connection.vendor]
    found, newest = _MATCHING[connection.vendor], _NEWEST[connection.vendor]
    sql = f"SELECT case_id {found} ORDER BY {newest} DESC LIMIT {COMMON}"
    return RawSQL(sql, [either.join(quoted.format(word) for word in words)])  # noqa: S611 - parameters are bound


def _lately_decided(case: Case) -> Any:
    """Without a rare word to go by: of the earlier cases those that people decided last, however many are stored."""
    by_people = real.decisions().filter(decided_by__isnull=False, undone_at=None, case_id__lt=case.pk)
    return by_people.order_by("-pk").values("case_id")[:COMMON]


def _likeness(case: Case, other: _Earlier, weights: dict[str, float]) -> float:
    known = set(other.search_terms.split())
    shared = sum(weight for word, weight in weights.items() if word in known)
    same = {action["name"] for action in case.actions}.intersection((other.names or "").split("\n"))
    words = _WORDS * shared / sum(weights.values()) if weights else 0
    return words + (_ACTION if same else 0) + (_INTENT if case.intent and case.intent == other.intent else 0)


def _resolved(other: Alike) -> dict[str, Any]:
    return {
        "id": other.id,
        "score": round(other.score, 2),
        "issue": other.issue,
        "decision": _joined(ruling.type for ruling in other.rulings),
        "resolution": _joined(ruling.message or ruling.response for ruling in other.rulings),
    }


def _joined(words: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(word for word in words if word))
