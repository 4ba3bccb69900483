"""An agent's cases: read, withdraw, answer."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.translation import gettext as _
from ninja import Router
from ninja.decorators import decorate_view

from hitl.api import door, replies, shapes
from hitl.api.callers import AgentRequest
from hitl.api.schemas import answers
from hitl.api.schemas.calls import NO_REASON, Answer, Withdrawal
from hitl.api.security import AgentKey
from reviewqueue.domain import due, endings, questions
from reviewqueue.models import Agent, Case, Question
from reviewqueue.refusal import Refusal

router = Router(auth=AgentKey(), tags=["Agents: cases"])
LONGEST_WAIT: Final = 60
_WAIT: Final = re.compile(r"(?:^|[,;])\s*wait\s*=\s*\"?(\d{1,6})\"?\s*(?=$|[,;])", re.IGNORECASE)
_TAG: Final = re.compile(r'(?:W/)?"([^"]*)"|([^",\s]+)')


@router.get("/cases/{case_id}", operation_id="readCase", response={200: answers.Case, 304: None})
@decorate_view(door.for_agents("propose"))
def read_case(request: AgentRequest, case_id: str) -> HttpResponse:
    """Read a case; with `Prefer: wait=N` (up to 60 seconds) the answer is held until the case changes.

    It comes at once when the ETag differs from `If-None-Match` or the case is final; 304 when nothing changed.
    """
    case = own(request.caller.agent, case_id, at=request.caller.at)
    return reading(request, case)


@router.post("/cases/{case_id}/withdraw", operation_id="withdrawCase", response={200: answers.Case})
@decorate_view(door.for_agents("propose"))
def withdraw(request: AgentRequest, case_id: str, withdrawal: Withdrawal = NO_REASON) -> HttpResponse:
    """Take the proposal back. Refused (409 `not-pending`) once the case is final: then read its decisions."""
    caller = request.caller
    case = own(caller.agent, case_id, at=caller.at)
    case = endings.withdraw(case, agent=caller.agent, reason=withdrawal.reason, at=caller.at)
    return replies.of_version(shapes.case(case))


@router.post("/cases/{case_id}/answers", operation_id="answerQuestion", response={200: answers.Case})
@decorate_view(door.for_agents("propose"))
def answer(request: AgentRequest, case_id: str, answer: Answer) -> HttpResponse:
    """Answer a reviewer's question. The same answer again changes nothing."""
    caller = request.caller
    case = own(caller.agent, case_id, at=caller.at)
    if case.questions.filter(pk=answer.question_id, of=Question.Of.COLLEAGUE).exists():
        raise Refusal("not-found", _("This case has no such question."))
    case = questions.answer_by_agent(
        case,
        agent=caller.agent,
        question_id=answer.question_id,
        text=answer.text,
        attachments=answer.attachments,
        at=caller.at,
    )
    return replies.of_version(shapes.case(case))


def own(agent: Agent, case_id: str, *, at: datetime) -> Case:
    """The agent's case with all that is due done; another's and one that never was are refused alike."""
    case = Case.objects.filter(pk=named(case_id), agent=agent, canary=None).first()
    if case is None:
        raise Refusal("not-found", _("There is no such case."))
    return due.settle(case, at=at)


def named(given: str) -> str:
    """An id as it came in the address; text that a database cannot compare names nothing."""
    return given if given.isascii() and given.isprintable() else ""


def reading(request: HttpRequest, case: Case) -> HttpResponse:
    """The case, or 304 when the caller already has this version."""
    if known(request, case):
        headers = {"ETag": replies.etag(case.version), "Cache-Control": "no-store"}
        return HttpResponseNotModified(headers=headers)
    return replies.of_version(shapes.case(case))


def known(request: HttpRequest, case: Case) -> bool:
    """Does ``If-None-Match`` name the present version?"""
    return knows(request, case.version)


def knows(request: HttpRequest, version: int) -> bool:
    """Does ``If-None-Match`` name this version?"""
    tags = [quoted or bare for quoted, bare in _TAG.findall(request.headers.get("If-None-Match", ""))]
    return str(version) in tags or "*" in tags


def seconds_to_wait(request: HttpRequest) -> int:
    """What ``Prefer: wait=N`` asks for, at most 60; 0 when it asks for nothing."""
    found = _WAIT.search(request.headers.get("Prefer", ""))
    return min(int(found.group(1)), LONGEST_WAIT) if found else 0
