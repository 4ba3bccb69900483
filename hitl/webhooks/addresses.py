"""Which addresses the desk sends to: looked up once, every answer checked, and then only what was checked is used.

Closed by default: an address that cannot be read, looked up or judged is refused.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotInTime
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

IP = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Sequence[str]]
LONGEST: Final = 500
LOOKUP_SECONDS: Final = 5.0
_LABEL: Final = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
# Beyond what Python calls private, local or reserved.
_NEVER: Final = tuple(
    ip_network(each)
    for each in (
        "0.0.0.0/8",
        "100.64.0.0/10",
        "168.63.129.16/32",  # a cloud's own services, though the address is a public one
        "192.0.0.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "240.0.0.0/4",
        "64:ff9b:1::/48",  # translated as each network likes, so nobody can say what it means
        "100::/64",
        "2001::/23",
        "2001:db8::/32",
        "3fff::/20",
        "5f00::/16",
        "fec0::/10",
    )
)
_NAT64: Final = ip_network("64:ff9b::/96")
_COMPATIBLE: Final = ip_network("::/96")
_lookups = ThreadPoolExecutor(8, thread_name_prefix="lookup")


class UnfitAddressError(ValueError):
    """A sentence that says why nothing is sent there."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to send: the parts of the address, and the checked IP addresses to connect to."""

    scheme: str
    host: str
    port: int
    path: str
    ips: tuple[str, ...]


def target(url: str, *, resolve: Resolve | None = None) -> Target:
    """Read, look up and check an address; raises ``UnfitAddressError``."""
    scheme, host, port, path = _read(url)
    ips = _looked_up(host, port, resolve or _system)
    inside = all(_permitted(ip) for ip in ips)
    if not inside and any(not _outside(ip) for ip in ips):
        raise UnfitAddressError(_("This address leads into a private or special network; nothing is sent there."))
    if scheme != "https" and not inside:
        raise UnfitAddressError(_("An address outside of permitted networks begins with https://."))
    if not inside and port not in _ports():
        raise UnfitAddressError(_("This port is not one that webhooks may use: %d.") % port)
    return Target(scheme, host, port, path, tuple(str(ip) for ip in ips))


def _read(url: str) -> tuple[str, str, int, str]:
    if len(url) > LONGEST or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise UnfitAddressError(_("This is not an address that can be sent to."))
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise UnfitAddressError(_("This is not an address that can be sent to.")) from None
    if parts.scheme not in {"https", "http"} or not parts.hostname or "@" in parts.netloc or "#" in url:
        raise UnfitAddressError(_("An address begins with https://, names a host, and carries no user and no #."))
    if parts.netloc.endswith(":") or port == 0:
        raise UnfitAddressError(_("This is not an address that can be sent to."))
    host = _host(parts.hostname, bracketed="[" in parts.netloc)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return parts.scheme, host, port or {"https": 443, "http": 80}[parts.scheme], path


def _host(name: str, *, bracketed: bool) -> str:
    """A name in small letters, or an IP address in its one usual form: whatever else resolvers accept is refused."""
    if bracketed:
        return str(_literal(name))
    labels = name.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        return str(_literal(name))
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):  # noqa: PLR2004 - the length of a name in the DNS
        raise UnfitAddressError(_("This is not the name of a host."))
    return name


def _literal(text: str) -> IP:
    try:
        ip = ip_address(text)
    except ValueError:
        raise UnfitAddressError(_("This is not the name of a host.")) from None
    if isinstance(ip, IPv6Address) and ip.scope_id:
        raise UnfitAddressError(_("This is not the name of a host."))
    return ip


def _looked_up(host: str, port: int, resolve: Resolve) -> list[IP]:
    try:
        found = [_literal(each) for each in resolve(host, port)]
    except OSError:
        found = []
    if not found:
        raise UnfitAddressError(_("The host cannot be found."))
    return found


def _system(host: str, port: int) -> list[str]:
    """Asks the system's resolver, which has no patience of its own to set."""
    asked = _lookups.submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    try:
        answers = asked.result(LOOKUP_SECONDS)
    except NotInTime:
        asked.cancel()
        return []
    except UnicodeError:
        return []
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))


def _outside(ip: IP) -> bool:
    """A public address, and so is every other one that it carries within."""
    return all(_public(each) for each in _meanings(ip))


def _public(ip: IP) -> bool:
    special = not ip.is_global or ip.is_multicast or ip.is_reserved or ip.is_unspecified or ip.is_link_local
    return not special and not any(ip in network for network in _NEVER if network.version == ip.version)


def _meanings(ip: IP) -> Iterator[IP]:
    """The address itself, or the IPv4 addresses that a network on the way makes of it."""
    if isinstance(ip, IPv4Address):
        yield ip
        return
    last = IPv4Address(int(ip) & 0xFFFFFFFF)
    if ip.ipv4_mapped:
        yield ip.ipv4_mapped
        return
    translated = ip in _NAT64 or (ip in _COMPATIBLE and int(ip) > 1)
    if translated:
        yield last
        return
    yield ip
    if ip.sixtofour:
        yield ip.sixtofour
    if (int(ip) >> 32) & 0xFDFFFFFF == 0x5EFE:  # noqa: PLR2004 - how ISATAP marks an IPv4 address
        yield last


def _permitted(ip: IP) -> bool:
    """In a network that the operator allows by setting."""
    plain = ip.ipv4_mapped if isinstance(ip, IPv6Address) and ip.ipv4_mapped else ip
    return any(
        plain in network for network in _networks(tuple(settings.WEBHOOK_NETWORKS)) if network.version == plain.version
    )


@lru_cache(maxsize=4)
def _networks(texts: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(text) for text in texts)


def _ports() -> set[int]:
    return {int(port) for port in settings.WEBHOOK_PORTS}
