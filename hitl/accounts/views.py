"""The pages of one's own account: tokens, preferences, password, open sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from allauth.account.decorators import reauthentication_required
from allauth.decorators import rate_limit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views as auth
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from hitl.accounts import journal, sessions, tokens
from hitl.accounts.forms import PasswordForm, PreferencesForm, TokenForm
from hitl.accounts.models import PersonalToken, SignIn
from reviewqueue.domain.people import by
from reviewqueue.queries import clock
from reviewqueue.web.shell import THEME_COOKIE, theme

if TYPE_CHECKING:
    from hitl.accounts.models import User

_YEAR_SECONDS = 365 * 24 * 3600


@method_decorator([never_cache, rate_limit(action="change_password")], name="dispatch")
class ChangePassword(auth.PasswordChangeView):
    """A new password; other sessions of this person end."""

    template_name = "accounts/password.html"
    form_class = PasswordForm
    success_url = reverse_lazy("account")

    def form_valid(self, form: Any) -> HttpResponse:
        """Recorded with the change; the other sessions end by the changed password, and are forgotten."""
        before = self.request.session.session_key
        with transaction.atomic():
            journal.noted(_user(self.request), "user.password_changed", at=clock.now())
            response = super().form_valid(form)
            sessions.moved(before, self.request)
            sessions.end(_others(self.request), actor=by(_user(self.request)), at=clock.now())
        messages.success(self.request, _("Your password is changed. Your other sessions have ended."))
        return response


@login_required
@never_cache
@require_GET
def account(request: HttpRequest) -> HttpResponse:
    """``/account/``."""
    return _account(request, TokenForm())


@login_required
@never_cache
@require_POST
@reauthentication_required(app="hitl.accounts")  # type: ignore[untyped-decorator] # allauth ships no types
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


@login_required
@never_cache
@require_GET
def session_list(request: HttpRequest) -> HttpResponse:
    """``/account/sessions/``: every browser in which one is signed in."""
    mine = sessions.open_ones(_user(request), at=timezone.now())
    context = {"sessions": mine, "here": request.session.session_key}
    return render(request, "accounts/sessions.html", context)


@login_required
@require_POST
def end_session(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign out one browser, within two seconds also its open pages."""
    ended = sessions.end(SignIn.objects.filter(pk=pk, user=_user(request)), actor=by(_user(request)), at=clock.now())
    if not ended:
        raise Http404
    messages.success(request, _("The session has ended."))
    return redirect("sessions")


@login_required
@require_POST
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    """Sign out every browser but this one."""
    ended = sessions.end(_others(request), actor=by(_user(request)), at=clock.now())
    said = ngettext("%(count)d session has ended.", "%(count)d sessions have ended.", ended)
    messages.success(request, said % {"count": ended})
    return redirect("sessions")


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


def too_often(request: HttpRequest) -> HttpResponse:
    """Tries are limited; waiting helps."""
    return render(request, "accounts/too_often.html", status=429)


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


def _others(request: HttpRequest) -> QuerySet[SignIn]:
    return SignIn.objects.filter(user=_user(request)).exclude(session=request.session.session_key)


def _user(request: HttpRequest) -> User:
    return cast("User", request.user)
