"""Single sign-on: one OpenID Connect provider, named by the operator, whose word about e-mail addresses counts."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

from allauth.socialaccount.internal import jwtkit
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.db import transaction

from audit.actions import SYSTEM
from hitl.accounts import journal
from hitl.accounts.models import User
from hitl.accounts.people import make_person
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from django.http import HttpRequest

PROVIDER: Final = "sso"
# What a malformed token or key set runs into inside the library.
_UNREADABLE: Final = (KeyError, TypeError, ValueError)


class Exchange(OpenIDConnectOAuth2Adapter):  # type: ignore[misc] # allauth ships no types
    """What is asked of the provider, and what is believed."""

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> Any:
        """Keep who it is and nothing else: the identity is a digest of issuer and subject."""
        login = super().complete_login(request, app, token, **kwargs)
        claims = login.account.extra_data
        login.claims = _agreed(claims.get("id_token"), claims.get("userinfo"))
        login.account.uid = _identity(login.claims)
        login.account.extra_data = {}
        return login

    def _decode_id_token(self, app: Any, id_token: str) -> dict[str, Any]:
        """The signature is checked although the token came straight from the provider."""
        try:
            decoded: dict[str, Any] = jwtkit.verify_and_decode(
                credential=id_token,
                keys_url=self.openid_config["jwks_uri"],
                issuer=self.openid_config["issuer"],
                audience=app.client_id,
                lookup_kid=jwtkit.lookup_kid_jwk,
            )
        except _UNREADABLE as error:
            raise OAuth2Error("unreadable id_token") from error
        return decoded


def recognised(request: HttpRequest, login: Any, *, at: datetime) -> bool:
    """Whether this is somebody who works here; the first time their account is found by e-mail address, or made."""
    if login.state.get("process", "login") != "login":
        return False
    if login.is_existing:
        return True
    with transaction.atomic():
        person = _by_address(login.claims) or _made(login.claims, at)
        if person is None:
            return False
        login.connect(request, person)
        journal.noted(person, "user.identity_linked", at=at)
    return True


def _agreed(token: Mapping[str, Any] | None, info: Mapping[str, Any] | None) -> dict[str, Any]:
    """The claims of both sources, when both speak of the same person."""
    if not token or (info is not None and info.get("sub") != token.get("sub")):
        raise OAuth2Error("no id_token, or userinfo about somebody else")
    return {**(info or {}), **token}


def _identity(claims: Mapping[str, Any]) -> str:
    """Another issuer may give the same subject to somebody else."""
    return hashlib.sha256(f"{claims['iss']}\x00{claims['sub']}".encode()).hexdigest()


def _by_address(claims: Mapping[str, Any]) -> User | None:
    """The one active person with the address that the provider has verified."""
    address = _address(claims)
    people = list(User.objects.filter(email__iexact=address, is_active=True)[:2]) if address else []
    return people[0] if len(people) == 1 else None


def _made(claims: Mapping[str, Any], at: datetime) -> User | None:
    """A new account in the role that the operator chose, in no queue yet."""
    address = _address(claims)
    if not settings.OIDC_CREATE or not address or User.objects.filter(email__iexact=address).exists():
        return None
    try:
        with transaction.atomic():
            return make_person(
                address,
                role=settings.OIDC_CREATE,
                password=None,
                actor=SYSTEM,
                at=at,
                everywhere=False,
                email=address,
                first_name=str(claims.get("given_name", ""))[:150],
                last_name=str(claims.get("family_name", ""))[:150],
            )
    except Refusal:
        return None


def _address(claims: Mapping[str, Any]) -> str:
    """The e-mail address, when the provider vouches for it."""
    vouched = settings.OIDC_TRUST_EMAIL or claims.get("email_verified") in {True, "true"}
    return str(claims.get("email") or "").strip().lower() if vouched else ""
