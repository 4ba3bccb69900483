"""What people fill in about themselves."""

from __future__ import annotations

from typing import Any, Final

from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from django import forms
from django.conf import settings
from django.contrib.auth.forms import PasswordChangeForm
from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

from reviewqueue.web.shell import THEMES

# As long as one code of an authenticator app is accepted, with the clocks a step apart.
_CODE_SECONDS: Final = 30 * (2 * settings.MFA_TOTP_TOLERANCE + 1)


class TokenForm(forms.Form):
    """A new personal token."""

    label = forms.CharField(
        label=_("What it is for"), max_length=80, help_text=_("So that you know later which one to revoke.")
    )
    days = forms.IntegerField(
        label=_("Valid for days"),
        min_value=1,
        max_value=365,
        initial=30,
        help_text=_("After that it opens nothing; you can revoke it earlier."),
    )


class PreferencesForm(forms.Form):
    """How the desk looks in this browser."""

    language = forms.ChoiceField(
        label=_("Language"),
        choices=settings.LANGUAGES,
        help_text=_("Of the desk; what customers and agents write stays as it is."),
    )
    theme = forms.ChoiceField(
        label=_("Appearance"),
        choices=[(THEMES[0], _("as the system")), (THEMES[1], _("light")), (THEMES[2], _("dark"))],
        help_text=_("In this browser alone."),
    )


class PasswordForm(PasswordChangeForm):
    """A new password; what is wrong with one is said beside it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        told = {
            "old_password": _("So that nobody changes it at a desk you have left open."),
            "new_password1": _("At least ten characters; a few words that belong to nobody else are easy to keep."),
            "new_password2": _("Once more, against slips."),
        }
        for name, text in told.items():
            self.fields[name].help_text = text


class _OnceOnly(forms.Form):
    """A code opens once; the library forgets used ones before the clocks do."""

    user: Any

    def clean_code(self) -> str:
        """The code, unless it is wrong or was used already."""
        code: str = super().clean_code()  # type: ignore[misc] # of the library's form, further up
        if not cache.add(f"code:{self.user.pk}:{normalize_user_code(code)}", 1, timeout=_CODE_SECONDS):
            raise get_adapter().validation_error("incorrect_code")
        return code


class CodeForm(_OnceOnly, AuthenticateForm):  # type: ignore[misc] # allauth ships no types
    """The second step of signing in: a code of the app, or a recovery code."""


class ConfirmingCodeForm(_OnceOnly, ReauthenticateForm):  # type: ignore[misc] # allauth ships no types
    """The same, from somebody who is signed in."""
