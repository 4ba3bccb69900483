"""Policies in the admin: versions to read and compare, drafts to work on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from reviewqueue.admin import draft_pages
from reviewqueue.models import PolicyDraft, PolicyVersion
from reviewqueue.queries import policies

if TYPE_CHECKING:
    from collections.abc import Callable


@admin.register(PolicyVersion)
class PolicyVersionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """What was in force when, by whom and why. The next version begins as a draft."""

    list_display = ("number", "title", "author", "approved_by", "loosens", "reason", "published_at")
    list_select_related = ("author", "approved_by")
    fields = (
        "number",
        "title",
        "author",
        "approved_by",
        "loosens",
        "reason",
        "published_at",
        "digest",
        "links",
        "text",
    )
    readonly_fields = fields

    @admin.display(description=_("name"))
    def title(self, version: PolicyVersion) -> str:
        """The policy's own name."""
        return str(version.document.get("name", ""))

    @admin.display(description=_("more"))
    def links(self, version: PolicyVersion) -> SafeString:
        """The readable page, and the way back to this version."""
        return format_html(
            '<a href="{}">{}</a> · <a href="{}?version={}">{}</a>',
            reverse("policy_version", args=[version.pk]),
            _("As sentences, and what it changed"),
            reverse("admin:reviewqueue_policydraft_add"),
            version.pk,
            _("Begin a draft from it"),
        )

    @admin.display(description=_("document"))
    def text(self, version: PolicyVersion) -> SafeString:
        """The whole policy."""
        return format_html('<pre tabindex="0">{}</pre>', policies.as_text(version.document))

    def has_add_permission(self, _request: HttpRequest) -> bool:
        """Publishing is a verb of its own."""
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: PolicyVersion | None = None) -> bool:
        """Immutable."""
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: PolicyVersion | None = None) -> bool:
        """Immutable."""
        return False


@admin.register(PolicyDraft)
class PolicyDraftAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Drafts; every page of one is a page of our own, every change one of its verbs."""

    list_display = ("__str__", "origin", "author", "base", "changed_at", "version")
    list_filter = ("state",)
    list_select_related = ("author", "base", "version")

    def get_urls(self) -> list[URLPattern]:
        """Also the pages of rules, settings and text."""
        one = "<str:draft_id>"
        pages: list[tuple[str, Callable[..., HttpResponse], str]] = [
            (f"{one}/settings/", draft_pages.settings, "policy_draft_settings"),
            (f"{one}/text/", draft_pages.text, "policy_draft_text"),
            (f"{one}/triggers/choose/", draft_pages.choose, "policy_draft_choose"),
            (f"{one}/<slug:group>/<str:place>/", draft_pages.rule, "policy_draft_rule"),
            (f"{one}/<slug:group>/<str:place>/<slug:what>/", draft_pages.change, "policy_draft_edit"),
        ]
        own = [path(route, self._page(view), name=name) for route, view, name in pages]
        return [*super().get_urls()[:-1], *own]

    def _page(self, view: Callable[..., HttpResponse]) -> Any:
        def answer(request: HttpRequest, **kwargs: str) -> HttpResponse:
            return view(request, self.admin_site, **kwargs)

        return self.admin_site.admin_view(answer)

    def add_view(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        """Where the draft comes from."""
        return draft_pages.begin(request, self.admin_site)

    def change_view(self, request: HttpRequest, object_id: str, *_args: Any, **_kwargs: Any) -> HttpResponse:
        """The whole draft."""
        return draft_pages.overview(request, self.admin_site, object_id)

    def has_delete_permission(self, _request: HttpRequest, _obj: PolicyDraft | None = None) -> bool:
        """A draft is discarded, and stays on record."""
        return False
