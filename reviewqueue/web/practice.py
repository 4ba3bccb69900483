"""Practising on invented cases: the same page and fragments as a real case, with a guide, and nothing behind them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from reviewqueue import rules
from reviewqueue.domain import curriculum, drafting, friction, lessons, practice, rulings
from reviewqueue.domain.decisions import Look
from reviewqueue.models import Agent, Case, Oversight, PolicyVersion, State
from reviewqueue.queries import clock, dosage, likeness, sightings, transcript
from reviewqueue.queries.rulings import changed_args
from reviewqueue.refusal import Refusal
from reviewqueue.web import arguments, looking
from reviewqueue.web.page import CasePage
from reviewqueue.web.promised import Promised
from reviewqueue.web.visit import is_fragment, person, posted, signed_in, status

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from reviewqueue.domain.lessons import Answer, Lesson
    from reviewqueue.domain.people import Reviewer

_OPEN: Final = {"decide", "release", "ask", "take_over"}
# What ends a practice case without a ruling.
_ASIDE: Final = ("ask", "take-over", "hand-back")
_UNDO_SECONDS: Final = 10


@dataclass
class PracticePage(CasePage):
    """A practice case for one person: everything that a real page asks the database for is known already."""

    practice = True

    @cached_property
    def allowed(self) -> dict[str, bool | str]:
        no = _("Not in the practice.")
        return {verb: True if verb in _OPEN else no for verb in rules.RULES}

    @cached_property
    def decisions(self) -> list[Any]:
        return []

    @cached_property
    def draft(self) -> None:
        return None

    @cached_property
    def conversation(self) -> list[dict[str, Any]]:
        return transcript.numbered(self.case.document["conversation"]["messages"])

    @cached_property
    def precedents(self) -> likeness.Precedents:
        return likeness.Precedents([])

    @cached_property
    def questions(self) -> list[Any]:
        return []

    @cached_property
    def timeline(self) -> list[Any]:
        return []

    @cached_property
    def promised(self) -> Promised:
        return Promised("", [], [], None, "expire", "")

    @cached_property
    def seen_digest(self) -> str:
        return ""

    @cached_property
    def undo_seconds(self) -> int:
        return _UNDO_SECONDS

    @cached_property
    def own_view_first(self) -> bool:
        return False

    @property
    def opened(self) -> str:
        """The pieces that were opened; the page carries them, as there is no case to keep them with."""
        sent = self.posted or {}
        return f"{sent.get('opened', '')} {sent.get('piece', '')}".strip()[:200]

    @cached_property
    def looked_at(self) -> looking.LookedAt:
        opened = self.opened.split()
        unread = [each for each in sightings.required(self.case, self.conversation) if each.key not in opened]
        return looking.LookedAt({}, unread, sightings.conversation_piece(self.conversation))

    def address(self, verb: str) -> str:
        return reverse("practice_act", args=[self.case.pk.removeprefix("practice-"), verb])


@signed_in
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """``/practice/``: the lessons, and how far this person is."""
    done = practice.progress(person(request))
    listed = [(each, done.get(each.key)) for each in curriculum.all_lessons()]
    following = next((each for each, known in listed if known is None or known.answered_at is None), None)
    told = {"control_cases": dosage.coaching().canaries}
    context = told | {"lessons": listed, "following": following, "begun": bool(done), "first": listed[0][0]}
    return render(request, "practice.html", context)


@signed_in
@require_POST
def skip(request: HttpRequest) -> HttpResponse:
    """Do not offer it on the queue any more."""
    practice.skip(person(request))
    return redirect("queue")


@signed_in
@require_POST
def again(request: HttpRequest) -> HttpResponse:
    """From the beginning."""
    practice.again(person(request))
    return redirect("practice")


@signed_in
@require_GET
def lesson(request: HttpRequest, key: str) -> HttpResponse:
    """``/practice/<key>/``: the case with its guide, or what became of it."""
    found, who = _lesson(key), person(request)
    known = practice.progress(who).get(key)
    if known and known.answered_at:
        return _show(request, found, "practice_done.html", {"known": known, "following": _following(key)})
    if key not in lessons.KEYS:
        practice.opened(found, person=who)
    return _case(request, _page(found, who, known.fields if known else None))


@signed_in
@require_POST
def act(request: HttpRequest, key: str, verb: str) -> HttpResponse:
    """``/practice/<key>/<verb>``: what the page of a real case would send to ``/cases/<id>/<verb>``."""
    found, who = _lesson(key), person(request)
    page = _page(found, who, arguments.rearranged(posted(request)), verb=verb)
    if verb in {"change", "evidence"}:
        return _case(request, page) if not is_fragment(request) else _parts(request, page, verb)
    if verb == "undo":
        practice.undo(who, key=key)
        return redirect("practice_lesson", key)
    if verb not in {"decide", *_ASIDE}:
        raise Http404
    try:
        given = _answer(page, verb)
    except Refusal as refusal:
        return _case(request, _page(found, who, page.posted, verb=verb, refusal=refusal))
    practice.answer(found, person=who, given=given, fields=drafting.own(page.posted or {}), at=page.now)
    return redirect("practice_lesson", key)


@signed_in
@require_GET
def customer(request: HttpRequest, key: str) -> HttpResponse:
    """What the customer sees: nobody is there."""
    if not is_fragment(request):
        return redirect("practice_lesson", key)
    case = _page(_lesson(key), person(request), None).case
    return render(request, "_parts/customer_sees.html", {"case": case, "sees": ""})


def _answer(page: PracticePage, verb: str) -> Answer:
    """What was done, checked as a real decision is."""
    if verb in _ASIDE:
        return lessons.Answer(verb, {}, "")
    made = page.form.rulings()
    ruled = rulings.checked(page.case, made, typed_amount=page.form.typed_amount.strip() or None)
    look = Look(
        "", 0, "", on_page=True, saw_action=not page.form.said("scripted") or bool(page.form.said("action_after"))
    )
    friction.require(page.case, ruled, look, page.looked_at.unread)
    proposed = {action["call_id"]: action["args"] for action in page.case.actions}
    told = [
        {
            "call_id": one.call_id,
            "type": one.type,
            "reason_code": one.reason_code,
            "args": changed_args(proposed[one.call_id], one.final),
        }
        for one in ruled
    ]
    return lessons.Answer(ruled[0].type, made[0].get("args") or {}, ruled[0].reason_code, told)


def _lesson(key: str) -> Lesson:
    found = curriculum.lesson(key)
    if found is None:
        raise Http404
    return found


def _following(key: str) -> str:
    known = curriculum.everything()
    place = known.index(key) + 1
    return known[place] if place < len(known) else ""


def _page(
    found: Lesson, who: Reviewer, sent: Mapping[str, str] | None, *, verb: str = "", refusal: Refusal | None = None
) -> PracticePage:
    now = clock.now()
    return PracticePage(_invented(found, who, now), who, now, posted=sent, verb=verb, refusal=refusal)


def _invented(found: Lesson, who: Reviewer, now: datetime) -> Case:
    """The lesson as a case that is nowhere stored."""
    customer = found.document["customer"].get("name") or ""
    return Case(
        pk=f"practice-{found.key}",
        agent=Agent(name=_("practice agent")),
        policy=PolicyVersion(number=0),
        proposal=json.dumps(found.document),
        facts={},
        verdict={"reasons": list(found.reasons)},
        oversight=Oversight.IN_THE_LOOP,
        state=State.CLAIMED,
        claimed_by_id=who.pk,
        customer_name=customer,
        channel="chat",
        risk=found.risk,
        eyes=friction.eyes(found.risk, 1),
        created_at=now,
        updated_at=now,
        expires_at=now + timedelta(days=1),
    )


def _case(request: HttpRequest, page: PracticePage) -> HttpResponse:
    found = _lesson(page.case.pk.removeprefix("practice-"))
    asked = (page.posted or {}).get("step") or request.GET.get("step", "")
    step = min(int(asked), len(found.steps)) if asked.isdecimal() and len(asked) < 3 else 1  # noqa: PLR2004 - two digits
    step = max(step, 1)
    context = {
        "page": page,
        "case": page.case,
        "form": page.form,
        "now": page.now,
        "step": step,
        "guide": found.steps[step - 1],
        "last": step == len(found.steps),
    }
    code = status(page.refusal) if page.refusal else 200
    return _show(request, found, "practice_case.html", context, code=code)


def _parts(request: HttpRequest, page: PracticePage, verb: str) -> HttpResponse:
    """The parts that change, for a script that asked."""
    piece = (page.posted or {}).get("piece", "")
    source = next((each for each in page.briefing.sources if each.piece == piece), None)
    name = "case_piece.html" if verb == "evidence" else "case_change.html"
    context = {"page": page, "case": page.case, "form": page.form, "source": source}
    return render(request, name, context | {"rearranged": page.posted != posted(request)})


def _show(request: HttpRequest, found: Lesson, template: str, more: dict[str, Any], *, code: int = 200) -> HttpResponse:
    known = curriculum.everything()
    place = known.index(found.key) + 1
    return render(request, template, {"lesson": found, "place": place, "whole": len(known)} | more, status=code)
