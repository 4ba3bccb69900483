"""A protection that is misspelt is none: the start stops instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from hitl.accounts.roles import Role
from reviewqueue.checks import TAG
from reviewqueue.engine.rulebook import RISKS

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOCAL: Final = {"localhost", "127.0.0.1", "::1"}


@register(TAG)
def signing_in(**_arguments: Any) -> list[CheckMessage]:
    """What is wrong with the settings of second factors, single sign-on and the length of sessions."""
    return [*_roles(), *_provider(), *_lengths()]


def _roles() -> Iterator[CheckMessage]:
    known = ", ".join(Role.values)
    if unknown := sorted(set(settings.MFA_ROLES) - set(Role.values)):
        yield Error(f"HITL_MFA_ROLES names {', '.join(unknown)}; the roles are {known}.", id="desk.E011")
    if unknown := sorted(set(settings.STEP_UP_RISKS) - set(RISKS)):
        yield Error(f"HITL_STEP_UP_RISKS names {', '.join(unknown)}; the risks are {', '.join(RISKS)}.", id="desk.E016")
    if settings.OIDC_CREATE and settings.OIDC_CREATE not in Role.values:
        yield Error(f"HITL_OIDC_CREATE is {settings.OIDC_CREATE}; the roles are {known}.", id="desk.E012")


def _provider() -> Iterator[CheckMessage]:
    if not settings.OIDC_ISSUER:
        return
    if not settings.OIDC_CLIENT_ID or not settings.OIDC_SECRET:
        says = "HITL_OIDC_ISSUER is set, but HITL_OIDC_CLIENT_ID or HITL_OIDC_SECRET is not."
        yield Error(says, hint="Set all three, or none.", id="desk.E013")
    address = urlsplit(settings.OIDC_ISSUER)
    if address.scheme != "https" and address.hostname not in _LOCAL:
        says = f"HITL_OIDC_ISSUER is {settings.OIDC_ISSUER}: whoever is in between could sign in as anybody."
        yield Error(says, hint="Use https.", id="desk.E014")


def _lengths() -> Iterator[CheckMessage]:
    if min(settings.IDLE_SECONDS, settings.SESSION_COOKIE_AGE) < 1:
        yield Error("HITL_IDLE_SECONDS and HITL_SESSION_SECONDS must be at least 1.", id="desk.E015")
