"""Policy versions in the admin: to read; a published one never changes."""

from __future__ import annotations

import json

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from reviewqueue.models import PolicyVersion


@admin.register(PolicyVersion)
class PolicyVersionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """What was in force when, by whom and why. New versions are published with ``manage.py policy publish``."""

    list_display = ("number", "title", "author", "reason", "published_at")
    list_select_related = ("author",)
    fields = ("number", "title", "author", "reason", "published_at", "digest", "text")
    readonly_fields = fields

    @admin.display(description=_("name"))
    def title(self, version: PolicyVersion) -> str:
        """The policy's own name."""
        return str(version.document.get("name", ""))

    @admin.display(description=_("document"))
    def text(self, version: PolicyVersion) -> SafeString:
        """The whole policy."""
        return format_html("<pre>{}</pre>", json.dumps(version.document, ensure_ascii=False, indent=2))

    def has_add_permission(self, _request: HttpRequest) -> bool:
        """Publishing is a verb of its own."""
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: PolicyVersion | None = None) -> bool:
        """Immutable."""
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: PolicyVersion | None = None) -> bool:
        """Immutable."""
        return False
