"""What people fill in about themselves."""

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from reviewqueue.web.shell import THEMES


class TokenForm(forms.Form):
    """A new personal token."""

    label = forms.CharField(
        label=_("What it is for"), max_length=80, help_text=_("So that you know later which one to revoke.")
    )
    days = forms.IntegerField(label=_("Valid for days"), min_value=1, max_value=365, initial=30)


class PreferencesForm(forms.Form):
    """How the desk looks in this browser."""

    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    theme = forms.ChoiceField(
        label=_("Appearance"),
        choices=[(THEMES[0], _("as the system")), (THEMES[1], _("light")), (THEMES[2], _("dark"))],
    )
