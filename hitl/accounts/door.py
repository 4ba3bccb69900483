"""Coming in and going out: password, second step, passkey, single sign-on."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from allauth.mfa import signals
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.views import LoginWebAuthnView
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth import views as auth
from django.db import transaction
from django.dispatch import receiver
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from requests import RequestException

from hitl.accounts import attempts, browsers, factors, journal
from hitl.accounts.adapters import refused
from hitl.accounts.models import User
from hitl.accounts.single_sign_on import PROVIDER, Exchange
from reviewqueue.queries import clock

if TYPE_CHECKING:
    from datetime import timedelta

# Somebody who only asks for a passkey's challenge leaves nothing behind for long.
_CHALLENGE_SECONDS = 600


@method_decorator(never_cache, name="dispatch")
class SignIn(auth.LoginView):
    """Name and password; the same answer for a wrong name, a wrong password and an account that is switched off."""

    template_name = "accounts/sign_in.html"
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Count the try before the password is looked at."""
        wait = attempts.begin(self._name(), self._address(), at=clock.now())
        return super().post(request, *args, **kwargs) if wait is None else self._too_often(wait)

    def form_valid(self, form: Any) -> HttpResponse:
        """The password is right; who has a second factor is asked for it next."""
        attempts.succeeded(self._name(), self._address())
        user = form.get_user()
        login = Login(user=user, redirect_url=self.get_success_url())
        response: HttpResponse = perform_password_login(self.request, {"username": user.username}, login)
        return response

    def form_invalid(self, form: Any) -> HttpResponse:
        """Record the try with whom it concerns."""
        user = User.objects.filter(username=self._name()).first()
        with transaction.atomic():
            journal.failed(user, means="password", address=self._address(), at=clock.now())
        return super().form_invalid(form)

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        """The other ways in."""
        return super().get_context_data(single_sign_on=settings.OIDC_NAME if settings.OIDC_ISSUER else "", **more)

    def _too_often(self, wait: timedelta) -> HttpResponse:
        seconds = math.ceil(wait.total_seconds())
        context = self.get_context_data(form=self.get_form_class()(self.request), minutes=math.ceil(seconds / 60))
        response = render(self.request, self.template_name, context, status=429)
        response.headers["Retry-After"] = str(seconds)
        return response

    def _name(self) -> str:
        return str(self.request.POST.get("username", ""))[:150]

    def _address(self) -> str:
        return browsers.address(self.request)


class SecondStep(AuthenticateView):  # type: ignore[misc] # allauth ships no types
    """After the password: a code of the app, a recovery code, or a passkey."""

    template_name = "accounts/second_step.html"

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        """Only what this person set up is offered."""
        kinds = {factor.type for factor in factors.of(self.stage.login.user)}
        offered = {
            "takes_code": Authenticator.Type.TOTP in kinds,
            "takes_passkey": Authenticator.Type.WEBAUTHN in kinds,
        }
        return {**super().get_context_data(**more), **offered}


class Passkey(LoginWebAuthnView):  # type: ignore[misc] # allauth ships no types
    """A passkey alone: it is two factors in one, because the device asks for a finger, a face or a PIN."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The challenge."""
        response: HttpResponse = super().get(request, *args, **kwargs)
        request.session.set_expiry(_CHALLENGE_SECONDS)
        return response

    def form_invalid(self, _form: Any) -> HttpResponse:
        """Whose passkey it was is not believed, so the record does not name anybody."""
        return refused(self.request)


@require_GET
def single_sign_on(request: HttpRequest) -> HttpResponse:
    """Off to the provider."""
    if not settings.OIDC_ISSUER:
        raise Http404
    try:
        response: HttpResponse = OAuth2LoginView.adapter_view(Exchange(request, PROVIDER))(request)
    except RequestException:
        messages.error(request, _("The sign-in service does not answer. Try again, or use your password."))
        return redirect("sign_in")
    return response


@require_GET
def single_sign_on_return(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Back from the provider, who says who it is."""
    if not settings.OIDC_ISSUER or provider_id != PROVIDER:
        raise Http404
    response: HttpResponse = OAuth2CallbackView.adapter_view(Exchange(request, PROVIDER))(request)
    return response


@never_cache
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End this session; whoever has no other one hands back the cases they hold."""
    logout(request)
    return redirect("sign_in")


@receiver(signals.authentication_failed)
def _code_refused(sender: Any, request: HttpRequest, user: User, **_signal: Any) -> None:  # noqa: ARG001 - a signal says more than we need
    with transaction.atomic():
        journal.failed(user, means="code", address=browsers.address(request), at=clock.now())


@receiver(signals.authenticator_used)
def _used(sender: Any, user: User, authenticator: Authenticator, **_signal: Any) -> None:  # noqa: ARG001 - a signal says more than we need
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        with transaction.atomic():
            journal.factor(user, "user.recovery_code_used", means=factors.MEANS[authenticator.type], at=clock.now())
