"""Brakes in the admin: pause, see who paused what and why, resume."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy

from reviewqueue.admin.explained import Explained
from reviewqueue.domain import pauses
from reviewqueue.models import Pause
from reviewqueue.queries import clock
from reviewqueue.refusal import Refusal
from reviewqueue.rules import Permission

if TYPE_CHECKING:
    from django.http import HttpRequest

    from reviewqueue.domain.people import Reviewer


class PauseForm(forms.ModelForm):  # type: ignore[type-arg] # django-stubs' parameter does not exist at run time
    """A new brake, or the reason why an old one may be let go."""

    class Meta:
        model = Pause
        fields = ("of", "name", "reason", "resumed_reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "resumed_reason" in self.fields:
            self.fields["resumed_reason"].required = True

    def clean(self) -> dict[str, Any]:
        """Refused here, so that the form says it."""
        said = super().clean() or {}
        if "of" in said and "name" in said:
            try:
                pauses.checked_name(said["of"], said["name"])
            except Refusal as refusal:
                raise ValidationError({"name": refusal.says}) from refusal
        return said

    def validate_constraints(self) -> None:
        """Pausing what is paused already is no fault; the verb answers with the open pause."""


@admin.register(Pause)
class PauseAdmin(Explained, admin.ModelAdmin):  # type: ignore[type-arg]
    """What is or was paused. A new one acts at once; to resume, open it and say why it may go on."""

    form = PauseForm
    explains = {
        "of": gettext_lazy("What may not act for now."),
        "reason": gettext_lazy("Colleagues read it beside every case that is held for it."),
        "resumed_reason": gettext_lazy("Why it may go on. The record keeps it with your name."),
    }
    list_display = ("what", "is_open", "reason", "paused_by", "paused_at", "resumed_by", "resumed_at")
    list_filter = ("of", ("resumed_at", admin.EmptyFieldListFilter))
    list_select_related = ("paused_by", "resumed_by")
    _told = ("of", "name", "reason", "paused_by", "paused_at")

    @admin.display(description=gettext_lazy("what is paused"))
    def what(self, pause: Pause) -> str:
        """The kind and the name."""
        return str(pause)

    @admin.display(description=gettext_lazy("paused now"), boolean=True)
    def is_open(self, pause: Pause) -> bool:
        """Does it act?"""
        return pause.resumed_at is None

    def get_fields(self, _request: HttpRequest, obj: Pause | None = None) -> tuple[str, ...]:
        """Resuming asks for one thing only."""
        if obj is None:
            return ("of", "name", "reason")
        return (*self._told, "resumed_reason", *(("resumed_by", "resumed_at") if obj.resumed_at else ()))

    def get_readonly_fields(self, _request: HttpRequest, obj: Pause | None = None) -> tuple[str, ...]:
        """What was paused, and why, stays as it was said."""
        return (*self._told, "resumed_by", "resumed_at") if obj else ()

    def save_model(self, request: HttpRequest, obj: Pause, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Through the verbs, which record it."""
        who, at, said = cast("Reviewer", request.user), clock.now(), form.cleaned_data
        if change:
            pauses.resume(obj, reason=said["resumed_reason"], person=who, at=at)
            return
        made = pauses.pause(of=said["of"], name=said["name"], reason=said["reason"], person=who, at=at)
        obj.pk = made.pk

    def has_add_permission(self, request: HttpRequest) -> bool:
        """By a named right."""
        return cast("Reviewer", request.user).may(Permission.PAUSE)

    def has_change_permission(self, request: HttpRequest, obj: Pause | None = None) -> bool:
        """What was resumed stays as it is."""
        return cast("Reviewer", request.user).may(Permission.PAUSE) and (obj is None or obj.resumed_at is None)

    def has_delete_permission(self, _request: HttpRequest, _obj: Pause | None = None) -> bool:
        """Who paused what stays on record."""
        return False
