"""The quality sample on the reviewers' wire: what was drawn, a verdict, and the rates that the verdicts show."""

from __future__ import annotations

import re
from typing import Any, Final

from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Router
from ninja.decorators import decorate_view

from hitl.api import door, replies
from hitl.api.callers import PersonCaller, PersonRequest
from hitl.api.schemas import quality as schemas
from hitl.api.schemas.base import NOTHING, Empty
from hitl.api.security import PersonalToken
from reviewqueue.domain import quality, sampling
from reviewqueue.domain.quality import Judgement
from reviewqueue.engine.judged import Estimate
from reviewqueue.models import QaVerdict, Sampled, SamplePlan
from reviewqueue.queries import judging, rates
from reviewqueue.refusal import Refusal

router = Router(auth=PersonalToken(), tags=["Reviewers: quality"])
_WEEK: Final = re.compile(r"\d{4}-W\d{2}", re.ASCII)
_ID: Final = re.compile(r"qa_[0-9a-z]{1,36}", re.ASCII)


@router.get("/review/qa", operation_id="listSample", response={200: schemas.SampleWeek})
@decorate_view(door.for_people())
def list_sample(request: PersonRequest, *, week: str = "") -> HttpResponse:
    """List the cases of a week's quality sample (`2026-W48`; without it the newest) in the order of the work.

    A week without a sample has no items, and `drawn_at` is null.
    """
    return _listed(request.caller, _plan(week), week=week)


def _listed(caller: PersonCaller, plan: SamplePlan | None, *, week: str = "") -> HttpResponse:
    found = judging.listed(caller.user, plan.week if plan else "-")
    waiting = set(judging.waiting(caller.user).values_list("pk", flat=True))
    told = {
        "week": plan.week if plan else week or None,
        "drawn_at": replies.instant_or_none(plan.drawn_at) if plan else None,
        "population": plan.population if plan else None,
    }
    return replies.of({**told, "items": [_item(each, waits=each.pk in waiting) for each in found]})


@router.post("/review/qa/draw", operation_id="drawSample", response={200: schemas.SampleWeek})
@decorate_view(door.for_people())
def draw_sample(request: PersonRequest, nothing: Empty = NOTHING) -> HttpResponse:  # noqa: ARG001 - refuses fields
    """Draw the running week's sample now, from the cases so far; the next plan begins here. Once a week; for QA leads.

    Refused while no case has come (409 `not-yet`).
    """
    caller = request.caller
    plan = sampling.draw_early(sampling.plan_of_week(caller.at, at=caller.at), person=caller.user, at=caller.at)
    return _listed(caller, plan)


@router.get("/review/qa/report", operation_id="readSampleReport", response={200: schemas.SampleReport})
@decorate_view(door.for_people())
def report(request: PersonRequest, *, week: str = "", by: str = "intent") -> HttpResponse:
    """Read the rates that a week's judged sample shows, as a whole and by `intent`, `agent`, `version` or `stratum`.

    Each comes with its 95 % interval, the number of judged cases, the population and the method; what nothing was
    judged of is null. Cases that were chosen for a reason are in no rate.
    """
    judging.require_reader(request.caller.user)
    if by not in rates.BY:
        raise _unfit("by", _("Ask by one of: %s.") % ", ".join(rates.BY))
    plan = _plan(week)
    found = rates.report([plan.week] if plan else [], by=by)
    told = {"week": plan.week if plan else week or None, "by": by, "drawn": bool(plan and plan.drawn_at)}
    groups = [_group(each) for each in found.groups]
    return replies.of({**told, "overall": _group(found.whole), "groups": groups})


# Behind the report, whose address would else be taken for an id.
@router.post("/review/qa/{sampled_id}", operation_id="judge", response={200: schemas.JudgedCase})
@decorate_view(door.for_people())
def judge(request: PersonRequest, sampled_id: str, said: schemas.QualityVerdict) -> HttpResponse:
    """Say whether what was done in a case was right. The same again changes nothing.

    Refused: a case that I had a hand in (403); one that I or enough others have judged (409 `already-judged`), or that
    is not over yet (409 `not-yet`).
    """
    caller = request.caller
    if not _ID.fullmatch(sampled_id):
        raise Refusal("not-found", _("There is no such case in a sample."))
    sampled = judging.find(caller.user, sampled_id)
    given = Judgement(
        verdict=said.verdict,
        should_have_been_reviewed=said.should_have_been_reviewed,
        codes=said.codes,
        knowledge_gap=said.knowledge_gap or "",
        severity=said.severity or "",
        scores=said.scores,
        note=said.note or "",
    )
    quality.judge(sampled, person=caller.user, said=given, at=caller.at)
    return _judged(caller, sampled_id)


def _plan(week: str) -> SamplePlan | None:
    if not week:
        return SamplePlan.objects.order_by("-week").first()
    if not _WEEK.fullmatch(week):
        raise _unfit("week", _("Give a week as 2026-W48."))
    return SamplePlan.objects.filter(pk=week).first()


def _judged(caller: PersonCaller, sampled_id: str) -> HttpResponse:
    sampled = judging.find(caller.user, sampled_id)
    given = judging.blind_to(caller.user, sampled)
    return replies.of({**_item(sampled, waits=False), "verdicts": [_given(each) for each in given]})


def _item(sampled: Sampled, *, waits: bool) -> dict[str, Any]:
    return {
        "id": sampled.pk,
        "case": sampled.case_id,
        # Which cases are known is not told to those who judge them.
        "kind": "random" if sampled.kind == Sampled.Kind.RANDOM else "targeted",
        "reason": sampled.reason or None,
        "stratum": sampled.stratum or None,
        "inclusion_probability": sampled.inclusion_probability,
        "live": sampled.live,
        "double": sampled.double,
        "state": sampled.state,
        "waits_for_me": waits,
        "verdict": sampled.verdict or None,
        "should_have_been_reviewed": sampled.should_have_been_reviewed,
        "drawn_at": replies.instant(sampled.drawn_at),
        "settled_at": replies.instant_or_none(sampled.settled_at),
    }


def _given(verdict: QaVerdict) -> dict[str, Any]:
    return {
        "by": verdict.by.display,
        "position": verdict.position,
        "verdict": verdict.verdict,
        "should_have_been_reviewed": verdict.should_have_been_reviewed,
        "codes": verdict.codes,
        "knowledge_gap": verdict.knowledge_gap,
        "severity": verdict.severity,
        "scores": verdict.scores,
        "note": verdict.note,
        "at": replies.instant(verdict.given_at),
    }


def _group(group: rates.Group) -> dict[str, Any]:
    errors = _rate(group.errors)
    return {
        "group": group.name or None,
        "population": group.population,
        "drawn": group.drawn,
        "estimate": errors and errors["estimate"],
        "interval": errors and errors["interval"],
        "n": group.errors.n if group.errors else 0,
        "method": errors and errors["method"],
        "error_rate": errors,
        "missed_escalation_rate": _rate(group.missed),
        "false_escalation_rate": _rate(group.false),
    }


def _rate(found: Estimate | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "estimate": round(found.rate, 6),
        **found.as_json(),
        "not_seen": found.not_seen,
        "few": found.few,
    }


def _unfit(parameter: str, says: str) -> Refusal:
    return Refusal("invalid-request", says, errors=({"pointer": f"?{parameter}", "detail": says},))
