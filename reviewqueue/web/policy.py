"""The policy as people read it: what is held and why, its versions, what each of them changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from reviewqueue.domain import categories
from reviewqueue.domain import policies as published
from reviewqueue.models import PolicyDraft, PolicyVersion
from reviewqueue.queries import clock, policies
from reviewqueue.refusal import Refusal
from reviewqueue.rules import Permission
from reviewqueue.web.visit import person, posted, signed_in, status

if TYPE_CHECKING:
    from datetime import datetime

_SHOWN = 50


@signed_in
@require_GET
def policy(request: HttpRequest) -> HttpResponse:
    """``/policy/``: the policy in force."""
    at = clock.now()
    number, _policy = published.current(at=at)
    return render(request, "policy_page.html", _context(request, _version(number), at))


@signed_in
@require_GET
def version(request: HttpRequest, number: int) -> HttpResponse:
    """``/policy/versions/12/``: one version, and what it changed of the one before or of ``?against=``."""
    return render(request, "policy_page.html", _context(request, _version(number), clock.now()))


@signed_in
@require_POST
def category(request: HttpRequest) -> HttpResponse:
    """Propose that replies about some intents are sent automatically; somebody else publishes it."""
    who, said, at = person(request), posted(request), clock.now()
    try:
        categories.propose(
            intents=_words(said.get("intents", "")),
            channels=_words(said.get("channels", "")),
            agents=_words(said.get("agents", "")),
            reason=said.get("reason", ""),
            author=who,
            at=at,
        )
    except Refusal as refusal:
        number, _policy = published.current(at=at)
        context = _context(request, _version(number), at) | {"refusal": refusal, "typed": said}
        return render(request, "policy_page.html", context, status=status(refusal))
    messages.success(request, _("Proposed. It takes effect once somebody else has looked at it and published it."))
    return redirect("policy")


def _context(request: HttpRequest, shown: PolicyVersion, at: datetime) -> dict[str, Any]:
    who = person(request)
    configures = who.may(Permission.CONFIGURE)
    newest = policies.in_force()
    against = _against(request, shown)
    return {
        "shown": shown,
        "in_force": shown.number == newest,
        "against": against,
        "told": policies.version_told(shown, against=against),
        "versions": PolicyVersion.objects.select_related("author", "approved_by")[:_SHOWN],
        "lints": policies.in_force_lints(shown, at=at) if configures and shown.number == newest else None,
        "configures": configures,
        "approves_categories": who.may(Permission.APPROVE_CATEGORY),
        "waiting": PolicyDraft.objects.filter(state=PolicyDraft.State.SUBMITTED).count() if configures else 0,
    }


def _version(number: int) -> PolicyVersion:
    found: PolicyVersion = get_object_or_404(PolicyVersion.objects.select_related("author", "approved_by"), pk=number)
    return found


def _against(request: HttpRequest, shown: PolicyVersion) -> PolicyVersion | None:
    """The version to compare with; without a choice the one before."""
    asked = request.GET.get("against", "")
    if not asked:
        return PolicyVersion.objects.filter(number__lt=shown.number).first()
    found = PolicyVersion.objects.filter(pk=int(asked)).first() if asked.isdecimal() and len(asked) < 9 else None  # noqa: PLR2004 - fits the column
    if found is None:
        raise Http404
    return found


def _words(text: str) -> list[str]:
    parts = (part.strip() for line in text.splitlines() for part in line.split(","))
    return [part for part in parts if part]
