"""Which cases a person sees, in which order, page by page."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Count, Min, Q, QuerySet
from django.utils.translation import gettext as _

from reviewqueue.models import Case, State
from reviewqueue.refusal import Refusal
from reviewqueue.rules import Person, queue_names

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

OPEN: Final = (State.QUEUED, State.CLAIMED, State.ASKED, State.SECOND_LOOK)
PAGE = 50
# What each order sorts by; a cursor continues after the last row's values.
ORDERS: Final[dict[str, tuple[str, ...]]] = {
    "due": ("-priority", "due_at", "id"),
    "breach": ("due_at", "id"),
    "newest": ("-id",),
    "oldest": ("id",),
}


@dataclass(frozen=True, slots=True)
class Page:
    """Up to 50 cases and the cursor of the next page, empty on the last one."""

    cases: list[Case]
    cursor: str


def visible(person: Person) -> QuerySet[Case]:
    """The cases that exist for this person."""
    names = queue_names(person)
    cases = Case.objects.select_related("queue", "claimed_by", "agent")
    return cases if names is None else cases.filter(Q(queue_id__in=names) | Q(offered_to_id=person.pk))


def find(person: Person, case_id: str) -> Case:
    """One case, or the same refusal for one that is hidden and one that is not there."""
    case = visible(person).select_related("conversation").filter(pk=case_id).first()
    if case is None:
        raise Refusal("not-found", _("There is no such case."))
    return case


def page(
    person: Person,
    *,
    queues: Sequence[str] = (),
    states: Sequence[str] = OPEN,
    search: str = "",
    order: str = "breach",
    cursor: str = "",
    holder: int | None = None,
) -> Page:
    """One page of what this person may see; ``holder``: only what that person holds.

    Unknown orders, states and cursors are refused (``invalid-request``).
    """
    if order not in ORDERS:
        raise _unfit("order", _("Order by one of: %s.") % ", ".join(ORDERS))
    if unknown := set(states) - set(State.values):
        raise _unfit("state", _("There is no state %s.") % ", ".join(sorted(unknown)))
    cases = visible(person).filter(state__in=states)
    if queues:
        cases = cases.filter(queue_id__in=queues)
    if holder is not None:
        cases = cases.filter(claimed_by_id=holder)
    if search:
        cases = cases.filter(_matching(search))
    if "due_at" in ORDERS[order]:
        cases = cases.exclude(due_at=None)
    rows = list(_after(cases, order, cursor).order_by(*ORDERS[order])[: PAGE + 1])
    return Page(rows[:PAGE], _cursor(rows[PAGE - 1], order) if len(rows) > PAGE else "")


def lanes(person: Person) -> list[dict[str, Any]]:
    """Each queue of this person with how many cases are open, since when, and how many are late or near it."""
    counted = visible(person).filter(state__in=OPEN).values("queue_id", "queue__title").order_by("queue__position")
    rows = counted.annotate(count=Count("id"), oldest_at=Min("created_at"), first_due_at=Min("due_at"))
    return [dict(row) for row in rows]


def _matching(search: str) -> Q:
    words = Q()
    for word in search.split()[:8]:
        fields = ("customer_name__icontains", "issue__icontains", "customer_ref__iexact", "id__iexact")
        words &= Q(*[(name, word) for name in fields], _connector=Q.OR)
    return words


def _after(cases: QuerySet[Case], order: str, cursor: str) -> QuerySet[Case]:
    if not cursor:
        return cases
    values = _read(cursor, order)
    beyond, equal = Q(), Q()
    for column, value in zip(ORDERS[order], values, strict=True):
        name, down = column.removeprefix("-"), column.startswith("-")
        beyond |= equal & Q((f"{name}__{'lt' if down else 'gt'}", value))
        equal &= Q((name, value))
    return cases.filter(beyond)


def _cursor(case: Case, order: str) -> str:
    values = [getattr(case, column.removeprefix("-")) for column in ORDERS[order]]
    text = json.dumps([value.isoformat() if isinstance(value, datetime) else value for value in values])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time needs its offset")
    return moment


def _name(text: str) -> str:
    if not text.isascii() or not text.isprintable():
        raise ValueError("not an id")
    return text


_KINDS: Final[dict[str, Callable[[Any], Any]]] = {"due_at": _moment, "priority": int, "id": _name}


def _read(cursor: str, order: str) -> list[Any]:
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        columns = [column.removeprefix("-") for column in ORDERS[order]]
        return [_KINDS[column](value) for column, value in zip(columns, values, strict=True)]
    except (ValueError, TypeError, AttributeError) as error:
        raise _unfit("cursor", _("This cursor is not one of ours; start from the first page.")) from error


def _unfit(parameter: str, says: str) -> Refusal:
    return Refusal("invalid-request", says, errors=({"pointer": f"?{parameter}", "detail": says},))
