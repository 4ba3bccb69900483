"""Cases that deserve a look for a reason. They say nothing about a rate, and are kept apart from what was drawn."""

from __future__ import annotations

import re
from decimal import Decimal
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.db.models import Q

from reviewqueue.engine.amounts import exact
from reviewqueue.engine.tiers import lines
from reviewqueue.models import Oversight, PolicyVersion, Sampled, SamplePlan
from reviewqueue.queries import frame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

# How near to a limit is nearly there.
_NEAR: Final = Decimal("0.1")
# The newest cases of the week are enough to find some; a busier desk looks again within a minute.
_LOOKED_AT: Final = 2_000
_LIMITS: Final = ("over", "at_least", "under", "at_most")
_NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?")
# With fewer cases behind it a version is new, also if it has been seen before.
_NEW: Final = 50


def candidates(plan: SamplePlan, reason: str, *, at: datetime) -> list[str]:
    """The cases that a reason speaks for, the newest first, of the cases of this plan so far."""
    return _FINDERS[reason](frame.cases(plan.from_at, min(at, plan.to_at)).order_by("-pk"), plan)


def _low_csat(cases: Any, plan: SamplePlan) -> list[str]:
    """Of a conversation that ended badly the last case."""
    marked = cases.filter(conversation__csat__lte=plan.rules["low_csat"]).values_list("conversation_id", "pk")
    newest: dict[int, str] = {}
    for talk, case in marked[:_LOOKED_AT]:
        newest.setdefault(talk, case)
    return list(newest.values())


def _complaints(cases: Any, _plan: SamplePlan) -> list[str]:
    """Also those that ran without a person: there a complaint was overlooked."""
    likely = cases.filter(~Q(oversight=Oversight.OUT_OF_THE_LOOP) | Q(intent__icontains="complaint"))
    found = likely.values_list("pk", "intent", "verdict__reasons")[:_LOOKED_AT]
    return [case for case, intent, reasons in found if _complains(intent, reasons or [])]


def _complains(intent: str, reasons: Sequence[Mapping[str, Any]]) -> bool:
    return "complaint" in intent.casefold() or any("complaint" in str(reason.get("trigger", "")) for reason in reasons)


def _contested(cases: Any, _plan: SamplePlan) -> list[str]:
    return list(cases.filter(contests__isnull=False).values_list("contests_id", flat=True)[:_LOOKED_AT])


def _new_versions(cases: Any, plan: SamplePlan) -> list[str]:
    """The first cases of each version that earlier plans have hardly seen; without an earlier plan all is new."""
    known = _known_versions(plan)
    if known is None:
        return []
    found = cases.exclude(agent_version="").order_by("pk").values_list("pk", "agent__name", "agent_version")
    return [case for case, *version in found[:_LOOKED_AT] if known.get(tuple(version), 0) < _NEW]


def _known_versions(plan: SamplePlan) -> dict[tuple[str, ...], int] | None:
    earlier = SamplePlan.objects.filter(week__lt=plan.week).exclude(drawn_at=None).order_by("-week")[:8]
    known: dict[tuple[str, ...], int] = {}
    for each in earlier:
        for _stratum, _seen, agent, version, _intent, count in each.design["domains"]:
            known[agent, version] = known.get((agent, version), 0) + count
    return known or None


def _near_thresholds(cases: Any, _plan: SamplePlan) -> list[str]:
    """Released cases in which a limit of a rule was nearly reached."""
    free = cases.filter(oversight__in=[Oversight.OUT_OF_THE_LOOP, Oversight.ON_THE_LOOP])
    found = list(free.values_list("pk", "policy_id", "verdict__trace")[:_LOOKED_AT])
    documents = PolicyVersion.objects.in_bulk({policy for _case, policy, _trace in found})
    limits = {number: dict(_limits(version.document)) for number, version in documents.items()}
    return [case for case, policy, trace in found if _is_near(trace or [], limits[policy])]


def _is_near(trace: Sequence[Mapping[str, Any]], limits: Mapping[str, Sequence[Limit]]) -> bool:
    quiet = [line for line in trace if line.get("matched") and not line.get("fired")]
    return any(_nearly(str(line.get("observed") or ""), limits.get(line["name"], ())) for line in quiet)


def _nearly(observed: str, limits: Sequence[Limit]) -> bool:
    """The trace has what was held against each limit, in their order; a series takes as many places as it asks of."""
    said = iter(seen := observed.split(", "))
    if len(limits) > 1 and len(seen) != sum(limit.of for limit in limits):
        return False
    held = [(value, limit) for limit in limits for value in islice(said, limit.of)]
    return any(_near(value, limit.stated) for value, limit in held)


def _near(observed: str, limit: Decimal | None) -> bool:
    number = _NUMBER.match(observed)
    if not limit or not number:
        return False
    return abs(Decimal(number.group()) - limit) <= _NEAR * abs(limit)


class Limit(NamedTuple):
    """A limit of a condition, and how many values are held against it; nothing stated: a day, which is no number."""

    stated: Decimal | None
    of: int = 1


def _limits(document: Mapping[str, Any]) -> Iterator[tuple[str, list[Limit]]]:
    """The limits of each trigger, however its condition is put together."""
    for trigger in (line for rule in document.get("triggers") or [] for line in lines(rule)):
        yield trigger["name"], list(_within(trigger.get("when")))


def _within(when: Any) -> Iterator[Limit]:
    if not isinstance(when, dict):
        return
    for part in chain(when.get("all") or [], when.get("any") or [], [when.get("not")]):
        yield from _within(part)
    for name in _LIMITS:
        if name in when:
            yield Limit(exact(when[name]), when.get("for_last", 1))


_FINDERS: Final[dict[str, Callable[[Any, SamplePlan], list[str]]]] = {
    Sampled.Reason.LOW_CSAT: _low_csat,
    Sampled.Reason.COMPLAINT: _complaints,
    Sampled.Reason.CONTESTED: _contested,
    Sampled.Reason.NEW_VERSION: _new_versions,
    Sampled.Reason.NEAR_THRESHOLD: _near_thresholds,
}
