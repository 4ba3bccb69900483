"""Sign-in and the page of one's own account."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views as auth
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from hitl.accounts import attempts, tokens
from hitl.accounts.forms import PreferencesForm, TokenForm
from hitl.accounts.models import PersonalToken
from reviewqueue.domain import people
from reviewqueue.queries import clock
from reviewqueue.web.shell import THEME_COOKIE, theme

if TYPE_CHECKING:
    from datetime import timedelta

    from hitl.accounts.models import User

_YEAR_SECONDS = 365 * 24 * 3600


class SignIn(auth.LoginView):
    """Name and password; the same answer for a wrong name, a wrong password and an account that is switched off."""

    template_name = "accounts/sign_in.html"
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Count the try before the password is looked at."""
        wait = attempts.begin(self._name(), self._address(), at=clock.now())
        return super().post(request, *args, **kwargs) if wait is None else self._too_often(wait)

    def form_valid(self, form: Any) -> HttpResponse:
        """Record who came in."""
        attempts.succeeded(self._name(), self._address())
        user = form.get_user()
        with transaction.atomic():
            people.record(user, "user.signed_in", actor=people.by(user), at=clock.now(), body={})
        return super().form_valid(form)

    def _too_often(self, wait: timedelta) -> HttpResponse:
        seconds = math.ceil(wait.total_seconds())
        context = self.get_context_data(form=self.get_form_class()(self.request), minutes=math.ceil(seconds / 60))
        response = render(self.request, self.template_name, context, status=429)
        response.headers["Retry-After"] = str(seconds)
        return response

    def _name(self) -> str:
        return str(self.request.POST.get("username", ""))[:150]

    def _address(self) -> str:
        return str(self.request.META.get("REMOTE_ADDR", ""))


@method_decorator(never_cache, name="dispatch")
class ChangePassword(auth.PasswordChangeView):
    """A new password; other sessions of this person end."""

    template_name = "accounts/password.html"
    success_url = reverse_lazy("account")

    def form_valid(self, form: Any) -> HttpResponse:
        """Say that it worked."""
        messages.success(self.request, _("Your password is changed. Your other sessions have ended."))
        return super().form_valid(form)


@login_required
@never_cache
@require_GET
def account(request: HttpRequest) -> HttpResponse:
    """``/account/``."""
    return _account(request, TokenForm())


@login_required
@never_cache
@require_POST
def make_token(request: HttpRequest) -> HttpResponse:
    """Make a personal token; its secret is on this one page and never again."""
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _account(request, form, status=422)
    _token, secret = tokens.make(_user(request), at=clock.now(), **form.cleaned_data)
    return _account(request, TokenForm(), secret=secret)


@login_required
@require_POST
def revoke_token(request: HttpRequest, token_id: int) -> HttpResponse:
    """From now on that token opens nothing."""
    tokens.revoke(get_object_or_404(PersonalToken, pk=token_id, user=_user(request)), at=clock.now())
    messages.success(request, _("The token is revoked."))
    return redirect("account")


@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """Language and appearance, kept in this browser."""
    form = PreferencesForm(request.POST)
    response = redirect("account" if request.user.is_authenticated else "sign_in")
    if form.is_valid():
        for name, field in ((settings.LANGUAGE_COOKIE_NAME, "language"), (THEME_COOKIE, "theme")):
            value = form.cleaned_data[field]
            response.set_cookie(name, value, max_age=_YEAR_SECONDS, secure=settings.HTTPS, samesite="Lax")
    return response


def _account(request: HttpRequest, form: TokenForm, *, secret: str = "", status: int = 200) -> HttpResponse:
    chosen = {"language": get_language(), "theme": theme(request)}
    now = clock.now()
    context = {
        "token_form": form,
        "secret": secret,
        "tokens": _user(request).tokens.filter(revoked_at=None, expires_at__gt=now),
        "preferences_form": PreferencesForm(initial=chosen),
    }
    return render(request, "accounts/account.html", context, status=status)


def _user(request: HttpRequest) -> User:
    return cast("User", request.user)
