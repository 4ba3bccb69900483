"""The reviewers' wire: the same verbs as the pages, under the same rules, for chat-ops, mobile, tests and load."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Final

from django.db.models import Q
from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Router
from ninja.decorators import decorate_view

from hitl.accounts.models import User
from hitl.api import briefings, door, replies
from hitl.api.callers import PersonCaller, PersonRequest
from hitl.api.cases import named
from hitl.api.schemas import calls, reviews
from hitl.api.schemas.base import NOTHING, Empty
from hitl.api.security import PersonalToken
from reviewqueue import rules
from reviewqueue.domain import claims, comments, decisions, due, letters, questions, snoozes, takeover
from reviewqueue.models import Case, Queue
from reviewqueue.queries import briefing, cases
from reviewqueue.queries.takeovers import Why
from reviewqueue.refusal import Refusal

router = Router(auth=PersonalToken(), tags=["Reviewers"])
LONGEST_PARAMETER: Final = 500
_USER_ID: Final = re.compile(r"u_([0-9]{1,9})")


@router.get("/review/cases", operation_id="listCases", response={200: reviews.CaseList})
@decorate_view(door.for_people())
def list_cases(
    request: PersonRequest, *, queue: str = "", state: str = "", q: str = "", order: str = "", cursor: str = ""
) -> HttpResponse:
    """List the open cases that I may see, newest breach first, 50 a page; what I put aside only by `state` or `q`.

    `queue` and `state` take several values with commas between; `q` looks for words in customer, issue and id;
    `order` is `breach` or `due` (of what is due), `newest` or `oldest`; `cursor` continues behind the last page.
    """
    states = _words(state, "state") or list(cases.OPEN)
    page = cases.page(
        request.caller.user,
        cases.Wanted(
            queues=_words(queue, "queue"),
            states=states,
            search=_fit(q, "q"),
            awake_for=None if state or q else request.caller.user.pk,
        ),
        # What is closed is due no more, and would not be in a list by breach.
        order=order or ("breach" if set(states) <= set(cases.OPEN) else "newest"),
        cursor=_fit(cursor, "cursor"),
    )
    return replies.of({"cases": [briefings.row(case) for case in page.cases], "cursor": page.cursor or None})


@router.post("/review/next", operation_id="claimNext", response={200: reviews.WholeCase, 204: None})
@decorate_view(door.for_people())
def claim_next(request: PersonRequest, wish: calls.Next = calls.ANYWHERE) -> HttpResponse:
    """Claim the best case for me; 204 when nothing waits. Any number of callers at once get different cases."""
    caller = request.caller
    if not caller.user.may(rules.Permission.DECIDE):
        raise Refusal("forbidden", _("Your role does not decide cases."))
    case = claims.claim_next(reviewer=caller.user, queues=tuple(wish.queues), at=caller.at)
    return _briefing(caller, case) if case else HttpResponse(status=204)


@router.get("/review/cases/{case_id}", operation_id="readBriefing", response={200: reviews.WholeCase})
@decorate_view(door.for_people())
def read_briefing(request: PersonRequest, case_id: str) -> HttpResponse:
    """Read the whole briefing, with what I may do and, where I may not, why not."""
    return _briefing(request.caller, _found(request.caller, case_id))


@router.post("/review/cases/{case_id}/claim", operation_id="claimCase", response={200: reviews.WholeCase})
@decorate_view(door.for_people())
def claim(request: PersonRequest, case_id: str, nothing: Empty = NOTHING) -> HttpResponse:  # noqa: ARG001 - refuses fields
    """Claim a case for one lease, or renew my own. Refused (409 `stale-claim`) while somebody else's lease runs."""
    caller = request.caller
    return _briefing(caller, claims.claim(_found(caller, case_id), reviewer=caller.user, at=caller.at))


@router.post("/review/cases/{case_id}/heartbeat", operation_id="renewClaim", response={200: reviews.Lease})
@decorate_view(door.for_people())
def heartbeat(request: PersonRequest, case_id: str, held: calls.Held = calls.MY_LEASE) -> HttpResponse:
    """Renew my lease while it runs."""
    caller = request.caller
    case = _found(caller, case_id)
    case = claims.heartbeat(case, reviewer=caller.user, token=_lease(held, case), at=caller.at)
    return replies.of_version({"claim": briefings.claim(case, caller.user), "version": case.version})


@router.post("/review/cases/{case_id}/release", operation_id="releaseCase", response={200: reviews.CaseRow})
@decorate_view(door.for_people())
def release(request: PersonRequest, case_id: str, held: calls.Held = calls.MY_LEASE) -> HttpResponse:
    """Give the case back to its queue."""
    caller = request.caller
    case = claims.release(_found(caller, case_id), reviewer=caller.user, token=held.claim_token, at=caller.at)
    return _row(case)


@router.post("/review/cases/{case_id}/reassign", operation_id="reassignCase", response={200: reviews.CaseRow})
@decorate_view(door.for_people())
def reassign(request: PersonRequest, case_id: str, wish: calls.Reassignment) -> HttpResponse:
    """Pass the case on to a person, who is offered it first, or to another queue."""
    caller = request.caller
    case = claims.reassign(
        _found(caller, case_id),
        reviewer=caller.user,
        to_user=_colleague(wish.to_user) if wish.to_user else None,
        to_queue=_queue(wish.to_queue) if wish.to_queue else None,
        note=wish.note,
        at=caller.at,
    )
    return _row(case)


@router.post("/review/cases/{case_id}/snooze", operation_id="snoozeCase", response={200: reviews.CaseRow})
@decorate_view(door.for_people())
def snooze(request: PersonRequest, case_id: str, wish: calls.Snooze) -> HttpResponse:
    """Put the case aside until a time: I am not given it before. It goes back to its queue; its deadlines go on."""
    caller, until = request.caller, datetime.fromisoformat(wish.until.upper())
    return _row(snoozes.snooze(_found(caller, case_id), person=caller.user, until=until, at=caller.at))


@router.post("/review/cases/{case_id}/comment", operation_id="commentCase", response={200: reviews.CaseRow})
@decorate_view(door.for_people())
def comment(request: PersonRequest, case_id: str, said: calls.Comment) -> HttpResponse:
    """Leave a remark for colleagues in the timeline; it moves nothing."""
    caller = request.caller
    return _row(comments.comment(_found(caller, case_id), person=caller.user, text=said.text, at=caller.at))


@router.post("/review/cases/{case_id}/ask", operation_id="ask", response={200: reviews.CaseRow})
@decorate_view(door.for_people())
def ask(request: PersonRequest, case_id: str, asked: calls.Ask) -> HttpResponse:
    """Ask the agent, the customer or a colleague. The case leaves my hands; the answer comes to me first."""
    caller = request.caller
    case = _found(caller, case_id)
    questions.ask(case, reviewer=caller.user, of=asked.of, text=asked.text, token=asked.claim_token, at=caller.at)
    return _row(case)


@router.post(
    "/review/cases/{case_id}/decide",
    operation_id="decide",
    response={200: reviews.Decided, 202: reviews.SecondLook},
)
@decorate_view(door.for_people(invalid="invalid-decision"))
def decide(request: PersonRequest, case_id: str, ruling: calls.Decide) -> HttpResponse:
    """Decide. It takes effect at `effective_at`, when nobody can undo it any more.

    202 `second-look`: this was the first of two required pairs of eyes. Refused when the lease (409 `stale-claim`), the
    version (409 `stale-version`, with what changed) or what was shown (412 `seen-digest-mismatch`) is not that of now.
    """
    caller = request.caller
    outcome = decisions.decide(
        _found(caller, case_id, settled=False),
        reviewer=caller.user,
        look=decisions.Look(claim_token=ruling.claim_token, version=ruling.version, seen_digest=ruling.seen_digest),
        decisions=[each.model_dump() for each in ruling.decisions],
        note=ruling.note or "",
        typed_amount=ruling.typed_amount,
        at=caller.at,
    )
    # Without an undo window the decision has taken effect by now, which changed the case once more.
    case = Case.objects.get(pk=outcome.case.pk)
    said = {"id": case.pk, "state": case.state, "version": case.version}
    if outcome.effective_at is None:
        return replies.of_version({"status": "second-look", **said}, status=202)
    made = briefings.decisions(case, only={ruled.pk for ruled in outcome.decisions})
    effective_at = replies.instant(outcome.effective_at)
    return replies.of_version({"status": "decided", "effective_at": effective_at, "decisions": made, **said})


@router.post("/review/cases/{case_id}/undo", operation_id="undo", response={200: reviews.WholeCase})
@decorate_view(door.for_people())
def undo(request: PersonRequest, case_id: str, nothing: Empty = NOTHING) -> HttpResponse:  # noqa: ARG001 - refuses fields
    """Take my decision back while its undo window is open; the case is mine again, with a new lease."""
    caller = request.caller
    return _briefing(caller, decisions.undo(_found(caller, case_id), reviewer=caller.user, at=caller.at))


@router.post("/review/cases/{case_id}/take_over", operation_id="takeOver", response={200: reviews.WholeCase})
@decorate_view(door.for_people())
def take_over(request: PersonRequest, case_id: str, said: calls.TakeOver = calls.AT_ONCE) -> HttpResponse:
    """Take the conversation over: unspent grants are void and the agent must not act in it.

    `reason_code` and `knowledge_gap` say why the agent failed (`no_fault`: it did not); they can be given when control
    is given back as well.
    """
    caller, case = request.caller, _found(request.caller, case_id)
    case = takeover.take_over(case, person=caller.user, note=said.note, at=caller.at, why=_why(said))
    return _briefing(caller, case)


@router.post("/review/cases/{case_id}/messages", operation_id="writeMessage", response={200: reviews.WrittenMessage})
@decorate_view(door.for_people())
def write_message(request: PersonRequest, case_id: str, said: calls.MessageToCustomer) -> HttpResponse:
    """Write to the customer of a conversation that I have taken over; the agent's side delivers it once."""
    caller = request.caller
    letter = letters.write(_found(caller, case_id), person=caller.user, text=said.text, at=caller.at)
    at = replies.instant(letter.written_at)
    return replies.of({"id": letter.pk, "text": letter.text, "at": at, "asked_again": letter.asked_again})


@router.post("/review/cases/{case_id}/return", operation_id="giveBack", response={200: reviews.CaseRow})
@decorate_view(door.for_people())
def give_back(request: PersonRequest, case_id: str, said: calls.GiveBack = calls.NO_WORD) -> HttpResponse:
    """Give control of the conversation back to the agent, or, with `resolved`, end it with the customer."""
    caller = request.caller
    case, note = _found(caller, case_id), said.note
    if said.resolved is None:
        return _row(takeover.give_back(case, person=caller.user, note=note, at=caller.at, why=_why(said)))
    ended = takeover.finish(case, person=caller.user, resolved=said.resolved, note=note, at=caller.at, why=_why(said))
    return _row(ended)


def _why(said: calls.TakeOver) -> Why:
    return Why(said.reason_code or "", said.knowledge_gap or "")


@router.get("/review/audit/{case_id}", operation_id="readTimeline", response={200: reviews.Timeline})
@decorate_view(door.for_people())
def read_timeline(request: PersonRequest, case_id: str) -> HttpResponse:
    """Read everything recorded about a case, oldest first, each entry with its link in the chain."""
    caller = request.caller
    case = _found(caller, case_id)
    rules.require(caller.user, "timeline", case)
    return replies.of({"case": case.pk, "entries": [_entry(entry) for entry in briefing.timeline(case)]})


def _found(caller: PersonCaller, case_id: str, *, settled: bool = True) -> Case:
    case = cases.find(caller.user, named(case_id))
    return due.settle(case, at=caller.at) if settled else case


def _briefing(caller: PersonCaller, case: Case) -> HttpResponse:
    fresh = cases.find(caller.user, case.pk)
    return replies.of_version(briefings.whole(fresh, caller.user))


def _row(case: Case) -> HttpResponse:
    fresh = Case.objects.select_related("agent", "claimed_by").get(pk=case.pk)
    return replies.of_version(briefings.row(fresh))


def _lease(held: calls.Held, case: Case) -> str:
    return held.claim_token or case.claim_token


def _colleague(name: str) -> User:
    by_id = _USER_ID.fullmatch(name)
    found = User.objects.filter(Q(pk=int(by_id.group(1))) if by_id else Q(username=name)).first()
    if found is None:
        raise _unfit("/to_user", _("There is no such person."))
    return found


def _queue(name: str) -> Queue:
    found = Queue.objects.filter(pk=name).first()
    if found is None:
        raise _unfit("/to_queue", _("There is no such queue."))
    return found


def _words(text: str, parameter: str) -> list[str]:
    return [word.strip() for word in _fit(text, parameter).split(",") if word.strip()]


def _fit(text: str, parameter: str) -> str:
    if len(text) > LONGEST_PARAMETER or not text.isprintable():
        raise _unfit(f"?{parameter}", _("Send at most %s printable characters.") % LONGEST_PARAMETER)
    return text


def _unfit(pointer: str, says: str) -> Refusal:
    return Refusal("invalid-request", says, errors=({"pointer": pointer, "detail": says},))


def _entry(entry: Any) -> dict[str, Any]:
    return {
        "seq": entry.seq,
        "kind": entry.kind,
        "at": replies.instant(entry.at),
        "actor": {"type": entry.actor.type, "id": entry.actor.id, "display": entry.actor.display or None},
        "sentence": entry.sentence,
        "data": entry.data,
        "hash": entry.hash,
    }
