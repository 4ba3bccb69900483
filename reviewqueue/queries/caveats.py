"""What a what-if report cannot know, and what its forecast takes for granted, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext as _

from reviewqueue.models import Cell, Pause

FEW: Final = 30


def of(report: Mapping[str, Any]) -> list[str]:
    """Sentences that belong beside the numbers."""
    return [*_outcomes(report), *_forecast(report)]


def _outcomes(report: Mapping[str, Any]) -> list[str]:
    known, cases = report["known"], report["totals"]["cases"]
    said = []
    if known["unknown"]:
        says = _("Of %(unknown)s of %(cases)s cases nobody has said whether they were right: no person ruled about them and no bad outcome was reported. They count neither way.")  # fmt: skip  # noqa: E501 - one sentence
        said.append(says % {"unknown": known["unknown"], "cases": cases})
    if 0 < known["wrong"] + known["right"] < FEW:
        said.append(_("So few outcomes are known that the intervals are wide; read the shares with them."))
    if known["wrong"] or known["right"]:
        said.append(_("People have seen mostly what earlier policies held, so that precision is known better than recall: a mistake that was released and not reported is in neither."))  # fmt: skip  # noqa: E501 - one sentence
    said.append(_("Facts are those of the moment of the proposal. What the agent, the customer or a person would have done after another verdict cannot be known."))  # fmt: skip  # noqa: E501 - one sentence
    if report.get("budgets"):
        said.append(_("Budgets are counted in the order in which the cases came in. What people approved counts when it came in, not when it was approved."))  # fmt: skip  # noqa: E501 - one sentence
    if Cell.objects.exists():
        said.append(_("Where an agent stands on the autonomy ladder is not counted here: a rung can hold more than the policy alone, and never less."))  # fmt: skip  # noqa: E501 - one sentence
    if Pause.objects.exists():
        said.append(_("Pauses are not counted here: what one held appears as released where this policy alone lets it go."))  # fmt: skip  # noqa: E501 - one sentence
    return said


def _forecast(report: Mapping[str, Any]) -> list[str]:
    lanes = report["queues"]
    if not lanes:
        return []
    if all(lane["handling_seconds"] is None for lane in lanes):
        return [_("How long people take is not known: fewer than five cases of the period were taken and decided by a person. So there are no hours and no waits.")]  # fmt: skip  # noqa: E501 - one sentence
    return [_("Waits are those of a queue in steady state (M/M/c), hour by hour of the day: cases come by chance at that hour's usual rate, take chance times around the measured mean, and the people who usually decide there in one hour take the next in turn and do nothing else. Late means that nobody can finish within the queue's target for normal priority. Pauses, priorities and people who work in several queues are not in it.")]  # fmt: skip  # noqa: E501 - one sentence
