"""The pages on which people set up and remove second factors, and confirm that it is they."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from allauth.account.decorators import reauthentication_required
from allauth.account.views import ReauthenticateView
from allauth.mfa.base.views import ReauthenticateView as ConfirmByCodeView
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.internal import auth as passkeys
from allauth.mfa.webauthn.internal.flows import remove_authenticator
from allauth.mfa.webauthn.views import AddWebAuthnView, ReauthenticateWebAuthnView
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from hitl.accounts import factors, journal
from reviewqueue.queries import clock

if TYPE_CHECKING:
    from hitl.accounts.models import User

_SIGNED_IN: Any = [login_required, never_cache]


@login_required
@never_cache
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """``/account/second-factor/``: what is set up, and what can be."""
    mine = factors.of(_user(request))
    context = {
        "app": next((each for each in mine if each.type == Authenticator.Type.TOTP), None),
        "passkeys": [each for each in mine if each.type == Authenticator.Type.WEBAUTHN],
        "codes": next((each for each in mine if each.type == Authenticator.Type.RECOVERY_CODES), None),
        "must": factors.must_have(_user(request)),
    }
    return render(request, "accounts/second_factor.html", context)


@method_decorator(_SIGNED_IN, name="dispatch")
class SetUpApp(ActivateTOTPView):  # type: ignore[misc] # allauth ships no types
    """Scan a picture, type a code."""

    template_name = "accounts/app.html"

    def form_valid(self, form: Any) -> HttpResponse:
        """Set up and recorded, both or neither."""
        with transaction.atomic():
            _record(self.request, "user.factor_added", Authenticator.Type.TOTP)
            response: HttpResponse = super().form_valid(form)
        return response


@method_decorator(_SIGNED_IN, name="dispatch")
class RemoveApp(DeactivateTOTPView):  # type: ignore[misc] # allauth ships no types
    """The app is not asked any more."""

    template_name = "accounts/app_remove.html"

    def form_valid(self, form: Any) -> HttpResponse:
        """Removed and recorded, both or neither."""
        with transaction.atomic():
            _record(self.request, "user.factor_removed", Authenticator.Type.TOTP)
            response: HttpResponse = super().form_valid(form)
        return response


@method_decorator(_SIGNED_IN, name="dispatch")
class AddPasskey(AddWebAuthnView):  # type: ignore[misc] # allauth ships no types
    """A key on the device or on a stick that opens the desk without a password."""

    template_name = "accounts/passkey.html"

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        """The key must be found without a name, and must ask whoever holds it."""
        context = super().get_context_data(**more)
        # Asked for last: only the newest challenge is remembered.
        return {
            **context,
            "js_data": {"creation_options": passkeys.begin_registration(self.request.user, passwordless=True)},
        }

    def get_initial(self) -> dict[str, Any]:
        """Passkeys are told apart by a name that their owner chooses."""
        return {"name": _("Passkey")}

    def form_valid(self, form: Any) -> HttpResponse:
        """Set up and recorded, both or neither."""
        with transaction.atomic():
            _record(self.request, "user.factor_added", Authenticator.Type.WEBAUTHN)
            response: HttpResponse = super().form_valid(form)
        return response


@login_required
@require_POST
@reauthentication_required(app="allauth.mfa")  # type: ignore[untyped-decorator] # allauth ships no types
def remove_passkey(request: HttpRequest, pk: int) -> HttpResponse:
    """One passkey opens nothing any more."""
    passkey = get_object_or_404(Authenticator, pk=pk, user=request.user, type=Authenticator.Type.WEBAUTHN)
    if not factors.may_go(passkey):
        messages.error(request, _("Your role needs a second factor: set up another one first."))
        return redirect("mfa_index")
    with transaction.atomic():
        _record(request, "user.factor_removed", Authenticator.Type.WEBAUTHN)
        remove_authenticator(request, passkey)
    return redirect("mfa_index")


@method_decorator(_SIGNED_IN, name="dispatch")
class Codes(ViewRecoveryCodesView):  # type: ignore[misc] # allauth ships no types
    """The recovery codes, shown once."""

    template_name = "accounts/recovery_codes.html"


@method_decorator(_SIGNED_IN, name="dispatch")
class NewCodes(GenerateRecoveryCodesView):  # type: ignore[misc] # allauth ships no types
    """New codes; the old ones open nothing any more."""

    template_name = "accounts/recovery_codes_new.html"

    def form_valid(self, form: Any) -> HttpResponse:
        """Made and recorded, both or neither."""
        with transaction.atomic():
            _record(self.request, "user.recovery_codes_made", Authenticator.Type.RECOVERY_CODES)
            response: HttpResponse = super().form_valid(form)
        return response


@method_decorator(_SIGNED_IN, name="dispatch")
class Confirm(ReauthenticateView):  # type: ignore[misc] # allauth ships no types
    """The password once more, before something about the account changes."""

    template_name = "accounts/confirm.html"
    extra_context = {"by": "password"}


@method_decorator(_SIGNED_IN, name="dispatch")
class ConfirmByCode(ConfirmByCodeView):  # type: ignore[misc] # allauth ships no types
    """The same with a code."""

    template_name = "accounts/confirm.html"
    extra_context = {"by": "code"}


@method_decorator(_SIGNED_IN, name="dispatch")
class ConfirmByPasskey(ReauthenticateWebAuthnView):  # type: ignore[misc] # allauth ships no types
    """The same with a passkey."""

    template_name = "accounts/confirm.html"
    extra_context = {"by": "passkey"}
    success_url = reverse_lazy("account")

    def form_invalid(self, _form: Any) -> HttpResponse:
        """Try again here."""
        messages.error(self.request, _("This code or passkey does not fit, or was used already."))
        return redirect(self.request.get_full_path())


def _record(request: HttpRequest, kind: str, means: str) -> None:
    journal.factor(_user(request), kind, means=factors.MEANS[means], at=clock.now())


def _user(request: HttpRequest) -> User:
    return cast("User", request.user)
