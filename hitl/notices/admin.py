"""Letters in the admin: whether they were taken, and once more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from hitl.notices import sending
from hitl.notices.models import Mail
from reviewqueue.queries import clock

if TYPE_CHECKING:
    from django.db.models import QuerySet


@admin.register(Mail)
class MailAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """To read; what a letter says is not kept."""

    list_display = ("created_at", "user", "state", "attempts", "error", "due_at", "sent_at")
    list_filter = ("state",)
    list_select_related = ("user",)
    fields = ("user", "state", "attempts", "error", "created_at", "due_at", "sent_at")
    readonly_fields = fields
    actions = ("send_again",)

    @admin.action(description=_("Send again"), permissions=["view"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Mail]) -> None:
        """Those that were given up, from the beginning."""
        dead = list(queryset.filter(state=Mail.State.DEAD))
        for mail in dead:
            sending.send_again(mail, at=clock.now())
        messages.success(request, _("%d letters are tried again.") % len(dead))

    def has_add_permission(self, _request: HttpRequest) -> bool:
        """They are made of what happened."""
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        """Nothing about them can be changed."""
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        """They are forgotten after a month."""
        return False
