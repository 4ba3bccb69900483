"""Queues in the admin."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from reviewqueue.admin.acting import actor
from reviewqueue.admin.explained import Explained
from reviewqueue.domain import configuring
from reviewqueue.models import Queue
from reviewqueue.queries import clock


class Words(forms.CharField):
    """A list of words as people write it: with commas between."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=400, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """The list as text."""
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        """The text as a list."""
        return sorted({word.strip() for word in super().clean(value).split(",") if word.strip()})


class QueueForm(forms.ModelForm):  # type: ignore[type-arg]
    """Lists are written with commas; a queue does not pass on to itself."""

    skills = Words(
        label=_("Skills"), help_text=_("Whoever gets a case here by itself has them, beside the case's own: billing.")
    )
    languages = Words(
        label=_("Languages"),
        help_text=_("Cases in other languages go to the next queue at once: en, de. Empty: every language."),
    )
    certificates = Words(
        label=_("Certificates"), help_text=_("Whoever claims or decides here needs all of them: gdpr-basics.")
    )

    class Meta:
        model = Queue
        fields = "__all__"  # noqa: DJ007 - the admin's fieldsets choose

    def clean(self) -> dict[str, Any]:
        """What is passed on goes somewhere else."""
        cleaned: dict[str, Any] = super().clean() or {}
        following = cleaned.get("overflow_to")
        if following and following.pk == (self.instance.pk or cleaned.get("name")):
            self.add_error("overflow_to", _("Choose another queue."))
        if not following and any(cleaned.get(n) for n in ("overflow_after", "overflow_above", "overflow_when_closed")):
            self.add_error("overflow_to", _("Choose where cases go then."))
        return cleaned


@admin.register(Queue)
class QueueAdmin(Explained, admin.ModelAdmin):  # type: ignore[type-arg]
    """A lane of work. Its name is how policies find it, so it stays; its title and targets can change."""

    list_display = ("__str__", "name", "people", "urgent_seconds", "high_seconds", "normal_seconds", "low_seconds")
    form = QueueForm
    explains = {"position": _("Lanes stand in this order, the smallest number first.")}
    search_fields = ("name", "title")
    autocomplete_fields = ("owner",)
    fieldsets = (
        (None, {"fields": ("name", "title", "position", "owner", "calendar")}),
        (_("Who works here"), {"fields": ("skills", "languages", "certificates")}),
        (
            _("When nobody can serve a case here"),
            {
                "fields": ("overflow_to", "overflow_after", "overflow_above", "overflow_when_closed"),
                "description": _(
                    "Queues of several time zones that pass on to each other when nobody is there follow the sun."
                ),
            },
        ),
        (
            _("Targets"),
            {
                "fields": ("urgent_seconds", "high_seconds", "normal_seconds", "low_seconds"),
                "description": _(
                    "How many seconds a case of each priority may wait for its decision, where no service level says."
                ),
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Queue]:
        """With the number of people."""
        queues: QuerySet[Queue] = super().get_queryset(request)
        return queues.annotate(members=Count("memberships"))

    @admin.display(description=_("people"))
    def people(self, queue: Any) -> int:
        """How many people work in it by name; those of all queues come on top."""
        return int(queue.members)

    def get_readonly_fields(self, _request: HttpRequest, obj: Queue | None = None) -> tuple[str, ...]:
        """The name is fixed once policies may use it."""
        return ("name",) if obj else ()

    def save_model(self, request: HttpRequest, obj: Queue, _form: Any, _change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Through the verb, which records it."""
        configuring.save_queue(obj, actor=actor(request), at=clock.now())

    def has_delete_permission(self, _request: HttpRequest, _obj: Queue | None = None) -> bool:
        """Cases and policies name it."""
        return False
