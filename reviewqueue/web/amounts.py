"""Figures in words: a share, a duration, a score, each as people read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.utils import formats
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Callable

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_FEW: Final = 10
MINUS: Final = "\N{MINUS SIGN}"


def shown(value: float | None, unit: str) -> str:
    """A value with its unit; a dash where there is none."""
    return "–" if value is None else true_minus(_UNITS[unit](value))


def change(value: float, unit: str) -> str:
    """How far something moved: a share in points of percent."""
    if unit in {"share", "change"}:
        return _("%(n)s points") % {"n": signed(100 * value, 1)}
    if unit in {"seconds", "hours"}:
        return f"{'+' if value >= 0 else MINUS}{_UNITS[unit](abs(value))}"
    return signed(value, 2)


def percent(value: float) -> str:
    """A share; with a decimal place where it is close to nothing."""
    places = 1 if 0 < value < 0.1 else 0  # noqa: PLR2004 - one in ten
    return f"{written(100 * value, places)} %"


def written(value: float, places: int) -> str:
    """With the reader's separators, and rounded: Django alone would cut the rest off."""
    return formats.number_format(round(value, places), places)


def signed(value: float, places: int) -> str:
    """The same with its sign, where it is not nothing."""
    rounded = round(value, places)
    sign = "" if not rounded else "+" if rounded > 0 else MINUS
    return f"{sign}{written(abs(value), places)}"


def duration(seconds: float) -> str:
    """The two largest units; below nothing with a minus."""
    if seconds < 0:
        return f"-{duration(-seconds)}"
    if seconds < _MINUTE:
        return _("%(n)s s") % {"n": round(seconds)}
    if seconds < _HOUR:
        minutes, rest = divmod(round(seconds), _MINUTE)
        return _("%(m)s min %(s)s s") % {"m": minutes, "s": rest} if minutes < _FEW else _("%(n)s min") % {"n": minutes}
    if seconds < _DAY:
        hours, rest = divmod(round(seconds / _MINUTE), _MINUTE)
        return _("%(h)s h %(m)s min") % {"h": hours, "m": rest}
    days, rest = divmod(round(seconds / _HOUR), 24)
    return _("%(d)s d %(h)s h") % {"d": days, "h": rest}


def true_minus(text: str) -> str:
    """A number that is written already, with the sign that a minus is."""
    return text.replace("-", MINUS)


def number(value: float) -> str:
    """Whole where it is."""
    return written(value, 0 if float(value).is_integer() else 1)


_UNITS: Final[dict[str, Callable[[float], str]]] = {
    "share": percent,
    "seconds": duration,
    "score": lambda value: written(value, 2),
    "points": lambda value: signed(value, 2),
    "a_day": number,
    "number": number,
    "count": number,
    "hours": lambda value: _("%(n)s h") % {"n": number(value)} if abs(value) >= 1 else duration(value * _HOUR),
    "change": lambda value: f"{signed(100 * value, 0)} %",
}
