"""Why people took conversations over: said with the takeover or when it ends, and read back from the record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from django.utils.translation import gettext_lazy as _

from audit.models import Entry
from reviewqueue.models import Reason, State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reviewqueue.models import Case

# Somebody took over although the agent did nothing wrong; that is no failure of an agent.
NO_FAULT: Final = "no_fault"
REASONS: Final = [*Reason.choices, (NO_FAULT, _("the agent did nothing wrong"))]
CODES: Final = frozenset({*Reason.values, NO_FAULT})
_KINDS: Final = ("case.taken_over", "case.returned", "case.finished")


class Why(NamedTuple):
    """The reason, what the agent did not know, and the note of the takeover."""

    reason: str = ""
    gap: str = ""
    note: str = ""


def whys(cases: Iterable[str]) -> dict[str, Why]:
    """What was said of each, the last word on each counts; one query."""
    found: dict[str, Why] = {}
    subjects = [f"case:{case}" for case in cases]
    for entry in Entry.objects.filter(subject__in=subjects, kind__in=_KINDS).order_by("subject", "seq"):
        case, said = entry.subject.removeprefix("case:"), entry.data
        old = found.get(case, Why())
        note = str(said.get("note") or "") if entry.kind == _KINDS[0] else ""
        found[case] = Why(
            str(said.get("reason_code") or old.reason), str(said.get("knowledge_gap") or old.gap), note or old.note
        )
    return found


def wants_person(case: Case) -> bool:
    """Did the customer ask for a person? Then it says why by itself."""
    return any(reason.get("category") == "human_request" for reason in (case.verdict or {}).get("reasons") or [])


def asks_why(case: Case) -> bool:
    """Is it still to be said why this conversation was taken over, or whether what was contested was wrong?"""
    if not case.contests_id and (case.raised_by_desk or wants_person(case)):
        return False
    return case.state != State.TAKEN_OVER or not whys([case.pk]).get(case.pk, Why()).reason
