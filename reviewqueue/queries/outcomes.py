"""What is known today of cases: whether it was right to let the agent do what it proposed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from reviewqueue.engine.comparison import Known
from reviewqueue.models import Decision, Grant, PastRecord, Rating, Ruling, Sampled

# How the outcome of an imported case or of an executor reads; every other one says nothing.
WENT_WRONG: Final = frozenset({"failed", "reversed", "incident"})
CHANGED: Final = frozenset({Ruling.EDIT, Ruling.REJECT})
_ERRORS: Final = frozenset({Rating.ERROR, Rating.CRITICAL})


def known(case_ids: Sequence[str]) -> npt.NDArray[np.int8]:
    """For each case, in order.

    Wrong when a person changed or rejected it, a QA review found an error in it or that a person should have seen it,
    or its outcome was bad; right when people approved all of it as it was, or a QA review found it so.
    """
    if not case_ids:
        return np.zeros(0, dtype=np.int8)
    ends = {"case_id__gte": min(case_ids), "case_id__lte": max(case_ids)}
    found: dict[str, Known] = {}
    people = Decision.objects.filter(**ends, decided_by__isnull=False, undone_at=None)
    for case, ruling in people.values_list("case_id", "type"):
        _note(found, case, ruling)
    for case, decision, outcome in PastRecord.objects.filter(**ends).values_list("pk", "decision", "outcome"):
        _note(found, case, decision)
        if outcome in WENT_WRONG:
            found[case] = Known.WRONG
    _note_quality(found, ends)
    failed = Grant.objects.filter(**ends, outcome__in=WENT_WRONG)
    found |= dict.fromkeys(failed.values_list("case_id", flat=True), Known.WRONG)
    return np.array([found.get(case, Known.UNKNOWN) for case in case_ids], dtype=np.int8)


def of_words(decision: str, outcome: str) -> Known:
    """The same of what stored history says in words."""
    found: dict[str, Known] = {}
    _note(found, "", decision)
    return Known.WRONG if outcome in WENT_WRONG else found.get("", Known.UNKNOWN)


def _note_quality(found: dict[str, Known], ends: dict[str, str]) -> None:
    """What a QA review settled goes before what was decided under the pressure of a queue."""
    settled = Sampled.objects.filter(**ends, state=Sampled.State.SETTLED).exclude(kind=Sampled.Kind.CALIBRATION)
    for case, verdict, missed in settled.values_list("case_id", "verdict", "should_have_been_reviewed"):
        if verdict in _ERRORS or missed:
            found[case] = Known.WRONG
        elif verdict == Rating.OK:
            found.setdefault(case, Known.RIGHT)


def _note(found: dict[str, Known], case: str, ruling: str) -> None:
    if ruling in CHANGED:
        found[case] = Known.WRONG
    elif ruling == Ruling.APPROVE:
        found.setdefault(case, Known.RIGHT)
