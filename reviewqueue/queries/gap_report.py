"""The week in gaps: what is new, what was changed, what helped, what is worst, and why people corrected agents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as _

from reviewqueue.models import Failure, Gap, Reason
from reviewqueue.queries import gaps
from reviewqueue.queries.insight import tables

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

WORST: Final = 10
_HEAD: Final = (
    "id",
    "title",
    "state",
    "intent",
    "reason",
    "source",
    "trigger",
    "cases",
    "cases_lately",
    "handling_seconds",
    "harm",
    "owner",
    "area",
    "change",
    "change_url",
)


@dataclass(frozen=True, slots=True)
class Week:
    """From a moment until before another."""

    start: datetime
    end: datetime
    found: list[Gap]
    changed: list[Gap]
    verified: list[Gap]
    worst: list[Gap]
    reasons: list[tuple[str, int]]
    failures: int


def of(start: datetime, end: datetime) -> Week:
    """Six questions."""
    every = Gap.objects.select_related("owner")
    failed = Failure.objects.filter(at__gte=start, at__lt=end)
    counts: dict[str, int] = {}
    for reason in failed.values_list("reason", flat=True):
        counts[reason] = counts.get(reason, 0) + 1
    titles = dict(Reason.choices)
    return Week(
        start=start,
        end=end,
        found=list(every.filter(made_at__gte=start, made_at__lt=end)[: gaps.MOST]),
        changed=list(every.filter(changed_at__gte=start, changed_at__lt=end)[: gaps.MOST]),
        verified=list(every.filter(verified_at__gte=start, verified_at__lt=end)[: gaps.MOST]),
        worst=gaps.ranked()[:WORST],
        reasons=[
            (str(titles.get(reason, _("no reason given"))), n) for reason, n in sorted(counts.items(), key=_most_first)
        ],
        failures=sum(counts.values()),
    )


def as_csv(found: Iterable[Gap]) -> str:
    """One gap a row; no cell is a formula."""
    return tables.written(_HEAD, (_row(gap) for gap in found))


def as_markdown(week: Week) -> str:
    """The report as text; nothing in it can mean anything but itself."""
    lines = [
        f"# {_('Knowledge gaps')} {week.start:%G-W%V}",
        "",
        _("Failures in this week: %(n)s") % {"n": week.failures},
        "",
        *_listed(_("Worst that want somebody"), week.worst),
        *_listed(_("New"), week.found),
        *_listed(_("Changed"), week.changed),
        *_listed(_("Verified"), week.verified),
        f"## {_('Why agents were corrected')}",
        "",
        *(f"- {reason}: {n}" for reason, n in week.reasons),
        "",
    ]
    return "\n".join(lines)


def _listed(title: str, found: list[Gap]) -> list[str]:
    rows = [
        f"- **{_plain(gap.title)}** ({gap.get_state_display()}): "
        + _("%(cases)s cases, harm %(harm)s") % {"cases": gap.cases, "harm": gap.harm}
        + (f", {_plain(gap.owner.display)}" if gap.owner else "")
        for gap in found
    ]
    return [f"## {title}", "", *(rows or [_("None.")]), ""]


def _plain(text: str) -> str:
    """Text of others: one line, and no character of it is Markdown or HTML."""
    kept = " ".join(text.split())
    marked = "".join(f"\\{char}" if char in r"\`*_{}[]()#+-.!|~" else char for char in kept)
    return marked.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _row(gap: Gap) -> tuple[Any, ...]:
    values = [getattr(gap, {"cases_lately": "lately"}.get(name, name)) for name in _HEAD if name != "owner"]
    values.insert(_HEAD.index("owner"), gap.owner.display if gap.owner else "")
    return tuple(values)


def _most_first(each: tuple[str, int]) -> tuple[int, str]:
    return -each[1], each[0]
