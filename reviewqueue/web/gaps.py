"""Knowledge gaps: ranked, each with its cases, its owner, its change and what that did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from celery import current_app
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from kombu.exceptions import OperationalError

from reviewqueue.domain import gaps
from reviewqueue.engine import intervals
from reviewqueue.models import Gap, Reason
from reviewqueue.queries import clock, gap_effect
from reviewqueue.queries import gaps as seen
from reviewqueue.refusal import Refusal
from reviewqueue.rules import Permission
from reviewqueue.web import amounts, insight_words
from reviewqueue.web.visit import person, posted, signed_in, status

if TYPE_CHECKING:
    from reviewqueue.domain.people import Reviewer

_STATES: Final = ("", *Gap.State.values)


@signed_in
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """``/gaps/``: those that want somebody, the worst first."""
    who = person(request)
    mends = who.may(Permission.MEND_GAPS)
    asked, order = request.GET.get("state", ""), request.GET.get("order", "harm")
    if asked not in _STATES or order not in seen.ORDERS:
        raise Http404
    found = seen.ranked(state=asked, order=order, owner=None if mends else who.pk)
    if not mends and not found and not seen.visible(who).exists():
        raise PermissionDenied(_("Your role does not see to knowledge gaps."))
    context = {
        "rows": [(rank, gap, amounts.duration(gap.handling_seconds)) for rank, gap in enumerate(found, start=1)],
        "states": [("", _("to do")), *Gap.State.choices],
        "state": asked,
        "orders": orders(),
        "order": order,
        "mends": mends,
    }
    return render(request, "gaps.html", context)


@signed_in
@require_GET
def gap(request: HttpRequest, gap_id: str) -> HttpResponse:
    """``/gaps/…/``: one of them."""
    return _shown(request, _found(person(request), gap_id))


@signed_in
@require_POST
def look(request: HttpRequest) -> HttpResponse:
    """Look for gaps now and not within ten minutes."""
    if not person(request).may(Permission.MEND_GAPS):
        raise PermissionDenied(_("Your role does not see to knowledge gaps."))
    try:
        current_app.send_task("reviewqueue.tasks.ring_gaps", expires=600)
        messages.success(request, _("The desk looks now; what it finds is here within a minute."))
    except OperationalError:
        messages.error(request, _("The worker cannot be reached. It looks by itself every ten minutes."))
    return redirect("gaps")


@signed_in
@require_http_methods(["POST"])
def act(request: HttpRequest, gap_id: str, verb: str) -> HttpResponse:
    """Assign, say what was changed, dismiss, or open again."""
    who, said = person(request), posted(request)
    found = _found(who, gap_id)
    try:
        _VERBS[verb](found, who, said)
    except Refusal as refusal:
        return _shown(request, _found(who, gap_id), refusal=refusal, said=said)
    messages.success(request, _("Saved."))
    return redirect("gap", gap_id=found.pk)


def orders() -> list[tuple[str, str]]:
    """What the list can be ordered by."""
    return [("harm", _("harm to customers")), ("cases", _("cases")), ("cost", _("cost")), ("newest", _("newest"))]


def _assign(found: Gap, who: Reviewer, said: Any) -> None:
    owner = next((each for each in gaps.people() if str(each.pk) == said.get("owner")), None)
    gaps.assign(found, owner=owner, area=said.get("area", ""), person=who, version=_version(said), at=clock.now())


def _change(found: Gap, who: Reviewer, said: Any) -> None:
    gaps.change(
        found,
        what=said.get("change", ""),
        url=said.get("change_url", ""),
        person=who,
        version=_version(said),
        at=clock.now(),
    )


def _dismiss(found: Gap, who: Reviewer, said: Any) -> None:
    gaps.dismiss(found, note=said.get("note", ""), person=who, version=_version(said), at=clock.now())


def _reopen(found: Gap, who: Reviewer, said: Any) -> None:
    gaps.reopen(found, person=who, version=_version(said), at=clock.now())


_VERBS: Final = {"assign": _assign, "change": _change, "dismiss": _dismiss, "reopen": _reopen}


def _version(said: Any) -> int:
    text = said.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0  # noqa: PLR2004 - fits the column


def _found(who: Reviewer, gap_id: str) -> Gap:
    found = seen.visible(who).filter(pk=gap_id).first()
    if found is None:
        raise Http404
    return found


def _shown(request: HttpRequest, found: Gap, *, refusal: Refusal | None = None, said: Any = None) -> HttpResponse:
    who = person(request)
    examples = seen.examples(found, who)
    titles = dict(Reason.choices)
    context = {
        "gap": found,
        "examples": examples,
        "reasons": [(titles.get(reason, _("no reason given")), count) for reason, count in seen.reasons(found)],
        "cost": amounts.duration(found.handling_seconds),
        "effect": _effect(found),
        "people": gaps.people(),
        "areas": Gap.Area.choices,
        "mends": who.may(Permission.MEND_GAPS),
        "owns": found.owner_id == who.pk,
        "answer": seen.best_answer(examples),
        "refusal": refusal,
        "said": said or {},
    }
    return render(request, "gap.html", context, status=status(refusal) if refusal else 200)


def _effect(found: Gap) -> dict[str, Any] | None:
    if found.changed_at is None:
        return None
    effect = gap_effect.of(found, at=clock.now())
    moved = effect.change
    return {
        "before": insight_words.share(effect.before),
        "after": insight_words.share(effect.after),
        "change": amounts.change(moved.value, "share") if moved else "",
        "low": amounts.change(moved.low, "share") if moved else "",
        "high": amounts.change(moved.high, "share") if moved else "",
        "fell": effect.fell,
        "few": effect.after.n < intervals.FEW,
        "weighted": any(round(each.effective) != each.n for each in (effect.before, effect.after) if each.n),
    }
