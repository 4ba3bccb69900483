"""Published answers, and where the contact form leads, in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet, Sum
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from hitl.customers import articles
from hitl.customers.models import Article, ArticleVersion, Route, Topic
from reviewqueue.admin.acting import actor
from reviewqueue.admin.explained import Explained
from reviewqueue.domain import configuring
from reviewqueue.queries import clock


class VersionInline(admin.TabularInline):  # type: ignore[type-arg]
    """What it said before, to read."""

    model = ArticleVersion
    template = "admin/tabular.html"
    fields = ("version", "title", "body", "state", "author", "at")
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_add_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        """Saving makes them."""
        return False


@admin.register(Article)
class ArticleAdmin(Explained, admin.ModelAdmin):  # type: ignore[type-arg]
    """Suggested while somebody writes to us, listed at /help/, and found by agents. Each language is one row."""

    explains = {
        "language": _("In which it is written. Customers are shown answers in theirs."),
        "title": _("The question, as a customer would ask it."),
        "state": _("Customers and agents find only what is published."),
    }
    list_display = ("title", "slug", "language", "state", "version", "shown", "opened", "helped")
    list_filter = ("state", "language")
    search_fields = ("title", "body", "slug")
    fields = ("slug", "language", "title", "body", "state")
    inlines = (VersionInline,)

    def get_inlines(self, _request: HttpRequest, obj: Article | None) -> list[Any]:
        """A new one has said nothing before."""
        return [] if obj is None else [*self.inlines]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Article]:
        """With how often each was of use."""
        rows: QuerySet[Article] = super().get_queryset(request)
        return rows.annotate(**{f"all_{name}": Sum(f"days__{name}") for name in ("shown", "opened", "helped")})

    @admin.display(description=_("suggested"))
    def shown(self, article: Any) -> int:
        """How often it was suggested."""
        return article.all_shown or 0

    @admin.display(description=_("opened"))
    def opened(self, article: Any) -> int:
        """How often its page was opened."""
        return article.all_opened or 0

    @admin.display(description=_("cases prevented"))
    def helped(self, article: Any) -> int:
        """How often somebody said that it answered their question."""
        return article.all_helped or 0

    def save_model(self, request: HttpRequest, obj: Article, _form: Any, _change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Through the verb, which keeps every version."""
        articles.save(obj, author=request.user, actor=actor(request), at=clock.now())

    def has_delete_permission(self, _request: HttpRequest, _obj: Article | None = None) -> bool:
        """Retire it; what it said stays on record."""
        return False


class RecordedAdmin(Explained, admin.ModelAdmin):  # type: ignore[type-arg]
    """Each change is recorded with what it says afterwards."""

    kept: tuple[str, ...] = ()
    explains = {
        "name": _("A short name of its own, which the record uses."),
        "english": _("What customers choose, in English."),
        "queue": _("Where the case goes."),
        "priority": _("The case gets it."),
        "position": _("The smallest number comes first."),
        "active": _("Off: the form no longer offers it."),
    }

    def save_model(self, request: HttpRequest, obj: Any, _form: Any, _change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Saved and recorded together."""
        with transaction.atomic():
            obj.save()
            self._record(request, obj, "contact.saved")

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Removed and recorded together."""
        with transaction.atomic():
            self._record(request, obj, "contact.removed")
            obj.delete()

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        """Each by itself."""
        for obj in queryset:
            self.delete_model(request, obj)

    def _record(self, request: HttpRequest, obj: Any, kind: str) -> None:
        what = str(self.opts.model_name)
        body = {name: getattr(obj, name) for name in self.kept} | {"what": what}
        subject = f"contact:{what}:{obj.pk}"
        configuring.record(subject, kind, actor=actor(request), at=clock.now(), body=body)


@admin.register(Topic)
class TopicAdmin(RecordedAdmin):
    """What the contact form offers, and the queue behind it."""

    list_display = ("english", "german", "queue", "priority", "position", "active")
    kept = ("name", "english", "german", "queue_id", "priority", "position", "active")


@admin.register(Route)
class RouteAdmin(RecordedAdmin):
    """Words that lead elsewhere than the topic would. The lowest position is asked first."""

    list_display = ("words", "topic", "queue", "priority", "position")
    list_select_related = ("topic", "queue")
    kept = ("words", "topic_id", "queue_id", "priority", "position")
