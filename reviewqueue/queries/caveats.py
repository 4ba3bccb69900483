"""What a what-if report cannot know, and what its forecast takes for granted, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext as _

from reviewqueue.engine.queueing import PLAYED
from reviewqueue.engine.triggers import BESIDE

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
    held = {one["name"]: one["fired"] for one in report["triggers"] if one["name"] in BESIDE and one["fired"]}
    if held:
        says = _("What held cases beside the policy is taken as it was found (%(found)s): a pause or a rung of the autonomy ladder would have held them under this policy too.")  # fmt: skip  # noqa: E501 - one sentence
        said.append(says % {"found": ", ".join(f"{name} {count}" for name, count in held.items())})
    return said


def _forecast(report: Mapping[str, Any]) -> list[str]:
    lanes = report["queues"]
    if not lanes:
        return []
    if all(lane["handling_seconds"] is None for lane in lanes):
        return [_("How long people take is not known: fewer than five cases of the period were taken and decided by a person. So there are no hours and no waits.")]  # fmt: skip  # noqa: E501 - one sentence
    said = [_("Waits are played through: the held cases of the period come when they came, and whoever is on takes them one after the other, by deadline and priority, each for as long as cases there took.")]  # fmt: skip  # noqa: E501 - one sentence
    said.append(_("Who is on says the roster, hour by hour: shifts with their holidays, less absences."))
    said.append(_("Late is what is not finished within the target for its priority and customer tier: that of its service level, else of its queue."))  # fmt: skip  # noqa: E501 - one sentence
    said.append(_("Breaks, other work, cases that were put off and cases that are passed on to another queue are not in it."))  # fmt: skip  # noqa: E501 - one sentence
    if names := _staffed(lanes, "members"):
        said.append(_("There is no roster for %(queues)s: everybody who works there counts as on whenever the queue is open, which is too good to be true.") % {"queues": names})  # fmt: skip  # noqa: E501 - one sentence
    if names := _staffed(lanes, "both"):
        said.append(_("The roster of %(queues)s begins within the period: before, everybody who works there counts as on.") % {"queues": names})  # fmt: skip  # noqa: E501 - one sentence
    if names := _staffed(lanes, "nobody"):
        said.append(_("Nobody who decides works in %(queues)s: its cases would wait for ever.") % {"queues": names})
    if any(lane[when]["cases"] > PLAYED for lane in lanes for when in ("before", "after")):
        said.append(_("Of so many cases the newest %(count)s are played through.") % {"count": PLAYED})
    return said


def _staffed(lanes: list[Mapping[str, Any]], how: str) -> str:
    return ", ".join(lane["queue"] for lane in lanes if lane["staffed"] == how)
