"""Why a case stands where it stands, in words."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reviewqueue.web.amounts import MINUS
from reviewqueue.web.filters import risk_label

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewqueue.models import Case
    from reviewqueue.queries.lanes import Lane

_NONE = timedelta(0)


def explained(case: Case) -> str:
    """The rank of an open case: its deadline, and what a delay costs."""
    head = case.head_start
    parts = ", ".join(_parts(case))
    if not parts:
        return _("Ranked by its deadline alone: a delay costs nothing more.")
    if head.whole >= _NONE:
        says = _("Ranked as if due %(time)s earlier than it is, because a delay costs more: %(parts)s.")
    else:
        says = _("Ranked as if due %(time)s later than it is, because a delay costs less: %(parts)s.")
    return says % {"time": _minutes(abs(head.whole)), "parts": parts}


def forecast(lane: Lane) -> str:
    """What the forecast of a lane is made of."""
    told = _(
        "Due within 15 minutes: %(soon)d; late already: %(late)d. People decided %(decided)d here in the last"
        " %(minutes)d minutes. At this pace, late ones first, %(likely)d of them will not be reached in time."
    )
    said = {"soon": lane.soon, "late": lane.late, "decided": lane.decided, "likely": lane.likely}
    return told % (said | {"minutes": max(round(lane.in_minutes), 1)})


def _parts(case: Case) -> Iterator[str]:
    head = case.head_start
    if head.priority:
        yield _("%(priority)s priority %(time)s") % {
            "priority": case.get_priority_display(),
            "time": _signed(head.priority),
        }
    if head.risk:
        yield _("%(risk)s risk %(time)s") % {"risk": risk_label(case.risk), "time": _signed(head.risk)}
    if head.worth:
        told = _("its value %(time)s") if case.worth is not None else _("a value nobody can compare %(time)s")
        yield told % {"time": _signed(head.worth)}


def _signed(time: timedelta) -> str:
    return f"{'+' if time > _NONE else MINUS}{_minutes(abs(time))}"


def _minutes(time: timedelta) -> str:
    count = round(time.total_seconds() / 60)
    return ngettext("%d minute", "%d minutes", count) % count
