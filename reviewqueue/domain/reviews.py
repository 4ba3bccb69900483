"""The weekly review and the monthly audit as guided runs.

The desk ticks what it can see by itself, a person ticks the rest, and the report is frozen with the signature.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from audit import ledger
from reviewqueue import rules
from reviewqueue.domain.people import by
from reviewqueue.models import QaRun
from reviewqueue.queries import reviewing
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from datetime import datetime

    from reviewqueue.domain.people import Reviewer

LONGEST_TEXT = 8_000


def begin(*, of: str, period: str, person: Reviewer, at: datetime) -> QaRun:
    """The run of this week or month; one for all. Refused without the right, or for a period that there is not."""
    _require(person)
    reviewing.weeks(of, period)
    with transaction.atomic():
        run, new = QaRun.objects.get_or_create(
            of=of, period=period, defaults={"started_by_id": person.pk, "started_at": at}
        )
        if new:
            _record(run, "qa_run.started", person, at=at, body={})
    return run


@transaction.atomic
def tick(run: QaRun, *, step: str, note: str, person: Reviewer, at: datetime, done: bool = True) -> QaRun:
    """A person says that a step is done, and what they found. Refused for a step that the desk ticks by itself."""
    _require(person)
    run = _open(run)
    if step not in reviewing.BY_HAND[QaRun.Of(run.of)]:
        raise Refusal("invalid-request", _("There is no such step."))
    note = _text(note)
    if done:
        run.steps[step] = {"by": person.reference, "name": person.display, "at": at.isoformat(), "note": note}
    else:
        run.steps.pop(step, None)
    run.save(update_fields=["steps"])
    _record(run, "qa_run.step", person, at=at, body={"step": step, "done": done, "note": note})
    return run


@transaction.atomic
def sign_off(run: QaRun, *, summary: str, person: Reviewer, at: datetime) -> QaRun:
    """Sign: the report as it stands now is kept with it for good. Twice is once.

    Refused while a step is open (``not-yet``), and without a summary (``invalid-request``).
    """
    _require(person)
    run = _open(run, signed=True)
    if run.signed_off_at:
        return run
    summary = _text(summary)
    if not summary:
        raise Refusal("invalid-request", _("Sum up what you found and what follows from it."))
    if missing := [step.title for step in reviewing.steps(run) if not step.done]:
        raise Refusal("not-yet", _("Still to be done: %s.") % "; ".join(map(str, missing)))
    run.report, run.summary = reviewing.report(run), summary
    run.signed_off_by_id, run.signed_off_at = person.pk, at
    run.save(update_fields=["report", "summary", "signed_off_by", "signed_off_at"])
    _record(run, "qa_run.signed_off", person, at=at, body={"summary": summary, "report": run.report})
    return run


def _open(run: QaRun, *, signed: bool = False) -> QaRun:
    fresh = QaRun.objects.select_for_update().get(pk=run.pk)
    if fresh.signed_off_at and not signed:
        raise Refusal("already-judged", _("This review is signed off; nothing in it changes any more."))
    return fresh


def _require(person: Reviewer) -> None:
    rules.require_right(person, rules.Permission.LEAD_QUALITY, _("Your role does not lead quality reviews."))


def _text(text: str) -> str:
    text = text.replace("\x00", "").strip()
    if len(text) > LONGEST_TEXT:
        raise Refusal("invalid-request", _("Write at most %s characters.") % LONGEST_TEXT)
    return text


def _record(run: QaRun, kind: str, person: Reviewer, *, at: datetime, body: dict[str, Any]) -> None:
    told = {"of": run.of, "period": run.period, **body}
    ledger.append(subject=run.subject, kind=kind, actor=by(person), at=at, body=told)
