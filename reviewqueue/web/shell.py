"""What every page carries: who is signed in, where they can go, and how they like it to look."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.urls import reverse
from django.utils.translation import gettext as _

from reviewqueue.domain import habits
from reviewqueue.domain.coaching import ANNOUNCED
from reviewqueue.domain.unmasking import UNREAD
from reviewqueue.rules import Permission

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpRequest

THEMES: Final = ("auto", "light", "dark")
THEME_COOKIE: Final = "theme"


# So many entries are taken in at a glance; more are grouped.
_AT_A_GLANCE: Final = 5


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the main navigation."""

    name: str
    title: str
    address: str
    here: bool


def shell(request: HttpRequest) -> dict[str, Any]:
    """The context of ``base.html``; asks the database nothing."""
    return {"theme": theme(request), **_navigation(request), **_keys(request)}


def theme(request: HttpRequest) -> str:
    """``light``, ``dark``, or ``auto``: as the reader's system has it."""
    chosen = request.COOKIES.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else "auto"


def _keys(request: HttpRequest) -> dict[str, Any]:
    user: Any = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    status = habits.status(user) if user.may(Permission.DECIDE) else ""
    told = {"unread_lesson": next(iter(user.habits.get(UNREAD, [])), ""), ANNOUNCED: user.habits.get(ANNOUNCED, False)}
    told["watches"] = user.may(Permission.PAUSE) or user.may(Permission.SUPERVISE)
    return told | {"keys": json.dumps(habits.changed_keys(user)), "keys_on": habits.keys_on(user), "status": status}


def _navigation(request: HttpRequest) -> dict[str, Any]:
    """What somebody needs every day, and the rest in groups, one step away where there is little room."""
    places = list(_places(request))
    daily = places if len(places) <= _AT_A_GLANCE else [one for one in places if one.name in _daily(request.user)]
    rest = [one for one in places if one not in daily]
    back = [one for one in rest if one.name in _BACK]
    groups = [(_("Looking back"), back), (_("Rules"), [one for one in rest if one not in back])]
    return {
        "places": daily,
        "place_groups": [(title, found) for title, found in groups if found],
        "elsewhere": next((one for one in rest if one.here), None),
    }


def _daily(user: Any) -> frozenset[str]:
    found = frozenset({"queue", "monitor", "team"})
    if user.may(Permission.LEAD_QUALITY):
        found |= {"qa", "gaps"}
    return found | {"policy", "admin:index"} if user.may(Permission.CONFIGURE) else found


_BACK: Final = frozenset({"qa", "insight", "coaching", "gaps", "record"})


def _places(request: HttpRequest) -> Iterator[Place]:
    user: Any = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return
    yield _place(request, _("Queue"), "queue")
    if user.may(Permission.PAUSE) or user.may(Permission.SUPERVISE):
        yield _place(request, _("Monitor"), "monitor")
    if user.may(Permission.DECIDE) or user.may(Permission.SUPERVISE):
        yield _place(request, _("Team"), "team")
    yield from _looking_back(request, user)
    yield _place(request, _("Policy"), "policy")
    if user.may(Permission.SEE_TIMELINE) and user.may(Permission.SEE_ALL_QUEUES):
        yield _place(request, _("Audit"), "record")
    if user.may(Permission.CONFIGURE) or user.may(Permission.SUPERVISE):
        yield _place(request, _("Waiting"), "waits")
    if user.may(Permission.CONFIGURE):
        yield _place(request, _("Admin"), "admin:index")


def _looking_back(request: HttpRequest, user: Any) -> Iterator[Place]:
    if user.may(Permission.REVIEW_QUALITY):
        yield _place(request, _("QA"), "qa")
    if user.may(Permission.SEE_INSIGHT) or user.may(Permission.DECIDE):
        yield _place(request, _("Insight"), "insight")
    if user.may(Permission.SEE_TIMELINE) or user.may(Permission.CONFIGURE):
        yield _place(request, _("Autonomy"), "ladder")
    if user.may(Permission.COACH):
        yield _place(request, _("Coaching"), "coaching")
    if user.may(Permission.MEND_GAPS):
        yield _place(request, _("Gaps"), "gaps")


def _place(request: HttpRequest, title: str, name: str) -> Place:
    address = reverse(name)
    here = request.path == address if address == "/" else request.path.startswith(address)
    return Place(name, title, address, here)
