"""Judging the cases of a sample: never one's own, blind to each other, and a third person where two disagree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from audit import ledger
from reviewqueue.domain import autonomy, once, scorecards
from reviewqueue.domain.people import by
from reviewqueue.models import Failure, QaVerdict, Rating, Reason, Sampled, Score, Severity
from reviewqueue.queries import briefing, judging, reproaches
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from datetime import datetime

    from reviewqueue.domain.people import Reviewer
    from reviewqueue.models import Scorecard

LONGEST_TEXT: Final = 4_000
_MOST_CODES: Final = 20
_BEST: Final = 2
_SECOND: Final = 2
_THIRD: Final = 3


@dataclass(frozen=True, slots=True)
class Judgement:
    """What somebody says of a case: ``should_have_been_reviewed`` asks whether a person had to see it."""

    verdict: str
    should_have_been_reviewed: bool | None = None
    codes: Sequence[str] = ()
    knowledge_gap: str = ""
    severity: str = ""
    scores: Mapping[str, int] = field(default_factory=dict)
    note: str = ""


@transaction.atomic
def judge(sampled: Sampled, *, person: Reviewer, said: Judgement, at: datetime) -> QaVerdict:
    """Record what this person says. Saying the same again changes nothing, but adds why where that was left open.

    Refused: without the right, or where they decided the case (``forbidden``); a verdict, code or mark that there is
    not (``invalid-request``); where they or enough others have judged it already (``already-judged``), or the case is
    not over yet (``not-yet``).
    """
    fresh = _locked(judging.unit(sampled))
    card = scorecards.current()
    said = _checked(said, card)
    if known := judging.given(fresh).filter(by_id=person.pk).first():
        return _again(known, fresh, person, said, at=at)
    judging.require(person, fresh)
    made = _verdict(fresh, person, said, card, at=at)
    _leave_marks(made, said, at=at)
    _move(fresh, made, at=at)
    ledger.append(subject=fresh.subject, kind="qa.judged", actor=by(person), at=at, body=_told(made))
    if fresh.state in {Sampled.State.SETTLED, Sampled.State.DISPUTED}:
        body = {"case": fresh.case_id, "verdict": fresh.verdict}
        ledger.append(subject=fresh.subject, kind=f"qa.{fresh.state}", actor=by(person), at=at, body=body)
    once.settle_others(fresh, at=at)
    if fresh.state == Sampled.State.SETTLED and fresh.verdict != Rating.OK:
        autonomy.look_at(fresh.case, at=at)
    return made


def _locked(sampled: Sampled) -> Sampled:
    """With every row of its case, so that no two people are the first to judge it."""
    rows = Sampled.objects.select_for_update().filter(case=sampled.case_id).order_by("pk")
    return next(row for row in rows if row.pk == sampled.pk)


def _verdict(sampled: Sampled, person: Reviewer, said: Judgement, card: Scorecard | None, *, at: datetime) -> QaVerdict:
    made: QaVerdict = QaVerdict.objects.create(
        sampled=sampled,
        by_id=person.pk,
        position=judging.given(sampled).count() + 1,
        scorecard=card,
        verdict=said.verdict,
        should_have_been_reviewed=said.should_have_been_reviewed,
        codes=list(said.codes),
        knowledge_gap=said.knowledge_gap,
        severity=said.severity,
        scores=dict(said.scores),
        note=said.note,
        seen_digest=briefing.seen_digest(sampled.case),
        given_at=at,
    )
    return made


def _leave_marks(made: QaVerdict, said: Judgement, *, at: datetime) -> None:
    kept = {"sampled_id": made.sampled_id, "case_id": made.sampled.case_id, "verdict": made, "at": at}
    version = str(made.scorecard_id or "")
    marks = {name: mark / _BEST for name, mark in said.scores.items()}
    marks["verdict"] = float(said.verdict == Rating.OK)
    Score.objects.bulk_create(
        Score(source=Score.Source.PERSON, name=name, value=value, version=version, **kept)
        for name, value in marks.items()
    )


def _move(sampled: Sampled, made: QaVerdict, *, at: datetime) -> None:
    """Settled by one, by two who agree, or by a third; known cases stay open for everybody.

    Of two the first may have judged the case when it was chosen for a reason, before it was drawn.
    """
    if sampled.kind == Sampled.Kind.CALIBRATION:
        return
    if made.position == 1 and sampled.double:
        sampled.state = Sampled.State.SECOND
    elif made.position == _SECOND and not agree(*judging.given(sampled)):
        sampled.state = Sampled.State.DISPUTED
    else:
        _settle(sampled, made, at=at)
    sampled.save(update_fields=["state", "verdict", "should_have_been_reviewed", "severity", "codes", "settled_at"])


def agree(first: QaVerdict, second: QaVerdict) -> bool:
    """Do two people say the same? What only one of them answered is no disagreement."""
    answers = first.should_have_been_reviewed, second.should_have_been_reviewed
    return first.verdict == second.verdict and (None in answers or answers[0] == answers[1])


def _settle(sampled: Sampled, last: QaVerdict, *, at: datetime) -> None:
    """What the third says holds; of two who agree, what either of them added."""
    given = [last] if last.position == _THIRD else list(judging.given(sampled))
    answers = [each.should_have_been_reviewed for each in given if each.should_have_been_reviewed is not None]
    severities = [each.severity for each in given if each.severity]
    sampled.state, sampled.settled_at, sampled.verdict = Sampled.State.SETTLED, at, last.verdict
    sampled.should_have_been_reviewed = answers[0] if answers else None
    sampled.severity = max(severities, key=Severity.values.index, default="")
    sampled.codes = sorted({code for each in given for code in each.codes})


def _checked(said: Judgement, card: Scorecard | None) -> Judgement:
    faults = [{"pointer": pointer, "detail": detail} for pointer, detail in _faults(said, card)]
    if faults:
        raise Refusal("invalid-request", faults[0]["detail"], errors=tuple(faults))
    return Judgement(
        verdict=said.verdict,
        should_have_been_reviewed=said.should_have_been_reviewed,
        codes=sorted(set(said.codes)),
        knowledge_gap=_text(said.knowledge_gap),
        severity=said.severity if said.verdict != Rating.OK else "",
        scores=dict(said.scores),
        note=_text(said.note),
    )


def _faults(said: Judgement, card: Scorecard | None) -> list[tuple[str, str]]:
    found = []
    if said.verdict not in Rating.values:
        found.append(("/verdict", _("Say whether it was right: ok, error or critical.")))
    if said.severity and said.severity not in Severity.values:
        found.append(("/severity", _("Say how bad it was: low, medium or high.")))
    known = {code["code"] for code in card.codes} if card else set()
    for n, code in enumerate(said.codes[: _MOST_CODES + 1]):
        if code not in known or n == _MOST_CODES:
            found.append((f"/codes/{n}", _("The scorecard in force has no such error code.")))
    items = {item["key"] for item in card.items} if card else set()
    for name, mark in said.scores.items():
        if name not in items or mark not in range(_BEST + 1):
            found.append((f"/scores/{name[:60]}", _("Mark the questions of the scorecard in force with 0, 1 or 2.")))
    long = [name for name in ("knowledge_gap", "note") if len(getattr(said, name)) > LONGEST_TEXT]
    return found + [(f"/{name}", _("Write at most %s characters.") % LONGEST_TEXT) for name in long]


def _text(text: str) -> str:
    return text.replace("\x00", "").strip()


def require_why(said: Judgement) -> None:
    """Refuse an error of which nobody could learn anything: pages ask for it, programs may leave it open."""
    if said.verdict in {Rating.ERROR, Rating.CRITICAL} and not _gives_why(said):
        says = _("Say why: choose what it was, or write what the agent did not know, or a note.")
        raise Refusal("invalid-request", says, errors=({"pointer": "/codes", "detail": says},))


def _gives_why(said: Judgement) -> bool:
    return bool(said.codes or said.knowledge_gap.strip() or said.note.strip())


def _again(known: QaVerdict, sampled: Sampled, person: Reviewer, said: Judgement, *, at: datetime) -> QaVerdict:
    same = said.verdict == known.verdict and said.should_have_been_reviewed in {None, known.should_have_been_reviewed}
    if same and reproaches.says_nothing(known) and _gives_why(said):
        return _complete(known, sampled, person, said, at=at)
    return _same_again(known, said)


def _complete(known: QaVerdict, sampled: Sampled, person: Reviewer, said: Judgement, *, at: datetime) -> QaVerdict:
    """Why it is an error, said later; the verdict stays what it was."""
    known.codes, known.knowledge_gap, known.note = list(said.codes), said.knowledge_gap, said.note
    known.severity = known.severity or said.severity
    known.save(update_fields=["codes", "knowledge_gap", "note", "severity"])
    if sampled.state == Sampled.State.SETTLED and sampled.verdict == known.verdict:
        sampled.codes = sorted({*sampled.codes, *known.codes})
        sampled.severity = sampled.severity or known.severity
        sampled.save(update_fields=["codes", "severity"])
    reason = next((code for code in known.codes if code in Reason.values), "")
    Failure.objects.filter(pk=known.pk, reason="").update(reason=reason)
    body = {"case": sampled.case_id, "verdict": known.verdict, "codes": known.codes, "severity": known.severity}
    body |= {"knowledge_gap": known.knowledge_gap, "note": known.note}
    ledger.append(subject=sampled.subject, kind="qa.completed", actor=by(person), at=at, body=body)
    return known


def _same_again(known: QaVerdict, said: Judgement) -> QaVerdict:
    same = (known.verdict, known.should_have_been_reviewed, known.codes, known.note)
    if same == (said.verdict, said.should_have_been_reviewed, list(said.codes), said.note):
        return known
    raise Refusal("already-judged", _("You have judged this case already; a verdict is not changed afterwards."))


def _told(made: QaVerdict) -> dict[str, Any]:
    return {
        "case": made.sampled.case_id,
        "position": made.position,
        "verdict": made.verdict,
        "should_have_been_reviewed": made.should_have_been_reviewed,
        "codes": made.codes,
        "severity": made.severity,
        "scores": made.scores,
        "scorecard": made.scorecard_id,
        "knowledge_gap": made.knowledge_gap,
        "note": made.note,
        "seen_digest": made.seen_digest,
    } | ({"why": "not said why"} if reproaches.says_nothing(made) else {})
