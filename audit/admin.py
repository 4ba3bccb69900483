"""The ledger in Django's admin: to read, never to write."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from audit.models import Entry


@admin.register(Entry)
class EntryAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """What happened to people, agents, queues and policies, newest first.

    An administrator sees no customer's text: the entries of cases are read where cases are.
    """

    list_display = ("at", "subject", "seq", "sentence", "kind", "actor_id", "is_erased")
    list_filter = ("kind", "actor_type", "at")
    search_fields = ("subject__startswith", "actor_id__exact")
    ordering = ("-id",)
    show_full_result_count = False
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[Entry]:
        """Without the entries of cases."""
        entries: QuerySet[Entry] = super().get_queryset(request)
        return entries.exclude(subject__startswith="case:")

    @admin.display(boolean=True, description="erased")
    def is_erased(self, entry: Entry) -> bool:
        """Whether the personal text is gone."""
        return entry.erased

    def has_add_permission(self, _request: HttpRequest) -> bool:
        """Only the product writes."""
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: Entry | None = None) -> bool:
        """Nobody changes what happened."""
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Entry | None = None) -> bool:
        """Nobody deletes what happened."""
        return False
