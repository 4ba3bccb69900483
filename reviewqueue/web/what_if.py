"""What a policy would have done: asked, watched while it is worked out, and read."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from reviewqueue import rules
from reviewqueue.domain import policies
from reviewqueue.engine import policy_file
from reviewqueue.engine.faults import Fault, PolicyError
from reviewqueue.models import Agent, Case, PolicyDraft, WhatIf
from reviewqueue.queries import clock
from reviewqueue.refusal import Refusal
from reviewqueue.rules import Permission
from reviewqueue.web import figures
from reviewqueue.web.visit import is_fragment, person, posted, signed_in, status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reviewqueue.domain.people import Reviewer
    from reviewqueue.queries.recorded import Period

_DAYS: Final = 30
_LATELY: Final = 8
_LONGEST: Final = 1 << 20


@signed_in
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest, draft_id: int | None = None) -> HttpResponse:
    """``/policy/what-if/``: which policy, over which cases."""
    who = _admin(request)
    draft = _draft(draft_id)
    if request.method != "POST":
        return render(request, "what_if.html", _form(draft, {}))
    said = posted(request)
    try:
        look = _asked(request, who, draft, said)
    except PolicyError as error:
        return render(request, "what_if.html", _form(draft, said) | {"faults": error.faults}, status=422)
    except Refusal as refusal:
        return render(request, "what_if.html", _form(draft, said) | {"refusal": refusal}, status=status(refusal))
    return redirect("what_if_report", look.pk)


@signed_in
@require_GET
def report(request: HttpRequest, look_id: str) -> HttpResponse:
    """``/policy/what-if/looks/…``: the report, or how far it is; as a fragment only the latter."""
    _admin(request)
    look = _look(look_id)
    if is_fragment(request) and look.finished_at:
        return HttpResponse(headers={"HX-Redirect": reverse("what_if_report", args=[look.pk])})
    template = "_parts/what_if_progress.html" if is_fragment(request) else "what_if_report.html"
    context = {"look": look, "name": look.document.get("name", ""), "percent": _percent(look)}
    context["last_day"] = (look.end_at or look.created_at) - timedelta(seconds=1)
    if look.report:
        context |= figures.of(look.report)
    return render(request, template, context)


@signed_in
@require_GET
def cases(request: HttpRequest, look_id: str) -> HttpResponse:
    """``/policy/what-if/looks/…/cases``: the cases of one kind of change."""
    # These bring NumPy, which only those who look back need.
    from reviewqueue.domain import looks  # noqa: PLC0415 - see above
    from reviewqueue.engine.policy import parse  # noqa: PLC0415 - beside its user
    from reviewqueue.queries import what_if  # noqa: PLC0415 - see above

    who = _admin(request)
    look = _look(look_id)
    change = request.GET.get("change", "")
    titles = figures.titles()
    if change not in titles:
        raise Http404
    after = request.GET.get("after", "")[:40]
    page = what_if.cases(parse(look.document), looks.period_of(look), change=change, after=after)
    told = [figures.case(case) for case in page.cases]
    context = {"look": look, "change": change, "title": titles[change], "cases": told, "cursor": page.cursor}
    return render(request, "what_if_cases.html", context | {"may_open": who.may(Permission.SEE_ALL_QUEUES)})


def _admin(request: HttpRequest) -> Reviewer:
    who = person(request)
    rules.require_right(who, Permission.CONFIGURE)
    return who


def _draft(draft_id: int | None) -> PolicyDraft | None:
    if draft_id is None:
        return None
    draft = PolicyDraft.objects.filter(pk=draft_id).first()
    if draft is None:
        raise Http404
    return draft


def _look(look_id: str) -> WhatIf:
    look = WhatIf.objects.filter(pk=look_id).first()
    if look is None:
        raise Http404
    return look


def _asked(request: HttpRequest, who: Reviewer, draft: PolicyDraft | None, said: Mapping[str, str]) -> WhatIf:
    from reviewqueue.domain import looks  # noqa: PLC0415 - brings NumPy, which only those who look back need

    at = clock.now()
    look = looks.ask(_document(request, draft, said), person=who, period=_period(said), at=at, draft=draft)
    return looks.work(look, at=at) if look.total <= looks.AT_ONCE else look


def _document(request: HttpRequest, draft: PolicyDraft | None, said: Mapping[str, str]) -> Mapping[str, Any]:
    if draft is not None:
        document: Mapping[str, Any] = draft.document
        return document
    sent = request.FILES.get("file")
    if sent is None:
        return policy_file.load(said.get("text", ""))
    try:
        return policy_file.load(sent.read(_LONGEST + 1).decode())
    except UnicodeDecodeError as error:
        raise PolicyError([Fault("", _("The file is not UTF-8 text."))]) from error


def _period(said: Mapping[str, str]) -> Period:
    from reviewqueue.queries.recorded import Period  # noqa: PLC0415 - brings NumPy, which only those who look back need

    start, end = (_midnight(said.get(name, "")) for name in ("from", "to"))
    chosen = (frozenset(said.get(name, "").replace(",", " ").split()) for name in ("agents", "intents"))
    return Period(start, end and end + timedelta(days=1), *chosen)


def _midnight(text: str) -> datetime | None:
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if text and day is None:
        raise Refusal("invalid-request", _("Give a day as 2026-01-31, or none."))
    return datetime.combine(day, time(), timezone.get_current_timezone()) if day else None


def _form(draft: PolicyDraft | None, said: Mapping[str, str]) -> dict[str, Any]:
    today = timezone.localdate(clock.now())
    kept = {"from": (today - timedelta(days=_DAYS)).isoformat(), "to": today.isoformat(), **said}
    text = kept.get("text") or policy_file.dump(policies.current(at=clock.now())[1].document)
    return {
        "draft": draft,
        "drafts": PolicyDraft.objects.filter(state__in=("draft", "submitted")),
        "said": kept,
        "text": text,
        "agents": Agent.objects.values_list("name", flat=True)[:200],
        "cases": Case.objects.exists(),
        "lately": WhatIf.objects.select_related("person")[:_LATELY],
    }


def _percent(look: WhatIf) -> int:
    return min(round(100 * look.done / look.total), 99) if look.total else 0
