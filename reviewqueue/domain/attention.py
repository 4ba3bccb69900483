"""Help for people who approve faster than anybody can read: to look first, to be looked over, to rest.

It is help and no punishment: it ends with one slower decision, nothing of it is in the record, and every number is
shown to the person it is about (``web/attention.py``).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reviewqueue import rules
from reviewqueue.domain import drawing, habits
from reviewqueue.engine import canonical
from reviewqueue.models import Case, Ruling, SecondLook
from reviewqueue.queries import attention as known
from reviewqueue.queries import dosage, rulings
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reviewqueue.domain.decisions import Look
    from reviewqueue.domain.people import Reviewer
    from reviewqueue.domain.rulings import Ruled

# Among a person's habits: quick approvals in a row, and when the last one was.
ROW: Final = "quick_row"
_FEWEST: Final = 2
_FORGOTTEN: Final = timedelta(hours=1)
VIEWS: Final = (Ruling.APPROVE, Ruling.EDIT, Ruling.REJECT)


def note(person: Reviewer, case: Case, ruled: Iterable[Ruled], look: Look, *, at: datetime) -> None:
    """One more quick approval, or the end of the row; most decisions write nothing."""
    row = person.habits.get(ROW) or {}
    if _quick_approval(case, ruled, look):
        n = int(row.get("n", 0)) + 1 if _lately(row, at) else 1
        habits.store(person, {ROW: {"n": n, "at": at.isoformat()}})
    elif row:
        habits.store(person, {ROW: {}})


def in_a_row(person: Reviewer, *, at: datetime) -> int:
    """How many quick approvals this person made one after the other."""
    row = person.habits.get(ROW) or {}
    return int(row.get("n", 0)) if _lately(row, at) else 0


def asks_for_view(person: Reviewer, *, at: datetime) -> bool:
    """Does this person say first what they would do?"""
    n = in_a_row(person, at=at)
    if n < _FEWEST:
        return False
    coaching = dosage.coaching()
    return coaching.help_view and 0 < coaching.quick_in_a_row <= n


def asks_for_evidence(person: Reviewer, *, at: datetime) -> bool:
    """Is this person asked, for some minutes, to open the evidence before they approve, whatever the risk is?"""
    row = person.habits.get(ROW) or {}
    n = in_a_row(person, at=at)
    if n < _FEWEST:
        return False
    coaching = dosage.coaching()
    until = datetime.fromisoformat(row["at"]) + timedelta(minutes=coaching.help_evidence)
    return 0 < coaching.quick_in_a_row <= n and at < until


def asks_for_second(person: Reviewer, case: Case, ruled: Iterable[Ruled], look: Look) -> bool:
    """Is this one more quick approval of somebody who gets a second look?"""
    n = int((person.habits.get(ROW) or {}).get("n", 0))
    if n < _FEWEST or not _quick_approval(case, ruled, look):
        return False
    coaching = dosage.coaching()
    return coaching.help_second and 0 < coaching.quick_in_a_row <= n


def require_rest(person: Any, *, at: datetime) -> None:
    """Refused (``forbidden``) for some minutes after quick approvals in a row, where the desk has set it."""
    row = person.habits.get(ROW) or {}
    if int(row.get("n", 0)) < _FEWEST:
        return
    coaching = dosage.coaching()
    until = datetime.fromisoformat(row["at"]) + timedelta(minutes=coaching.help_minutes)
    if not 0 < coaching.quick_in_a_row <= int(row["n"]) or at >= until:
        return
    minutes = max(round((until - at).total_seconds() / 60), 1)
    says = ngettext(
        "You approved %(n)d cases in a row faster than they can be read. Take %(minutes)d minute; then go on.",
        "You approved %(n)d cases in a row faster than they can be read. Take %(minutes)d minutes; then go on.",
        minutes,
    )
    raise Refusal("forbidden", says % {"n": row["n"], "minutes": minutes})


def draw(case: Case, *, at: datetime) -> None:
    """Now and then a decided case gets a second look that its decider neither knows of nor can work out."""
    if not drawing.falls(case.pk, of="second_look", share=dosage.coaching().second_share):
        return
    ruled = rulings.of(case)
    deciders = {one.decided_by_id for one in case.decisions.filter(undone_at=None)}
    if len(deciders) != 1 or None in deciders or not ruled:
        return
    strictest = max((ruling["type"] for ruling in ruled), key=known.ORDER.index)
    first = {"first_by_id": deciders.pop(), "first_type": strictest, "drawn_at": at}
    SecondLook.objects.get_or_create(case=case, defaults=first)


def say(look: SecondLook, *, person: Reviewer, view: str, note: str, at: datetime) -> SecondLook:
    """What this person would have done; said once, recorded, and without any effect on the case.

    Refused: to whoever decided it, owns the agent or does not decide (``forbidden``), and once it was said.
    """
    if sentence := why_not(look, person):
        raise Refusal("forbidden", sentence)
    if view not in VIEWS:
        raise Refusal("invalid-request", _("Say whether you would approve, change or reject it."))
    said = {"by_id": person.pk, "says": view, "note": note[:2000], "said_at": at}
    if not SecondLook.objects.filter(pk=look.pk, said_at=None).update(**said):
        raise Refusal("not-pending", _("Somebody else has said it already."))
    look.refresh_from_db()
    return look


def why_not(look: SecondLook, person: Reviewer) -> str | None:
    """Why this person cannot be the second one; ``None`` when they can."""
    if not person.may(rules.Permission.DECIDE):
        return _("Your role does not decide cases.")
    if person.pk in {look.first_by_id, look.case.agent.owner_id, look.case.first_by_id}:
        return _("Somebody else must look.")
    return None if rules.may_see(person, look.case) else _("This case is in a queue that you do not work in.")


def _quick_approval(case: Case, ruled: Iterable[Ruled], look: Look) -> bool:
    approved = all(one.type == Ruling.APPROVE or _changes_nothing(case, one) for one in ruled)
    # Without a time there is nothing to compare, and nothing to ask the rules for.
    return approved and known.timed(look.timings) and known.quick(look.timings, dosage.coaching().quick_below)


def _changes_nothing(case: Case, one: Ruled) -> bool:
    """Is it a change in name only?"""
    if one.type != Ruling.EDIT:
        return False
    action = next(each for each in case.actions if each["call_id"] == one.call_id)
    return one.digest == canonical.digest({"name": action["name"], "args": action["args"]})


def _lately(row: dict[str, Any], at: datetime) -> bool:
    return bool(row) and at - datetime.fromisoformat(row["at"]) < _FORGOTTEN
