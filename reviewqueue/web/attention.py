"""How I decide: one's own numbers with what they mean; and second looks at cases that colleagues decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from reviewqueue import rules
from reviewqueue.domain import attention, certificates
from reviewqueue.models import SecondLook
from reviewqueue.queries import attention as known
from reviewqueue.queries import briefing as told
from reviewqueue.queries import clock, dosage
from reviewqueue.refusal import Refusal
from reviewqueue.web import briefing
from reviewqueue.web.figures import interval
from reviewqueue.web.page import CasePage
from reviewqueue.web.visit import person, posted, signed_in, status

if TYPE_CHECKING:
    from datetime import datetime

    from reviewqueue.domain.people import Reviewer


@signed_in
@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    """``/how-i-decide/``."""
    who = person(request)
    rules.require_right(who, rules.Permission.DECIDE)
    return render(request, "attention.html", _shown(who, clock.now()) | {"own": True})


@signed_in
@require_GET
def of_person(request: HttpRequest, user_id: int) -> HttpResponse:
    """The same of somebody whom one coaches."""
    rules.require_right(person(request), rules.Permission.COACH)
    found: Any = get_user_model()._default_manager.filter(pk=user_id, is_active=True).first()  # noqa: SLF001 - Django's documented name
    if found is None or not found.may(rules.Permission.DECIDE):
        raise Http404
    return render(request, "attention.html", _shown(found, clock.now()) | {"own": found.pk == person(request).pk})


@signed_in
@require_GET
def second_looks(request: HttpRequest) -> HttpResponse:
    """``/second-looks/``: what waits for a second look by this person."""
    rules.require_right(person(request), rules.Permission.DECIDE)
    return render(request, "second_looks.html", {"looks": known.to_look_at(person(request))})


@signed_in
@require_http_methods(["GET", "POST"])
def second_look(request: HttpRequest, case_id: str) -> HttpResponse:
    """The case as it was before anybody decided it, and what this person would do."""
    who, look = person(request), _look(case_id)
    if sentence := attention.why_not(look, who):
        raise Refusal("forbidden", sentence)
    if request.method != "POST":
        return _show(request, look)
    said = posted(request)
    try:
        attention.say(look, person=who, view=said.get("view", ""), note=said.get("note", ""), at=clock.now())
    except Refusal as refusal:
        return _show(request, look, refusal)
    messages.success(request, _("Thank you. It changes nothing of the case."))
    return redirect("second_looks")


class BlindPage(CasePage):
    """A decided case without how it was decided and what came after."""

    @property
    def blind(self) -> list[dict[str, Any]]:
        """The conversation as the agent knew it when it proposed."""
        told = self.case.document["conversation"].get("messages") or []
        last = max((message.get("seq", 0) for message in told), default=0)
        return [message for message in self.conversation if message["seq"] <= last]


def _show(request: HttpRequest, look: SecondLook, refusal: Refusal | None = None) -> HttpResponse:
    page = BlindPage(look.case, person(request), clock.now())
    context = {
        "look": look,
        "page": page,
        "case": look.case,
        "told": briefing.of(look.case, page.blind),
        "actions": told.actions(look.case),
        "views": [(view.value, view.label) for view in attention.VIEWS],
        "refusal": refusal,
    }
    return render(request, "second_look.html", context, status=status(refusal) if refusal else 200)


def _look(case_id: str) -> SecondLook:
    found = SecondLook.objects.filter(pk=case_id).select_related("case__agent", "case__conversation").first()
    if found is None or found.said_at is not None:
        raise Http404
    return found


def _shown(who: Reviewer, now: datetime) -> dict[str, Any]:
    coaching = dosage.coaching()
    meter = known.of(who.pk, below=coaching.quick_below, at=now)
    shares = ("quick", "approved", "opened", "agreed", "caught")
    return {
        "who": who,
        "meter": meter,
        "rules": coaching,
        "row": attention.in_a_row(who, at=now),
        "certificates": certificates.standing(who, at=now),
        "days": known.SPAN.days,
        **{name: interval(getattr(meter, name).as_json()) for name in shares},
    }
