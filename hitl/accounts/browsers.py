"""Where somebody comes from: their address, and their browser in words."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from django.http import HttpRequest

LONGEST: Final = 200
# The first one that a browser mentions: most of them also claim to be those further down.
_BROWSERS: Final = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "Chrome": "Chrome",
    "CriOS": "Chrome",
    "Safari": "Safari",
}
_SYSTEMS: Final = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


def address(request: HttpRequest) -> str:
    """The caller's address: of the connection, or the last one in the header that the operator's proxy sets."""
    given = str(request.META.get(settings.PROXY_ADDRESS_HEADER or "REMOTE_ADDR", ""))
    try:
        return str(ip_address(given.rpartition(",")[2].strip()))
    except ValueError:
        return ""


def agent(request: HttpRequest) -> str:
    """What the browser says about itself, cut to a bearable length."""
    return request.headers.get("User-Agent", "")[:LONGEST]


def named(said: str) -> str:
    """A browser in words, as in “Firefox on Linux”."""
    browser = next((name for mark, name in _BROWSERS.items() if mark in said), "")
    system = next((name for mark, name in _SYSTEMS.items() if mark in said), "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("Unknown browser")
