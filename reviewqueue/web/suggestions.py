"""Rules that people's corrections suggest, and the way from one to a draft in what-if."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from reviewqueue import rules
from reviewqueue.domain import suggesting
from reviewqueue.queries import clock
from reviewqueue.rules import Permission
from reviewqueue.web import insight_words
from reviewqueue.web.visit import as_report, person, posted, signed_in

if TYPE_CHECKING:
    from reviewqueue.engine.suggesting import Condition


@signed_in
@require_GET
@as_report
def page(request: HttpRequest) -> HttpResponse:
    """``/gaps/rules/``: small rules with how sure they are."""
    who = person(request)
    if not who.may(Permission.CONFIGURE):
        rules.require_right(who, Permission.MEND_GAPS, _("Your role does not see to knowledge gaps."))
    looked = suggesting.told(at=clock.now())
    rows: list[dict[str, Any]] = [
        {
            "key": each.key,
            "says": [_says(condition) for condition in each.conditions],
            "found": insight_words.share(each.found),
            "measured": insight_words.share(each.measured),
        }
        for each in looked.rules
    ]
    context = {"rows": rows, "cases": looked.cases, "looked_at": looked.at, "may_draft": who.may(Permission.CONFIGURE)}
    return render(request, "gap_rules.html", context)


@signed_in
@require_POST
@as_report
def draft(request: HttpRequest) -> HttpResponse:
    """Begin a draft with one of them and hold it against what happened."""
    made = suggesting.begin_draft(posted(request).get("rule", ""), author=person(request), at=clock.now())
    return redirect("what_if", draft_id=made.pk)


def _says(condition: Condition) -> str:
    titles = {
        "agent": _("agent"),
        "intent": _("intent"),
        "channel": _("channel"),
        "language": _("language"),
        "tier": _("customer tier"),
        "action": _("action"),
    }
    if condition.how == "is":
        return _("%(fact)s is %(word)s") % {"fact": titles[condition.fact], "word": condition.limit}
    if condition.how == "over":
        return _("the amount is over %(limit)s") % {"limit": condition.limit}
    return _("the confidence is under %(limit)s") % {"limit": condition.limit}
