"""The numbers of a what-if report, as its page reads them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reviewqueue.models import Oversight
from reviewqueue.queries import caveats
from reviewqueue.queries.numbers import money
from reviewqueue.web import amounts

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

_TITLES: dict[str, _StrPromise] = {
    "newly_held": gettext_lazy("newly held"),
    "newly_released": gettext_lazy("newly released"),
    "stricter": gettext_lazy("stricter, otherwise the same"),
    "looser": gettext_lazy("looser, otherwise the same"),
    "unchanged": gettext_lazy("unchanged"),
}

_KNOWN: dict[str, _StrPromise] = {
    "right": gettext_lazy("approved as it was"),
    "wrong": gettext_lazy("changed, rejected or gone wrong"),
    "unknown": gettext_lazy("not known"),
}


def titles() -> dict[str, str]:
    """What can change for a case, in words."""
    return {name: str(title) for name, title in _TITLES.items()}


def of(report: Mapping[str, Any]) -> dict[str, Any]:
    """The context of the report's page."""
    totals = report["totals"]
    return {
        "totals": totals,
        "changes": [_change(name, title, report) for name, title in titles().items() if name != "unchanged"],
        "known": report["known"],
        "shares": _shares(report["known"]),
        "money": {name: _money(sum_) for name, sum_ in report["money"].items()},
        "lanes": [_lane(lane) for lane in report["queues"]],
        "hours": report["hours"],
        "fired": sorted((_trigger(one) for one in report["triggers"] if one["fired"]), key=lambda one: -one["fired"]),
        "silent": [one["name"] for one in report["triggers"] if not one["fired"]],
        "caveats": caveats.of(report),
    }


def case(told: Mapping[str, Any]) -> dict[str, Any]:
    """One case of a list, in words."""
    before, after = (Oversight(told[name]).label for name in ("oversight_before", "oversight"))
    at = datetime.fromtimestamp(told["created_at"], timezone.get_current_timezone())
    return {**told, "before": before, "after": after, "at": at, "known": _KNOWN[told["known"]]}


def percent(share: float | None) -> str:
    """A share as people read it; nothing where there is none."""
    return "" if share is None else f"{100 * share:.0f} %"


def _change(name: str, title: str, report: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "title": title,
        "count": report["totals"][name],
        "money": _money(report["money"].get(name)),
        "examples": report["examples"].get(name, [])[:5],
    }


def _money(found: Mapping[str, str] | None) -> str:
    """A sum as the reader writes it; empty where there is none."""
    return money(found["amount"], found["currency"]) if found else ""


def _shares(known: Mapping[str, Any]) -> list[dict[str, Any]]:
    """How much of what was wrong, and of what was right, is held before and after."""
    names = {"wrong": _("Wrong proposals held"), "right": _("Right proposals held")}
    return [
        {
            "title": title,
            "before": interval(known[f"{name}_held_before"]),
            "after": interval(known[f"{name}_held_after"]),
        }
        for name, title in names.items()
    ]


def interval(share: Mapping[str, Any]) -> dict[str, Any]:
    """A share with its interval, in words and as a bar of a hundred."""
    if not share["n"]:
        return {"text": "", "between": "", "n": 0}
    low, middle, high = (round(100 * share[name]) for name in ("low", "share", "high"))
    return {
        "text": f"{middle} %",
        "between": f"{low}–{high} %",
        "hits": share["hits"],
        "n": share["n"],
        "low": str(low),
        "middle": str(middle),
        "width": str(max(high - low, 1)),
    }


def _trigger(one: Mapping[str, Any]) -> dict[str, Any]:
    return {**one, "precision": interval(one["precision"]), "recall": interval(one["recall"])}


def _lane(lane: Mapping[str, Any]) -> dict[str, Any]:
    return {**lane, "before": _load(lane["before"]), "after": _load(lane["after"]), "staff": _staff(lane)}


def _staff(lane: Mapping[str, Any]) -> str:
    """Who is on, and how that is known."""
    told = {"people": lane["people"], "share": percent(lane["covered"])}
    if lane["staffed"] in {"roster", "both"}:
        return _("by the roster up to %(people)s, somebody %(share)s of the time") % told
    if lane["staffed"] == "members":
        return _("%(people)s who work there; no roster") % told
    return _("nobody") if lane["staffed"] else ""


def _load(load: Mapping[str, Any]) -> dict[str, Any]:
    return {**load, "wait": _wait(load), "late": percent(load["late"])}


def _wait(load: Mapping[str, Any]) -> str:
    begun = "" if load["wait_seconds"] is None else amounts.duration(load["wait_seconds"])
    if not load["never_begun"]:
        return begun
    left = _("%(n)s never begun") % {"n": load["never_begun"]}
    return f"{begun}, {left}" if begun else left
