"""Queues in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from reviewqueue.admin.acting import actor
from reviewqueue.domain import configuring
from reviewqueue.models import Queue
from reviewqueue.queries import clock


@admin.register(Queue)
class QueueAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A lane of work. Its name is how policies find it, so it stays; its title and targets can change."""

    list_display = ("__str__", "name", "people", "urgent_seconds", "high_seconds", "normal_seconds", "low_seconds")
    search_fields = ("name", "title")
    fieldsets = (
        (None, {"fields": ("name", "title", "position")}),
        (
            _("Targets"),
            {
                "fields": ("urgent_seconds", "high_seconds", "normal_seconds", "low_seconds"),
                "description": _("How many seconds a case of each priority may wait for its decision."),
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
