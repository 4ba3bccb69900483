"""The metrics as their pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from reviewqueue.models import Gap
from reviewqueue.queries.insight import changes, drill
from reviewqueue.queries.insight.metrics import GROUPS
from reviewqueue.web import amounts, trend
from reviewqueue.web.filters import risk_label

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reviewqueue.engine.estimates import Share, Weighted
    from reviewqueue.queries.insight.counted import Span
    from reviewqueue.queries.insight.drift import Drift
    from reviewqueue.queries.insight.measures import Reading
    from reviewqueue.queries.insight.report import Told

_WIDE: Final = (720, 160)
_CHANGES: Final = {changes.POLICY: _lazy("the policy"), changes.VERSION: _lazy("the agent"), **dict(Gap.Area.choices)}


@dataclass(frozen=True)
class Shown:
    """A reading in words and, where it is a share, as a bar of a hundred."""

    reading: Reading
    unit: str

    @property
    def text(self) -> str:
        """The value."""
        return amounts.shown(self.reading.value, self.unit)

    @property
    def between(self) -> str:
        """The interval."""
        low, high = self.reading.low, self.reading.high
        if low is None or high is None:
            return ""
        return f"{amounts.shown(low, self.unit)} – {amounts.shown(high, self.unit)}"

    @property
    def of(self) -> str:
        """What it rests on."""
        reading = self.reading
        return f"{reading.hits}/{reading.n}" if reading.hits is not None else f"n = {reading.n}"

    @property
    def share(self) -> dict[str, Any]:
        """As ``_parts/interval.html`` draws it."""
        reading = self.reading
        if reading.value is None or reading.low is None or reading.high is None:
            return {"n": 0}
        low, middle, high = (round(100 * each) for each in (reading.low, reading.value, reading.high))
        bar = {"low": str(low), "middle": str(middle), "width": str(max(high - low, 1))}
        return bar | {"text": self.text, "between": self.between, "hits": reading.hits, "n": reading.n}


@dataclass(frozen=True)
class Card:
    """One metric on a page."""

    told: Told
    wide: bool = False

    @property
    def unit(self) -> str:
        """Of its values."""
        return self.told.metric.measure.unit

    @cached_property
    def now(self) -> Shown:
        """The period."""
        return Shown(self.told.now, self.unit)

    @cached_property
    def before(self) -> Shown | None:
        """The baseline, where there is one with a value."""
        return None if self.told.before.value is None else Shown(self.told.before, self.unit)

    @cached_property
    def picture(self) -> trend.Picture | None:
        """Its weeks."""
        weeks, size = [reading for _week, reading in self.told.weeks], {}
        if self.wide:
            size = dict(zip(("width", "height"), _WIDE, strict=True))
        return trend.drawn(weeks, baseline=self.told.before.value, **size)

    @property
    def edges(self) -> tuple[str, str]:
        """The values at the upper and lower edge of the picture."""
        if self.picture is None:
            return "", ""
        return amounts.shown(self.picture.top, self.unit), amounts.shown(self.picture.bottom, self.unit)

    @property
    def weeks(self) -> list[tuple[Span, Shown]]:
        """The table behind the picture."""
        return [(week, Shown(reading, self.unit)) for week, reading in self.told.weeks]

    @property
    def change(self) -> str:
        """How far from the baseline, in words; empty where that cannot be said."""
        moved = self.told.change
        if moved is None:
            return ""
        low, high = (amounts.change(each, self.unit) for each in (moved.low, moved.high))
        return _("%(change)s (%(low)s to %(high)s)") % {
            "change": amounts.change(moved.value, self.unit),
            "low": low,
            "high": high,
        }

    @property
    def has_cases(self) -> bool:
        """Do cases stand behind it?"""
        return drill.known(self.told.metric.key) and bool(self.told.now.n)


def grouped(told: Iterable[Told]) -> list[tuple[str, list[Card]]]:
    """The cards of each group."""
    cards = [Card(each) for each in told]
    found = [(str(title), [card for card in cards if card.told.metric.group == name]) for name, title in GROUPS.items()]
    return [(title, group) for title, group in found if group]


def segments(card: Card, by: str) -> list[tuple[str, str, Shown]]:
    """(name in the address, name in words, value) of each part with a value; people by name, never by rank."""
    names = labels(by, [name for name, _reading in card.told.segments])
    found = [
        (name, names.get(name, name), Shown(reading, card.unit))
        for name, reading in card.told.segments
        if reading.value is not None
    ]
    return sorted(found, key=lambda each: each[1].casefold())


def labels(by: str, names: Sequence[str]) -> dict[str, str]:
    """How the parts are called where their own name is not it."""
    if by == "person":
        users: Any = get_user_model()._default_manager  # noqa: SLF001 - Django's documented name
        found = users.filter(pk__in=[name for name in names if name.isdecimal()])
        return {str(user.pk): user.display for user in found}
    if by == "role":
        return {name: str(label) for name, label in get_user_model()._meta.get_field("role").choices or ()}  # noqa: SLF001 - Django's documented name
    if by == "change":
        return {name: str(label) for name, label in _CHANGES.items()}
    return {name: risk_label(name) for name in names} if by == "risk" else {}


def drifts(found: Iterable[Drift]) -> list[dict[str, Any]]:
    """Both directions, each with its two shares."""
    return [
        {"drift": each, "now": share(each.now), "before": share(each.before), "change": _moved(each)} for each in found
    ]


def share(counted: Share | Weighted) -> dict[str, Any]:
    """As ``_parts/interval.html`` draws it."""
    if counted.interval is None or counted.value is None:
        return {"n": 0}
    low, high = counted.interval
    return {
        "text": amounts.percent(counted.value),
        "between": f"{amounts.percent(low)} – {amounts.percent(high)}",
        "low": str(round(100 * low)),
        "middle": str(round(100 * counted.value)),
        "width": str(max(round(100 * (high - low)), 1)),
        "hits": counted.hits,
        "n": counted.n,
    }


def _moved(each: Drift) -> str:
    return "" if each.change is None else amounts.change(each.change.value, "share")
