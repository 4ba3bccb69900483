"""The verbs as forms: do one, then go where the work goes on; a refusal shows the case with all that was typed."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from reviewqueue.domain import (
    claims,
    comments,
    decisions,
    drafting,
    habits,
    letters,
    questions,
    snoozes,
    takeover,
    watching,
)
from reviewqueue.models import Case, Queue
from reviewqueue.queries import clock
from reviewqueue.queries.takeovers import Why
from reviewqueue.refusal import Refusal
from reviewqueue.web import filters, team
from reviewqueue.web.case import settled, show
from reviewqueue.web.claims import summary as claims_of
from reviewqueue.web.page import CasePage
from reviewqueue.web.visit import person, posted, signed_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from reviewqueue.domain.people import Reviewer

# Where the work goes on after a verb, and what the reader is told.
HERE: Final = "case"
QUEUE: Final = "queue"
NEXT: Final = "next"
_LONGEST_SNOOZE: Final = 7 * 24 * 60
# A page that was open for longer was not being read.
_LONGEST_LOOK: Final = timedelta(days=1)
_MILLISECONDS: Final = re.compile(r"[0-9]{1,8}")


@signed_in
@require_POST
def act(request: HttpRequest, case_id: str, verb: str) -> HttpResponse:
    """``/cases/<id>/<verb>``: one verb of the domain."""
    if verb not in VERBS:
        raise Http404
    now, who = clock.now(), person(request)
    page = CasePage(settled(who, case_id, now), who, now, posted=posted(request), verb=verb)
    page.second_factor = getattr(request, "second_factor", False)
    try:
        where, told = VERBS[verb](page)
    except Refusal as refusal:
        page = CasePage(settled(who, case_id, now), who, now, posted=posted(request), verb=verb, refusal=refusal)
        return show(request, page)
    if told:
        messages.success(request, told)
    if verb in {"claim", "comment"} and page.form.touched:
        # The lease had run out while somebody typed, or they left a remark meanwhile: they go on typing.
        return show(request, CasePage(settled(who, case_id, now), who, now, posted=posted(request)))
    return redirect(_address(request, case_id, where, now))


def _claim(page: CasePage) -> tuple[str, str]:
    claims.claim(page.case, reviewer=page.person, at=page.now)
    return HERE, ""


def _decide(page: CasePage) -> tuple[str, str]:
    if _is_repeated(page):
        return QUEUE, ""
    outcome = decisions.decide(
        page.case,
        reviewer=page.person,
        look=_look(page),
        decisions=page.form.rulings(),
        note=page.form.note.strip(),
        typed_amount=page.form.typed_amount.strip() or None,
        at=page.now,
    )
    if outcome.second_look:
        return NEXT, _("Recorded. A second person must look before anything happens.")
    if outcome.case.state == "claimed":
        return HERE, _("Decided. Other actions of this case still wait for you.")
    return NEXT, "" if outcome.effective_at and outcome.effective_at > page.now else _("Decided.")


def _is_repeated(page: CasePage) -> bool:
    """The same form sent twice, by a double click say: the first time did it."""
    mine = {str(d.case_version) for d in page.standing if d.decided_by_id == page.person.pk}
    return not page.form.open and page.form.said("version") in mine


def _undo(page: CasePage) -> tuple[str, str]:
    decisions.undo(page.case, reviewer=page.person, at=page.now)
    return HERE, _("Taken back; nothing had happened yet. The case is yours.")


def _discard(page: CasePage) -> tuple[str, str]:
    drafting.discard(page.case, person=page.person)
    return HERE, _("Your draft is gone; this is what the agent proposed.")


def _ask(page: CasePage) -> tuple[str, str]:
    said = page.form.said
    token = said("claim_token") or None
    questions.ask(
        page.case, reviewer=page.person, of=said("ask_of"), text=said("ask_text").strip(), token=token, at=page.now
    )
    return NEXT, _("Asked. You see the answer first.")


def _answer(page: CasePage) -> tuple[str, str]:
    question, text = page.form.said("question_id"), page.form.said("answer_text").strip()
    questions.answer_by_person(page.case, reviewer=page.person, question_id=question, text=text, at=page.now)
    return HERE, _("Answered.")


def _hand_back(page: CasePage) -> tuple[str, str]:
    claims.release(page.case, reviewer=page.person, token=page.form.said("claim_token") or None, at=page.now)
    return QUEUE, _("Handed back; the case waits for somebody again.")


def _pass_on(page: CasePage) -> tuple[str, str]:
    to_user, to_queue = _colleague(page.form.said("to_user")), _queue(page.form.said("to_queue"))
    note = page.form.said("pass_note").strip()
    claims.reassign(page.case, reviewer=page.person, to_user=to_user, to_queue=to_queue, note=note, at=page.now)
    return QUEUE, _("Passed on to %s.") % (to_user.display if to_user else to_queue)


def _snooze(page: CasePage) -> tuple[str, str]:
    minutes = page.form.said("snooze_minutes")
    if not (minutes.isdecimal() and 0 < int(minutes[:6]) <= _LONGEST_SNOOZE):
        raise Refusal("invalid-request", _("Choose for how long."))
    until = page.now + timedelta(minutes=int(minutes))
    snoozes.snooze(page.case, person=page.person, until=until, at=page.now)
    return NEXT, _("Put aside. It comes back to your list by itself; its clock runs on.")


def _comment(page: CasePage) -> tuple[str, str]:
    comments.comment(page.case, person=page.person, text=page.form.said("comment_text"), at=page.now)
    return HERE, _("Your comment is in the timeline.")


def _take_over(page: CasePage) -> tuple[str, str]:
    note = page.form.said("take_note").strip()
    takeover.take_over(page.case, person=page.person, note=note, at=page.now, why=_why(page, "take"))
    return HERE, _("The conversation is yours; the agent must not act in it.")


def _why(page: CasePage, prefix: str) -> Why:
    return Why(page.form.said(f"{prefix}_why"), page.form.said(f"{prefix}_gap"))


def _required_why(page: CasePage, prefix: str) -> Why:
    """Taking over is urgent, so it may be said at the end; then it has to be."""
    why = _why(page, prefix)
    if page.can["return"] and page.asks_why and not why.reason:
        raise Refusal("invalid-request", _("Say why the conversation had to be taken over."))
    return why


def _write(page: CasePage) -> tuple[str, str]:
    talking = page.talking
    if talking is not None and not page.form.said("sure"):
        talking.require_fresh()
    letters.write(page.case, person=page.person, text=page.form.said("letter"), at=page.now)
    drafting.discard(page.case, person=page.person)
    return HERE, ""


def _finish(page: CasePage) -> tuple[str, str]:
    resolved, note = page.form.said("resolved") == "yes", page.form.said("finish_note").strip()
    why = _required_why(page, "finish")
    takeover.finish(page.case, person=page.person, resolved=resolved, note=note, at=page.now, why=why)
    drafting.discard(page.case, person=page.person)
    return QUEUE, _("The conversation has ended.")


def _give_back(page: CasePage) -> tuple[str, str]:
    note, why = page.form.said("give_note").strip(), _required_why(page, "give")
    takeover.give_back(page.case, person=page.person, note=note, at=page.now, why=why)
    drafting.discard(page.case, person=page.person)
    return QUEUE, _("The agent may go on.")


def _stop(page: CasePage) -> tuple[str, str]:
    watching.stop(page.case, supervisor=page.person, reason=page.form.said("stop_reason").strip(), at=page.now)
    return HERE, _("Stopped. A person must decide now.")


VERBS: Final[dict[str, Callable[[CasePage], tuple[str, str]]]] = {
    "claim": _claim,
    "decide": _decide,
    "undo": _undo,
    "discard": _discard,
    "ask": _ask,
    "answer": _answer,
    "hand-back": _hand_back,
    "pass-on": _pass_on,
    "snooze": _snooze,
    "comment": _comment,
    "take-over": _take_over,
    "write": _write,
    "give-back": _give_back,
    "finish": _finish,
    "stop": _stop,
}


def _following(who: Reviewer, lane: str, now: datetime) -> Case | None:
    """The next best case, claimed, for those who like it to come by itself."""
    if not habits.advances(who):
        return None
    try:
        return claims.claim_next(reviewer=who, at=now, queues=[lane] if lane else ())
    except Refusal:  # as many in hand as may be: the queue says so when they ask for more
        return None


def _look(page: CasePage) -> decisions.Look:
    said = page.form.said
    version = said("version")
    return decisions.Look(
        claim_token=said("claim_token"),
        version=int(version) if version.isdecimal() else 0,
        seen_digest=said("seen_digest"),
        on_page=True,
        second_factor=page.second_factor,
        saw_action=not said("scripted") or bool(said("action_after")),
        timings=_timings(said, page.now) | _pace(page) | claims_of(page.evidence.values()) | page.looked_at.as_json(),
    )


def _pace(page: CasePage) -> dict[str, int]:
    """How long the case was in hand, beside how long it takes to read all of it."""
    held = page.now - page.case.claimed_at if page.case.claimed_at else None
    known = {"held_seconds": int(held.total_seconds())} if held is not None else {}
    return known | {"reading_seconds": page.reading_seconds}


def _timings(said: Callable[[str], str], now: datetime) -> dict[str, Any]:
    """When the page was shown, somebody began to act and opened the evidence, as far as that can be believed."""
    try:
        shown = datetime.fromisoformat(said("shown_at"))
        believable = now - _LONGEST_LOOK <= shown <= now
    except (TypeError, ValueError):
        return {}
    if not believable:
        return {}
    after = {"first_action_at": "first_after", "evidence_at": "evidence_after", "action_at": "action_after"}
    told = {name: ms for name, field in after.items() if _MILLISECONDS.fullmatch(ms := said(field))}
    found = {name: shown + timedelta(milliseconds=int(ms)) for name, ms in told.items()}
    return {name: at.isoformat() for name, at in ({"shown_at": shown} | found).items() if at <= now}


def _colleague(key: str) -> Any:
    if not key:
        return None
    found = get_user_model()._default_manager.filter(pk=key).first() if key.isdecimal() else None  # noqa: SLF001 - Django's documented name
    if found is None:
        raise Refusal("invalid-request", _("There is no such person."))
    return found


def _queue(name: str) -> Queue | None:
    if not name:
        return None
    found: Queue | None = Queue.objects.filter(pk=name).first()
    if found is None:
        raise Refusal("invalid-request", _("There is no such queue."))
    return found


def _address(request: HttpRequest, case_id: str, where: str, now: datetime) -> str:
    chosen = filters.read(posted(request))
    if where == NEXT:
        following = _following(person(request), chosen.lane, now)
        team.suggest_break(request, now)
        where, case_id = (HERE, following.pk) if following else (QUEUE, "")
    query = chosen.query
    address = resolve_url(HERE, case_id=case_id) if where == HERE else resolve_url(QUEUE)
    return f"{address}?{query}" if query else address
