"""People in Django's admin: rights change through the verbs, so they are recorded and act at once."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final, cast

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, ngettext

from audit.actions import Actor
from hitl.accounts import factors, people, rights, sessions
from hitl.accounts.models import SignIn, User
from hitl.accounts.rights import Rights
from reviewqueue.admin.explained import Explained
from reviewqueue.domain.people import by, record
from reviewqueue.models import Queue
from reviewqueue.queries import clock

# Django's own words, which it does not say in German yet: the catalogue does.
gettext_noop("Reset password")
gettext_noop("Raw passwords are not stored, so there is no way to see the user’s password.")

admin.site.unregister(Group)  # roles say who may do what; groups would be a second answer
# The library's rows hold secrets, or would be a second way to configure what the environment says.
for _app in ("account", "mfa", "socialaccount"):
    import_module(f"allauth.{_app}.admin")
for _model in (EmailAddress, Authenticator, SocialAccount, SocialApp, SocialToken):
    admin.site.unregister(_model)

_RIGHTS: Final = ("role", "all_queues", "queues", "skills", "languages", "capacity", "reviews_quality")


class RightsFields(forms.ModelForm):  # type: ignore[type-arg]
    """Role, queues and skills as an administrator fills them in."""

    queues = forms.ModelMultipleChoiceField(
        Queue.objects.all(),
        label=_("Queues"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("The queues whose cases this person sees and works on. Not needed with “all queues”."),
    )
    skills = forms.CharField(
        label=_("Skills"),
        required=False,
        max_length=400,
        help_text=_("What this person is qualified for, separated by commas, as policies name it: billing, german."),
    )

    languages = forms.CharField(
        label=_("Languages"),
        required=False,
        max_length=200,
        help_text=_("Of the cases this person gets, separated by commas: en, de. Empty: every language."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            held = rights.of(self.instance)
            self.initial["queues"], self.initial["skills"] = held.queues, ", ".join(held.skills)
            self.initial["languages"] = ", ".join(held.languages)

    def clean_skills(self) -> list[str]:
        """The comma-separated words as a list."""
        return _words(self.cleaned_data["skills"])

    def clean_languages(self) -> list[str]:
        """The same for languages."""
        return _words(self.cleaned_data["languages"])

    def asked(self) -> Rights:
        """The rights that were filled in."""
        data = self.cleaned_data
        return Rights(
            role=data["role"],
            is_active=data.get("is_active", True),
            all_queues=data["all_queues"],
            queues=tuple(sorted(queue.pk for queue in data["queues"])),
            skills=tuple(data["skills"]),
            languages=tuple(data["languages"]),
            capacity=data.get("capacity"),
            reviews_quality=data.get("reviews_quality", False),
        )


class ChangePersonForm(RightsFields, UserChangeForm):  # type: ignore[type-arg]
    """An account as it is; its password is set on a page of its own."""


class NewPersonForm(RightsFields, AdminUserCreationForm):  # type: ignore[type-arg]
    """A new account with its first password."""

    class Meta:
        model = User
        fields = ("username", "first_name", "last_name", *_RIGHTS)

    def clean_username(self) -> str:
        """Names that differ in capitals only would be taken for each other."""
        name: str = self.cleaned_data["username"]
        if User.objects.filter(username__iexact=name).exists():
            raise ValidationError(_("There is already a person with this name."))
        return name


@admin.register(User)
class PersonAdmin(Explained, UserAdmin):  # type: ignore[type-arg]
    """Who works here. Nobody is deleted, because the record names them: switch the account off instead."""

    explains = {
        "first_name": _("Colleagues read the first name and the first letter of the last."),
        "last_name": _("Colleagues read the first name and the first letter of the last."),
        "email": _("Notices go there, if this person wants any."),
    }
    form = ChangePersonForm
    add_form = NewPersonForm
    list_display = ("username", "display", "role", "is_active", "last_login")
    list_filter = ("role", "is_active", "all_queues")
    search_fields = ("username", "first_name", "last_name", "email")
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined")
    actions = ("sign_out", "remove_factors")
    fieldsets = (
        (None, {"fields": ("username", "password", "is_active")}),
        (_("Name"), {"fields": ("first_name", "last_name", "email")}),
        (
            _("Rights"),
            {
                "fields": _RIGHTS,
                "description": _("A change ends this person's sessions and hands back the cases they hold."),
            },
        ),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "first_name", "last_name", "usable_password", "password1", "password2")}),
        (_("Rights"), {"fields": _RIGHTS}),
    )

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Rights go through the verbs; names and the address are written as they are."""
        if change:
            obj.save(update_fields=["username", "first_name", "last_name", "email"])
            rights.change(User.objects.get(pk=obj.pk), form.asked(), actor=_actor(request), at=clock.now())
            return
        self._make(request, obj, form)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Queues were set with the other rights."""

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002 - Django's signature
        """A password that an administrator sets is recorded, and ends the sessions opened with the old one."""
        before = request.session.session_key
        response = super().user_change_password(request, id, form_url)
        if request.method == "POST" and response.status_code == 302:  # noqa: PLR2004 - it worked
            sessions.moved(before, request)
            self._end_sessions(request, User.objects.get(pk=id))
        return response

    def has_delete_permission(self, _request: HttpRequest, _obj: User | None = None) -> bool:
        """The record names people for ever."""
        return False

    @admin.action(description=_("Sign out everywhere and hand back their cases"))
    def sign_out(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        """End the sessions of the chosen people."""
        for person in chosen:
            rights.sign_out_everywhere(person, actor=_actor(request), at=clock.now())
        count = len(chosen)
        said = ngettext("%(count)d person is signed out.", "%(count)d people are signed out.", count)
        self.message_user(request, said % {"count": count}, messages.SUCCESS)

    @admin.action(description=_("Remove their second factors and sign them out"))
    def remove_factors(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        """For people who lost their phone: they sign in with the password alone, and set up a new one."""
        count = sum(factors.remove_all(person, actor=_actor(request), at=clock.now()) for person in chosen)
        said = ngettext("%(count)d second factor is removed.", "%(count)d second factors are removed.", count)
        self.message_user(request, said % {"count": count}, messages.SUCCESS)

    def _end_sessions(self, request: HttpRequest, person: User) -> None:
        others = SignIn.objects.filter(user=person).exclude(session=request.session.session_key)
        with transaction.atomic():
            record(person, "user.password_set", actor=_actor(request), at=clock.now(), body={})
            sessions.end(others, actor=_actor(request), at=clock.now())

    def _make(self, request: HttpRequest, obj: User, form: Any) -> None:
        asked = form.asked()
        made = people.make_person(
            obj.username,
            role=asked.role,
            password=form.cleaned_data.get("password1") or "",
            actor=_actor(request),
            at=clock.now(),
            queues=asked.queues,
            skills=asked.skills,
        )
        made.first_name, made.last_name, made.all_queues = obj.first_name, obj.last_name, asked.all_queues
        made.languages, made.capacity = list(asked.languages), asked.capacity
        made.reviews_quality = asked.reviews_quality
        if not form.cleaned_data.get("password1"):
            made.set_unusable_password()
        made.save()
        # The admin goes on with its own object: let it be the one that was made.
        obj.__dict__.update(made.__dict__)


def _words(text: str) -> list[str]:
    words = (word.strip().lower() for word in text.split(","))
    return sorted({word for word in words if word})


def _actor(request: HttpRequest) -> Actor:
    return by(cast("User", request.user))
