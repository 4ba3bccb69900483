"""The page on which a person says how they like to work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from reviewqueue.domain import habits
from reviewqueue.queries import clock
from reviewqueue.refusal import Refusal
from reviewqueue.web.visit import person, posted, signed_in, status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reviewqueue.domain.people import Reviewer


@signed_in
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """``/habits/``: advancing and keys."""
    who = person(request)
    if request.method != "POST":
        return render(request, "habits.html", _context(_kept(who)))
    said = posted(request)
    try:
        habits.keep(who, advance="advance" in said, keys_on="keys_on" in said, keys=_keys(said), at=clock.now())
    except Refusal as refusal:
        return render(request, "habits.html", {**_context(said), "refusal": refusal}, status=status(refusal))
    messages.success(request, _("Saved."))
    return redirect("habits")


def meanings() -> dict[str, str]:
    """What each key does."""
    return {
        "a": _("approve"),
        "e": _("edit"),
        "r": _("reject"),
        "i": _("ask"),
        "t": _("take over"),
        "m": _("pass on"),
        "s": _("snooze"),
        "c": _("comment"),
        "h": _("hand back"),
        "u": _("undo"),
        "g": _("next best case"),
        "x": _("stop the agent"),
        "n": _("show what is new"),
        "d": _("show what you changed"),
        "b": _("to the briefing"),
        "j": _("down the list"),
        "k": _("up the list"),
        "[": _("to the source before"),
        "]": _("to the next source"),
        "/": _("search"),
        "?": _("keyboard shortcuts"),
    }


def _keys(said: Mapping[str, str]) -> dict[str, str]:
    return {name: said.get(f"key-{name}", "") for name in habits.KEYS}


def _kept(who: Reviewer) -> dict[str, str]:
    marks = {"advance": habits.advances(who), "keys_on": habits.keys_on(who)}
    keys = {f"key-{name}": key for name, key in habits.changed_keys(who).items()}
    return {name: "on" for name, on in marks.items() if on} | keys


def _context(said: Mapping[str, str]) -> dict[str, Any]:
    names = meanings()
    return {
        "advance": "advance" in said,
        "keys_on": "keys_on" in said,
        "chosen": [(name, names[name], said.get(f"key-{name}") or name) for name in habits.KEYS],
    }
