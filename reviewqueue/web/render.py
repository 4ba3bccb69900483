"""What templates need to show text of others safely, and times and rings in one way everywhere."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django import template
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from reviewqueue.engine import hidden
from reviewqueue.models import Ruling
from reviewqueue.queries import holding
from reviewqueue.web import addresses, amounts, helping

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reviewqueue.web.page import CasePage

register = template.Library()

# Length of the ring's circle, r = 9, as the style sheet draws it.
RING: Final = 57
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


@register.filter
def untrusted(value: Any) -> SafeString:
    """Text of a customer, an agent or a source: escaped, isolated from our own, nothing in it hidden or clickable."""
    return _framed(value)


@register.filter
def linked(value: Any) -> SafeString:
    """The same; an address that hides nothing leads to the page that warns of it. Not inside links and buttons."""
    return _framed(value, link=True)


@register.filter
def plain(value: Any) -> str:
    """The same text where no markup can stand (a title, an attribute): hidden characters are written out by number."""
    text = "" if value is None else str(value)
    return "".join(f"[U+{ord(char):04X}]" if hidden.is_hidden(char) else char for char in text)


@register.filter
def hidden_count(value: Any) -> int:
    """How many characters of a text or document cannot be seen."""
    return hidden.count(value)


@register.filter
def at(found: Mapping[str, Any], key: str) -> Any:
    """What a mapping holds for a key that is only known in the template."""
    return found.get(key)


@register.filter
def address(page: CasePage, verb: str) -> str:
    """Where a verb of the case on this page is sent."""
    return page.address(verb)


@register.filter
def with_corner(table: str) -> str:
    """Django's table of inlines; above a column without a name stands a cell, not a heading that says nothing."""
    return table.replace('<th class="original"></th>', '<td class="original"></td>').replace("<th></th>", "<td></td>")


@register.filter
def words(name: Any) -> str:
    """``refund_order`` and ``refundOrder`` as people write it: ``refund order``."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", str(name))
    return " ".join(re.split(r"[\s_.\-/]+", spaced)).strip().lower()


@register.filter
def ruled(types: str) -> str:
    """How actions were decided, in the reader's language: ``approve, edit``."""
    return ", ".join(str(Ruling(each).label) for each in types.split(", ") if each)


@register.filter
def opening(text: str) -> str:
    """With a capital first letter."""
    return text[:1].upper() + text[1:]


@register.simple_tag
def helped(name: str, of: str = "") -> SafeString:
    """A button that explains the field whose ``aria-describedby`` is ``help-<name>``, by mouse, finger and keyboard.

    ``of``: which of several such fields; the name then goes on with it.
    """
    key = f"{name}-{of}" if of else name
    return format_html(
        '<button class="help" type="button" aria-label="{}" aria-describedby="help-{}">?</button>'
        '<span class="tip" id="help-{}" role="tooltip">{}</span>',
        _("Help"),
        key,
        key,
        helping.TEXTS[name],
    )


@register.simple_tag
def explained(name: str) -> str:
    """The same explanation as text, where there is room for it."""
    return str(helping.TEXTS[name])


@register.simple_tag
def moment(at: datetime | None, shape: str = "") -> SafeString:
    """A time: what a reader wants to see, the exact time on hover. ``shape``: ``time``, ``day`` or both (empty)."""
    if at is None:
        return SafeString("–")
    local = timezone.localtime(at)
    exact = f"{formats.date_format(local, 'DATETIME_FORMAT')} {local.tzname()}"
    shown = formats.date_format(local, str(_SHAPES.get(shape, _SHORTLY)))
    return format_html('<time datetime="{}" title="{}" data-shape="{}">{}</time>', at.isoformat(), exact, shape, shown)


@register.filter
def day(date: Any) -> str:
    """A day so that nobody takes it for another: ``23 Nov 2026``."""
    return formats.date_format(date, str(_SHAPES["day"]))


@register.simple_tag
def instant(text: Any, shape: str = "time") -> SafeString:
    """A time as an agent wrote it; nothing when it is none."""
    try:
        at = text if isinstance(text, datetime) else datetime.fromisoformat(str(text))
    except ValueError:
        return SafeString("")
    return moment(at if at.tzinfo else timezone.make_aware(at), shape)


@register.simple_tag
def ring(due_at: datetime, start_at: datetime, now: datetime, label: str) -> SafeString:
    """A ring that empties until a deadline, with the time left beside it; ``label`` says what is due."""
    whole = max((due_at - start_at).total_seconds(), 1)
    left = (due_at - now).total_seconds()
    full = round(RING * min(max(left / whole, 0), 1))
    return format_html(
        '<span class="due num{}" data-due="{}" data-start="{}">'
        '<svg class="ring" viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="9"/>'
        '<circle class="left" cx="12" cy="12" r="9" stroke-dasharray="{} {}"/></svg>'
        '<span class="sr">{} </span><span data-left>{}</span></span>',
        urgency(left, whole),
        due_at.isoformat(),
        start_at.isoformat(),
        full,
        RING,
        label,
        countdown(due_at - now),
    )


def urgency(left: float, whole: float) -> str:
    """The class of a ring: late, or in the last fifth."""
    if left <= 0:
        return " late"
    return " soon" if left < whole / 5 else ""


@register.filter
def true_minus(number: str) -> str:
    """A number that is written already, with the sign that a minus is."""
    return amounts.true_minus(number)


@register.filter
def rounded(seconds: int) -> tuple[str, int]:
    """How long a customer waits, in the unit and the rounding of what they are told."""
    return holding.rounded(seconds)


@register.filter
def countdown(left: timedelta) -> str:
    """``4:12``, ``1 h 05``, ``3 d``; a deadline in the past reads ``12:40 late``."""
    seconds = int(left.total_seconds())
    if seconds < 0:
        return _("%(time)s late") % {"time": _clock(-seconds)}
    return _clock(seconds)


@register.filter
def age(since: datetime, now: datetime) -> str:
    """How long ago, in one unit: ``40 s``, ``11 min``, ``3 h``, ``2 d``."""
    seconds = max(int((now - since).total_seconds()), 0)
    for size, unit in ((_DAY, _("%d d")), (_HOUR, _("%d h")), (_MINUTE, _("%d min"))):
        if seconds >= size:
            return unit % (seconds // size)
    return _("%d s") % seconds


# As Django writes formats of dates: "j" is the day, "M" the short name of the month, "Y" the year, "H:i" the time.
_SHORTLY: Final = pgettext_lazy("format of a date", "j M, H:i")
_SHAPES: Final = {"time": "H:i", "day": pgettext_lazy("format of a date", "j M Y")}


def _clock(seconds: int) -> str:
    if seconds >= 2 * _DAY:
        return _("%d d") % (seconds // _DAY)
    if seconds >= _HOUR:
        return _("%(hours)d h %(minutes)02d") % {"hours": seconds // _HOUR, "minutes": seconds % _HOUR // _MINUTE}
    return f"{seconds // _MINUTE}:{seconds % _MINUTE:02d}"


def _framed(value: Any, *, link: bool = False) -> SafeString:
    text = "" if value is None else str(value)
    return format_html('<bdi dir="auto" class="said">{}</bdi>', _revealed(text, link=link))


def _revealed(text: str, *, link: bool) -> SafeString:
    if hidden.is_ordinary(text) and "://" not in text and "www." not in text.lower():
        return conditional_escape(text)
    return format_html_join("", "{}", ((piece,) for piece in _pieces(text, link=link)))


def _pieces(text: str, *, link: bool) -> Iterator[str]:
    """The text cut at hidden characters, each of which becomes a chip that names it and rules out links."""
    start, link = 0, link and not hidden.count(text)
    for index, _char, name in hidden.find(text):
        yield _defanged(text[start:index], link=link)
        yield format_html('<span class="hid" title="{}">{}</span>', name, _short(name))
        start = index + 1
    yield _defanged(text[start:], link=link)


def _short(label: str) -> str:
    """``U+202E``; a smuggled tag letter is shown as the letter it stands for."""
    number, _space, name = label.partition(" ")
    return name.removeprefix("TAG ") if name.startswith("TAG ") else number


def _defanged(text: str, *, link: bool) -> SafeString:
    """Addresses are text; the host stands out because that is what matters, with a warning when it is doubtful."""
    parts, start = [], 0
    for found in addresses.find(text):
        parts.append((text[start : found.start],))
        parts.append((_address(found, link=link),))
        start = found.end
    return format_html_join("", "{}", [*parts, (text[start:],)])


def _address(found: addresses.Address, *, link: bool) -> SafeString:
    shown = format_html("{}<b class='host'>{}</b>{}", found.before, found.host, found.after)
    if link and found.url and len(found.url) <= addresses.LONGEST:
        query = urlencode({"to": found.url})
        shown = format_html('<a href="{}?{}" rel="nofollow">{}</a>', reverse("leave"), query, shown)
    if found.doubt:
        shown = format_html('{} <span class="chip bad">{}</span>', shown, found.doubt)
    return shown
