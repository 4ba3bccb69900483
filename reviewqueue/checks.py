"""System checks: a production that is only half configured says so, or does not start."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004 - Django's name
from django.http.request import validate_host  # noqa: TID251 - the rule that requests are measured by

if TYPE_CHECKING:
    from collections.abc import Iterator

TAG: Final = "desk"
_SHORTEST_SECRET: Final = 32
_LOCAL: Final = {"localhost", "127.0.0.1", "::1"}


@register(TAG)
def production(**_arguments: Any) -> list[CheckMessage]:
    """What is missing or unsafe in the environment of this installation."""
    return [*_broker(), *_secret(), *_addresses()]


def _broker() -> Iterator[CheckMessage]:
    if settings.REDIS_URL and settings.EMBEDDED:
        yield Warning(
            "REDIS_URL is set, but there is no DATABASE_URL: SQLite is for one process.",
            hint="Set DATABASE_URL for production, or drop REDIS_URL for the embedded desk.",
            id="desk.W001",
        )
    if not settings.REDIS_URL and not settings.EMBEDDED:
        yield Warning(
            "DATABASE_URL is set, but REDIS_URL is not: separate workers get no work, and pages that are served by "
            "another process than the one that made a change show it a second late.",
            hint="Set REDIS_URL.",
            id="desk.W002",
        )


def _secret() -> Iterator[CheckMessage]:
    if settings.EMBEDDED:
        return
    if not os.environ.get("HITL_SECRET_KEY"):
        yield Error(
            "DATABASE_URL is set, but HITL_SECRET_KEY is not: each machine would make its own, and sessions of one "
            "would not open on the other.",
            hint="Set HITL_SECRET_KEY to the same long random text for every process.",
            id="desk.E001",
        )
    elif len(settings.SECRET_KEY) < _SHORTEST_SECRET:
        yield Error(
            f"HITL_SECRET_KEY has fewer than {_SHORTEST_SECRET} characters.",
            hint="python -c 'import secrets; print(secrets.token_urlsafe(48))' prints a good one.",
            id="desk.E002",
        )


def _addresses() -> Iterator[CheckMessage]:
    if settings.EMBEDDED:
        return
    public = urlsplit(settings.PUBLIC_URL)
    host = public.hostname or ""
    if public.scheme != "https" and host not in _LOCAL:
        yield Warning(
            f"HITL_PUBLIC_URL is {settings.PUBLIC_URL}: without https, passwords and tokens are readable on the way.",
            hint="Put a proxy that speaks https in front and set HITL_PUBLIC_URL to its address.",
            id="desk.W003",
        )
    if "*" in settings.ALLOWED_HOSTS:
        yield Warning(
            "HITL_HOSTS allows every host name.", hint="Name the hosts that people and agents use.", id="desk.W004"
        )
    elif not validate_host(f"[{host}]" if ":" in host else host, settings.ALLOWED_HOSTS):
        yield Warning(
            f"HITL_HOSTS does not name {host}, the host of HITL_PUBLIC_URL: requests to it are refused.",
            hint=f"Set HITL_HOSTS={host}",
            id="desk.W005",
        )
