"""Where django-allauth asks the desk: who may come in, what is said about it, what is kept."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any, Final

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from hitl.accounts import browsers, factors, journal, sealing, sessions, single_sign_on
from reviewqueue.queries import clock

if TYPE_CHECKING:
    from allauth.mfa.models import Authenticator
    from django.http import HttpRequest, HttpResponse

    from hitl.accounts.models import User

_log = logging.getLogger(__name__)
_SAID: Final = {
    "mfa/messages/totp_activated.txt": _("Your authenticator app is set up."),
    "mfa/messages/totp_deactivated.txt": _("Your authenticator app is removed."),
    "mfa/messages/webauthn_added.txt": _("Your passkey is set up."),
    "mfa/messages/webauthn_removed.txt": _("The passkey is removed."),
}
_UNKNOWN_ADDRESS: Final = "0.0.0.0"  # noqa: S104 - nothing listens here; limits need some name for “not known”


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc] # allauth ships no types
    """Signing in, however it is done, ends here."""

    def login(self, request: HttpRequest, user: User) -> None:
        """Open the session and record it, both or neither."""
        with transaction.atomic():
            journal.signed_in(user, by=_means(request, user), address=browsers.address(request), at=clock.now())
            super().login(request, user)

    def get_login_stages(self) -> list[str]:
        """After the first step there is one more for those who set it up."""
        return ["allauth.mfa.stages.AuthenticateStage"]

    def is_open_for_signup(self, _request: HttpRequest) -> bool:
        """Accounts are made by an administrator."""
        return False

    def is_reauthentication_required(self, *, app: str, **_more: Any) -> bool:  # noqa: ARG002 - allauth's signature
        """Whoever signed in a moment ago need not do it again."""
        started = context.request.session.get(sessions.STARTED, 0)
        return bool(time.time() - started > settings.ACCOUNT_REAUTHENTICATION_TIMEOUT)

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:  # noqa: ARG002 - allauth's signature
        """An account that is switched off is answered like one that does not exist."""
        return refused(request)

    def add_message(  # noqa: PLR0917 - allauth's signature
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,  # noqa: ARG002 - allauth's signature
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        """Only what we would say ourselves."""
        if says := message or _SAID.get(message_template or ""):
            messages.add_message(request, level, says, extra_tags=extra_tags)

    def get_client_ip(self, request: HttpRequest) -> str:
        """For limits: callers whose address is not known share one."""
        return browsers.address(request) or _UNKNOWN_ADDRESS


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc] # allauth ships no types
    """Second factors."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("This code or passkey does not fit, or was used already."),
        "cannot_delete_authenticator": _("Your role needs a second factor: set up another one first."),
    }

    def encrypt(self, text: str) -> str:
        """See ``sealing``."""
        return sealing.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """See ``sealing``; what another key has sealed opens nothing, as a wrong code."""
        text = sealing.opened(encrypted_text)
        if text is None:
            _log.error("A second factor cannot be read: HITL_SECRET_KEY is not the one that sealed it")
            raise self.validation_error("incorrect_code")
        return text

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """The last one stays where the role needs one."""
        return factors.may_go(authenticator)

    def get_public_key_credential_user_entity(self, user: User) -> dict[str, Any]:
        """The sign-in name, which people know, and not their e-mail address."""
        entity: dict[str, Any] = super().get_public_key_credential_user_entity(user)
        return entity | {"name": user.username}


class SingleSignOnAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc] # allauth ships no types
    """Single sign-on opens the accounts that exist, and makes none unless the operator wants that."""

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Find the person; whoever is not known is turned away."""
        if not single_sign_on.recognised(request, sociallogin, at=clock.now()):
            raise ImmediateHttpResponse(refused(request))

    def on_authentication_error(self, request: HttpRequest, *_args: Any, **_details: Any) -> None:
        """Whatever went wrong at the provider's: back to the door."""
        raise ImmediateHttpResponse(refused(request))


def refused(request: HttpRequest) -> HttpResponse:
    """Back to the door, with the one answer for all that is wrong, and on record."""
    with transaction.atomic():
        journal.failed(None, means="refused", address=browsers.address(request), at=clock.now())
    messages.error(request, _("This did not work. Ask an administrator whether your account is ready."))
    return redirect("sign_in")


def _means(request: HttpRequest, user: User) -> list[str]:
    """How somebody showed who they are, in the order in which they did."""
    records = get_authentication_records(request, user)
    named = {"password": "password", "socialaccount": "single sign-on"}
    return [named.get(record["method"]) or factors.MEANS[record["type"]] for record in records]
