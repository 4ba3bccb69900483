"""Why agents failed: decisions that changed something, takeovers and errors found later, each with what it cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Exists, OuterRef

from reviewqueue.engine import grouping
from reviewqueue.engine.stories import CHANGES
from reviewqueue.models import Case, Decision, Event, Failure, Letter, QaVerdict, Reason, Sampled
from reviewqueue.queries import real, takeovers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

LOOK_BACK: Final = timedelta(days=90)
MOST: Final = 1_000
_LONGEST_HANDLING: Final = 3600
_LONGEST: Final = 2_000
# What a failure could do to the customer, by the risk of its case, and what makes it worse.
HARM: Final = {"low": 1, "medium": 2, "high": 4, "critical": 8}
CONTESTED: Final = 4
UNHAPPY: Final = 2
CRITICAL: Final = 8
_CONTENT: Final = 3
# Longer than any other, so that whoever words a gap in their own words is heard most.
_WEIGHT_OF_GAP: Final = 3


@dataclass(frozen=True, slots=True)
class Words:
    """What was said about one failure: what was missing, what the person wrote, and what the case was about."""

    gap: str
    better: str
    issue: str


def new(*, at: datetime) -> list[Failure]:
    """Failures that are not kept yet, the oldest first; up to 1,000 of each kind at once."""
    found = [*_of_decisions(at), *_of_takeovers(at), *_of_verdicts(at)]
    return sorted(found, key=lambda failure: (failure.at, failure.pk))


def for_grouping(failures: Sequence[Failure]) -> list[grouping.Failure]:
    """The same as they are compared: read from their cases, kept nowhere."""
    said = words(failures)
    return [
        grouping.Failure(
            key=failure.pk,
            intent=failure.intent,
            text=_text(said[failure.pk]),
            facets=tuple(f"{name}:{value}" for name, value in _facets(failure) if value),
            group=failure.gap_id or "",
        )
        for failure in failures
    ]


def words(failures: Sequence[Failure]) -> dict[str, Words]:
    """What was said about each of these."""
    by_id = {failure.pk: failure for failure in failures}
    issues = dict(Case.objects.filter(pk__in={f.case_id for f in failures}).values_list("pk", "issue"))
    found = {pk: Words("", "", issues.get(failure.case_id, "")) for pk, failure in by_id.items()}
    decisions = Decision.objects.filter(pk__in=by_id)
    columns = ("pk", "case_id", "knowledge_gap", "message", "response", "note")
    for pk, case, gap, message, response, note in decisions.values_list(*columns):
        found[pk] = Words(gap, response or message or note, issues.get(case, ""))
    verdicts = QaVerdict.objects.filter(pk__in=by_id)
    for pk, case, gap, note in verdicts.values_list("pk", "sampled__case_id", "knowledge_gap", "note"):
        found[pk] = Words(gap, note, issues.get(case, ""))
    return found | dict(_of_taken(failures, issues))


def _of_taken(failures: Sequence[Failure], issues: Mapping[str, str]) -> Iterator[tuple[str, Words]]:
    """Why somebody took over is what they noted then, and what they wrote to the customer is the better answer."""
    taken = {each.case_id: each.pk for each in failures if each.origin == Failure.Origin.TAKEOVER}
    said = takeovers.whys(taken)
    written: dict[str, list[str]] = {}
    letters = Letter.objects.filter(case__in=taken).order_by("written_at", "pk")
    for case, text in letters.values_list("case_id", "text"):
        written.setdefault(case, []).append(text)
    for case, pk in taken.items():
        why = said.get(case, takeovers.Why())
        yield pk, Words(why.gap or why.note, "\n".join(written.get(case, [])), issues.get(case, ""))


def _of_decisions(at: datetime) -> Iterator[Failure]:
    found = real.decisions().filter(
        real.settled(at), type__in=CHANGES, decided_by__isnull=False, decided_at__gte=at - LOOK_BACK
    )
    kept = Failure.objects.filter(pk=OuterRef("pk"))
    for decision in found.filter(~Exists(kept)).select_related("case__conversation").order_by("decided_at")[:MOST]:
        yield _failure(decision.pk, decision.type, decision.case, decision.reason_code, decision.decided_at)


def _of_takeovers(at: datetime) -> Iterator[Failure]:
    """A takeover says why by itself where the customer asked for a person; those are no failures of knowledge."""
    first = Event.objects.filter(real.OF_REAL, kind="case.taken_over", at__gte=at - LOOK_BACK, at__lte=at)
    kept = Failure.objects.filter(case=OuterRef("case"), origin=Failure.Origin.TAKEOVER)
    events = list(first.filter(~Exists(kept)).select_related("case__conversation").order_by("id")[:MOST])
    said, seen = takeovers.whys({event.case_id for event in events if event.case_id}), set()
    for event in events:
        case = event.case
        if case and case.pk not in seen and not (case.raised_by_desk or takeovers.wants_person(case)):
            seen.add(case.pk)
            reason = said.get(case.pk, takeovers.Why()).reason
            if reason != takeovers.NO_FAULT:
                yield _failure(f"take_{case.pk}", Failure.Origin.TAKEOVER, case, reason, event.at)


def _of_verdicts(at: datetime) -> Iterator[Failure]:
    """Errors that stand: settled, and not only said by one of two who differ. Each case once, by its last verdict."""
    errors = {"state": Sampled.State.SETTLED, "verdict__in": ["error", "critical"]}
    settled = Sampled.objects.filter(**errors, settled_at__gte=at - LOOK_BACK, settled_at__lte=at)
    stands = settled.filter(case=OuterRef("sampled__case"), verdict=OuterRef("verdict"))
    kept = Failure.objects.filter(case=OuterRef("sampled__case"), origin=Failure.Origin.QA)
    found = QaVerdict.objects.filter(real.of_real("sampled__case"), Exists(stands), ~Exists(kept))
    found = found.exclude(sampled__kind=Sampled.Kind.CALIBRATION).select_related("sampled__case__conversation")
    last = {verdict.sampled.case_id: verdict for verdict in found.order_by("position", "-given_at")[:MOST]}
    for verdict in last.values():
        case, reason = verdict.sampled.case, next((code for code in verdict.codes if code in Reason.values), "")
        failure = _failure(verdict.pk, Failure.Origin.QA, case, reason, verdict.given_at)
        failure.harm += CRITICAL * (verdict.verdict == "critical")
        yield failure


def _failure(pk: str, origin: str, case: Case, reason: str, at: datetime) -> Failure:
    took = (at - case.claimed_at).total_seconds() if case.claimed_at else 0.0
    return Failure(
        pk=pk,
        case=case,
        origin=origin,
        intent=case.intent,
        reason=reason,
        source=_source(case),
        trigger=_trigger(case)[:100],
        harm=_harm(case),
        handling_seconds=round(took) if 0 < took <= _LONGEST_HANDLING else 0,
        at=at,
    )


def _harm(case: Case) -> int:
    unhappy = case.conversation.csat is not None and case.conversation.csat < _CONTENT
    contested = Case.objects.filter(contests=case).exists()
    return HARM.get(case.risk, 2) + UNHAPPY * unhappy + CONTESTED * contested


def _source(case: Case) -> str:
    """The source that the agent went by, by its title; empty where it named none."""
    sources: Iterable[dict[str, Any]] = case.document.get("sources") or []
    titles = (str(source.get("title") or source.get("id") or "") for source in sources)
    return next(chain(filter(None, titles), [""])).replace("\x00", "")[:200]


def _trigger(case: Case) -> str:
    reasons = (case.verdict or {}).get("reasons") or [{}]
    return str(reasons[0].get("trigger", ""))


def _text(said: Words) -> str:
    return "\n".join([*[said.gap] * _WEIGHT_OF_GAP, said.better, said.issue])[:_LONGEST]


def _facets(failure: Failure) -> list[tuple[str, str]]:
    return [("source", failure.source), ("trigger", failure.trigger), ("reason", failure.reason)]
