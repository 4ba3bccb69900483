"""Ask and answer: the case waits, its clock stands still where the service level says so, the asker sees the answer."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from audit.actions import Actor
from reviewqueue import rules
from reviewqueue.domain import claims, deadlines, lifecycle, unmasking
from reviewqueue.domain.people import by
from reviewqueue.models import Agent, Case, Question, State
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from reviewqueue.domain.people import Reviewer


@transaction.atomic
def ask(case: Case, *, reviewer: Reviewer, of: str, text: str, at: datetime, token: str | None = None) -> Question:
    """Ask the agent, the customer (the agent passes it on) or a colleague; the case leaves the reviewer's hands."""
    case = claims.held(case, reviewer=reviewer, token=token, at=at)
    rules.require(reviewer, "ask", case)
    if of not in Question.Of.values:
        raise _unfit("/of", _("Ask one of: %s.") % ", ".join(Question.Of.values))
    if not text.strip():
        raise _unfit("/text", _("Write the question."))
    question = Question.objects.create(case=case, of=of, text=text, asked_by_id=reviewer.pk, asked_at=at)
    changes: dict[str, Any] = {"claimed_by_id": None, "claimed_at": None, "claim_expires_at": None, "waiting_on": of}
    data = {"question": question.pk, "of": of, "text": text}
    lifecycle.advance(case, "ask", actor=by(reviewer), at=at, data=data, **changes)
    deadlines.pause(case, asked=of, at=at)
    if unmasking.canary_of(case):
        unmasking.after_stopping(case, person=reviewer, how="ask", at=at)
    return question


@transaction.atomic
def answer_by_agent(
    case: Case, *, agent: Agent, question_id: str, text: str, attachments: Sequence[Any], at: datetime
) -> Case:
    """The agent answers a question of its own case; the same answer again changes nothing."""
    return _answer(case, question_id, text, attachments, actor=Actor("agent", agent.name), by_user=None, at=at)


@transaction.atomic
def answer_by_person(case: Case, *, reviewer: Reviewer, question_id: str, text: str, at: datetime) -> Case:
    """A colleague answers in the desk."""
    fresh = lifecycle.locked(case.pk)
    rules.require(reviewer, "answer", fresh)
    return _answer(case, question_id, text, (), actor=by(reviewer), by_user=reviewer.pk, at=at)


def _answer(
    case: Case,
    question_id: str,
    text: str,
    attachments: Sequence[Any],
    *,
    actor: Actor,
    by_user: int | None,
    at: datetime,
) -> Case:
    case = lifecycle.locked(case.pk)
    question = case.questions.filter(pk=question_id).first()
    if question is None:
        raise Refusal("not-found", _("This case has no such question."))
    if not text.strip():
        raise _unfit("/text", _("Write the answer."))
    if question.answered_at and question.answer == text:
        return case
    if question.answered_at or case.state != State.ASKED:
        raise Refusal("not-pending", _("This question no longer waits for an answer."))
    question.answer, question.attachments = text, list(attachments)
    question.answered_at, question.answered_by_id = at, by_user
    question.save(update_fields=["answer", "attachments", "answered_at", "answered_by"])
    changes: dict[str, Any] = {
        "offered_to_id": question.asked_by_id,
        "offered_until": at + timedelta(seconds=settings.FIRST_OFFER_SECONDS),
        "waiting_on": "reviewer",
    } | deadlines.resume(case, at=at)
    data = {"question": question.pk, "text": text}
    return lifecycle.advance(case, "answer", actor=actor, at=at, data=data, **changes)


def _unfit(pointer: str, says: str) -> Refusal:
    return Refusal("invalid-request", says, errors=({"pointer": pointer, "detail": says},))
