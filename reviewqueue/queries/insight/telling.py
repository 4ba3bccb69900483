"""The report as plain JSON: the same for the API, the command and the export."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reviewqueue.engine.estimates import Share
    from reviewqueue.engine.intervals import Between
    from reviewqueue.queries.insight.drift import Drift
    from reviewqueue.queries.insight.phases import Phase
    from reviewqueue.queries.insight.report import Told


def metrics(told: Sequence[Told]) -> list[dict[str, Any]]:
    """Every metric."""
    return [_metric(each) for each in told]


def drift(found: Sequence[Drift]) -> list[dict[str, Any]]:
    """Both directions."""
    return [
        {
            "key": each.direction.key,
            "title": str(each.direction.title),
            "definition": str(each.direction.says),
            "now": _share(each.now),
            "before": _share(each.before),
            "change": _between(each.change),
            "rises": each.rises,
        }
        for each in found
    ]


def phases(found: Sequence[Phase]) -> list[dict[str, Any]]:
    """The phase guide: each step with whether it is reached and what stands there."""
    return [
        {
            "title": phase.title,
            "reached": phase.reached,
            "steps": [{"title": step.title, "reached": step.reached, "stands": step.stands} for step in phase.steps],
        }
        for phase in found
    ]


def _metric(told: Told) -> dict[str, Any]:
    metric = told.metric
    return {
        "key": metric.key,
        "requirement": metric.requirement,
        "group": metric.group,
        "title": str(metric.title),
        "definition": str(metric.says),
        "unit": metric.measure.unit,
        "better": metric.better or None,
        **told.now.as_json(),
        "few": told.now.few,
        "unknown": told.why_unknown or None,
        "trend": [span.as_json() | reading.as_json() for span, reading in told.weeks],
        "segments": [{"name": name} | reading.as_json() for name, reading in told.segments],
        "baseline": told.before.as_json() if told.before.value is not None else None,
        "change": _between(told.change),
    }


def _share(share: Share) -> dict[str, Any]:
    low, high = share.interval or (None, None)
    return {"value": share.value, "low": low, "high": high, "n": share.n, "hits": share.hits}


def _between(between: Between | None) -> dict[str, Any] | None:
    if between is None:
        return None
    return {"value": between.value, "low": between.low, "high": between.high, "certain": between.certain}
