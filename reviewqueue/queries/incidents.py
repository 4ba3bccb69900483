"""What came to light after an action ran: executions that failed, and decisions that customers rightly contested.

It is the agent's fault where the action ran as the agent had proposed it. What a person had changed first is not, and
neither is an execution of which nobody knows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from reviewqueue.engine.stories import SENSITIVE
from reviewqueue.models import Case, Decision, Grant, Reason, Ruling
from reviewqueue.queries import takeovers

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

_KNOWN: Final = ("succeeded", "failed")


class Ran(NamedTuple):
    """One action that ran as it was proposed: when it was known what came of it, and whether a person had seen it."""

    at: datetime
    failed: bool
    unseen: bool
    sensitive: bool

    @property
    def is_incident(self) -> bool:
        """Something dangerous went wrong that no person had seen."""
        return self.failed and self.unseen and self.sensitive


def executions(cases: Collection[str]) -> dict[tuple[str, str], Ran]:
    """What came of the actions of these cases, by case and call; one query."""
    found = Grant.objects.filter(case_id__in=cases, outcome__in=_KNOWN, decision__type=Ruling.APPROVE)
    columns = (
        "case_id",
        "decision__call_id",
        "outcome",
        "outcome_at",
        "redeemed_at",
        "decision__decided_by",
        "case__risk",
    )
    return {
        (case, call): Ran(at or redeemed, outcome == "failed", by is None, risk in SENSITIVE)
        for case, call, outcome, at, redeemed, by, risk in found.values_list(*columns)
    }


def upheld(cases: Collection[str]) -> dict[str, datetime]:
    """Which of these the customer contested and a person then found wrong, and when; three queries at most."""
    contests = dict(Case.objects.filter(contests__in=cases).values_list("pk", "contests_id"))
    if not contests:
        return {}
    ended = dict(Case.objects.filter(pk__in=contests).exclude(outcome="").values_list("pk", "updated_at"))
    answered = Decision.objects.filter(case__in=contests, type=Ruling.RESPOND, reason_code__in=Reason.values)
    answered = answered.filter(undone_at=None, took_effect_at__isnull=False)
    said = {contest: why.reason for contest, why in takeovers.whys(contests).items() if why.reason in Reason.values}
    wrong = {*said, *answered.values_list("case_id", flat=True)}
    return {contests[each]: ended[each] for each in sorted(wrong) if each in ended}
