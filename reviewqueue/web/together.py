"""Cases decided together: chosen in the list, looked at as one table, a sample of them opened, then one ruling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from reviewqueue.domain import together
from reviewqueue.models import Batch, Reason
from reviewqueue.queries import briefing, cases, clock, wordings
from reviewqueue.refusal import Refusal
from reviewqueue.web import filters, undoing
from reviewqueue.web.visit import address_of, person, posted, signed_in, status
from reviewqueue.web.wording import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reviewqueue.domain.people import Reviewer
    from reviewqueue.models import Case, Wording
    from reviewqueue.web.wording import Plain


_LONGEST_ID: Final = 40


@dataclass(frozen=True, slots=True)
class Line:
    """One case of a batch: what exactly would run, and whether it must be or was opened."""

    case: Case
    what: Plain
    canonical: str
    sampled: bool
    opened: bool


@signed_in
@require_POST
def prepare(request: HttpRequest) -> HttpResponse:
    """Bind the ticked cases and show them."""
    who, chosen = person(request), filters.read(posted(request))
    batch = together.prepare(who, case_ids=request.POST.getlist("case")[: together.MOST + 1], at=clock.now())
    return redirect(_address(batch.pk, chosen))


@signed_in
@require_GET
def batch(request: HttpRequest, batch_id: str) -> HttpResponse:
    """``/together/<id>/``."""
    return _shown(request, _found(person(request), batch_id))


@signed_in
@require_POST
def open_one(request: HttpRequest, batch_id: str, case_id: str) -> HttpResponse:
    """Open one case of it, which is recorded; its page leads back here."""
    who = person(request)
    case = together.open_one(_found(who, batch_id), person=who, case_id=case_id, at=clock.now())
    return redirect(f"{reverse('case', args=[case.pk])}?together={batch_id}")


@signed_in
@require_POST
def decide(request: HttpRequest, batch_id: str) -> HttpResponse:
    """One ruling for all of it."""
    who, said = person(request), posted(request)
    found = _found(who, batch_id)
    try:
        together.decide(
            found,
            person=who,
            ruling=said.get("ruling", ""),
            reason_code=said.get("reason_code", ""),
            message=said.get("message", "").strip(),
            at=clock.now(),
        )
    except Refusal as refusal:
        return _shown(request, _found(who, batch_id), refusal)
    count = len(found.case_ids)
    said_done = ngettext("%d case decided, each on its own record.", "%d cases decided, each on its own record.", count)
    messages.success(request, said_done % count)
    return redirect(address_of(filters.read(said)))


@signed_in
@require_POST
def undo(request: HttpRequest, batch_id: str) -> HttpResponse:
    """Take all of it back."""
    who = person(request)
    together.undo(_found(who, batch_id), person=who, at=clock.now())
    messages.success(request, _("Taken back; nothing had happened yet. The cases wait again."))
    return redirect("queue")


def named(text: str) -> str:
    """A batch as an address names it; empty for what cannot be one."""
    return text if text.isidentifier() and len(text) <= _LONGEST_ID else ""


def _shown(request: HttpRequest, found: Batch, refusal: Refusal | None = None) -> HttpResponse:
    who, now = person(request), clock.now()
    chosen = filters.read(posted(request) if request.method == "POST" else request.GET)
    context = {
        "batch": found,
        "lines": _lines(found, who),
        "reasons": Reason.choices,
        "refusal": refusal,
        "over": bool(found.decided_at or found.voided_at),
        "back": chosen.query,
        "back_fields": chosen.fields,
        **undoing.context(who, now),
        "now": now,
    }
    return render(request, "together.html", context, status=status(refusal) if refusal else 200)


def _lines(found: Batch, who: Reviewer) -> list[Line]:
    visible = cases.visible(who).in_bulk(found.case_ids)
    named = wordings.of([{"kind": found.kind, "name": found.action}])
    return [_line(found, visible[case_id], named) for case_id in found.case_ids if case_id in visible]


def _line(found: Batch, case: Case, named: Mapping[tuple[str, str], Wording]) -> Line:
    (action,) = briefing.actions(case)
    wording, record = named.get((action["kind"], action["name"])), case.document.get("customer")
    what = plain(action, action["args"], customer=case.customer_name, wording=wording, record=record)
    return Line(case, what, action["canonical"], case.pk in found.sample, case.pk in found.opened)


def _found(who: Reviewer, batch_id: str) -> Batch:
    found = Batch.objects.filter(pk=batch_id, person_id=who.pk).first()
    if found is None:
        raise Refusal("not-found", _("There is no such batch."))
    return found


def _address(batch_id: str, chosen: filters.Filter) -> str:
    address = reverse("together", args=[batch_id])
    return f"{address}?{chosen.query}" if chosen.query else address
