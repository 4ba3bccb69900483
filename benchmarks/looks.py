"""Which pages of a large desk are loaded: each view, lane, filter, search, and the pages behind the first one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from reviewqueue.models import OPEN, Case
from reviewqueue.queries import cases, cursors

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet

WARM_UP: Final = 3
# Half of them stand on no case at all or on one of fifty thousand.
FILTERS: Final = {
    "priority": ("high", "urgent"),
    "risk": ("medium", "critical"),
    "agent": ("bench", "nobody"),
    "intent": ("refund", "erasure"),
    "language": ("en", "fi"),
    "least": ("100", "50000"),
    "state": ("queued", "second_look"),
}
_DONE: Final = {"state": ("decided", "taken_over")}

Look = tuple[str, str]


def pages(loads: int) -> dict[str, Callable[[int], Look]]:
    """Who opens which address, by the name of the page; some differ from load to load."""
    opened = list(Case.objects.filter(rank_at__isnull=False).order_by("rank_at")[: loads + WARM_UP])
    over = list(Case.objects.filter(state="decided").order_by("-id")[: loads + WARM_UP])
    return {
        "queue, three lanes": lambda _n: ("lanes", "/"),
        "queue, all lanes": lambda _n: ("all", "/"),
        "one lane": lambda _n: ("all", "/?lane=billing"),
        "case": lambda n: ("all", f"/cases/{opened[n % len(opened)].pk}/"),
        **{f"view: {view}": _fixed("lanes", view=view) for view in ("mine", "waiting", "snoozed")},
        "view: watched": _fixed("all", view="watched"),
        **{f"view: done, {who}": _fixed(who, view="done") for who in ("lanes", "all")},
        "view: done, one lane": _fixed("all", view="done", lane="billing"),
        "search for a rare word": lambda n: ("all", f"/?q={opened[n % len(opened)].dedupe_key}"),
        "search for a rare word, done": lambda n: ("all", f"/?view=done&q={over[n % len(over)].dedupe_key}"),
        "search for a word of old cases, done": _fixed("all", view="done", q="number2"),
        "search for a word in every case": _fixed("all", q="order"),
        "search for a word in every case, done": _fixed("lanes", view="done", q="order"),
        **_filtered("open", FILTERS),
        **_filtered("done", FILTERS | _DONE),
        "open, three filters": _fixed("all", priority="urgent", agent="bench", least="100"),
        "open, filter of a lane": _fixed("all", lane="billing", intent="refund", language="fi"),
        "done, filter of a lane": _fixed("all", view="done", lane="billing", intent="refund", language="fi"),
        "open, second page": _fixed("lanes", cursor=_second("open")),
        "open, page in the middle": _fixed("all", cursor=_middle("open")),
        "done, second page": _fixed("lanes", view="done", cursor=_second("done")),
        "done, page in the middle": _fixed("all", view="done", cursor=_middle("done")),
        "done, filtered page in the middle": _fixed("all", view="done", intent="refund", cursor=_middle("done")),
    }


def _fixed(who: str, **query: str) -> Callable[[int], Look]:
    return lambda _n: (who, f"/?{urlencode(query)}")


def _filtered(view: str, by: dict[str, tuple[str, str]]) -> dict[str, Callable[[int], Look]]:
    often = {f"{view}, {name}": _fixed("all", view=view, **{name: values[0]}) for name, values in by.items()}
    seldom = {f"{view}, rare {name}": _fixed("lanes", view=view, **{name: values[1]}) for name, values in by.items()}
    return often | seldom


def _second(view: str) -> str:
    return _behind(view, place=cases.PAGE - 1)


def _middle(view: str) -> str:
    return _behind(view, place=_of(view).count() // 2)


def _behind(view: str, *, place: int) -> str:
    columns = cases.ORDERS["due" if view == "open" else "newest"]
    row = _of(view).order_by(*columns)[place:].first()
    return cursors.write(columns, row) if row else ""


def _of(view: str) -> QuerySet[Case]:
    return Case.objects.filter(state__in=OPEN) if view == "open" else Case.objects.exclude(state__in=OPEN)
