"""Webhooks in the admin: endpoints, their secrets, and what was sent."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from hitl.webhooks import addresses, dispatch, secrets
from hitl.webhooks.models import Delivery, Endpoint, Secret
from reviewqueue.admin.acting import actor
from reviewqueue.queries import clock
from reviewqueue.refusal import Refusal


class EndpointForm(forms.ModelForm):  # type: ignore[type-arg]
    """Refuses an address to which nothing would be sent."""

    class Meta:
        model = Endpoint
        fields = ("agent", "name", "url", "every", "active")

    def clean_url(self) -> str:
        """Looked up and checked as before each try."""
        url: str = self.cleaned_data["url"].strip()
        try:
            addresses.target(url)
        except addresses.UnfitAddressError as unfit:
            raise forms.ValidationError(str(unfit)) from None
        return url


@admin.register(Endpoint)
class EndpointAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Where an agent hears that something happened to its cases. Its secrets are made here and shown once."""

    form = EndpointForm
    list_display = ("name", "agent", "url", "active", "failures", "pending", "dead")
    list_filter = ("agent", "active")
    list_select_related = ("agent",)
    fieldsets = (
        (None, {"fields": ("agent", "name", "url", "every", "active", "why_inactive")}),
        (_("Secrets"), {"fields": ("valid_secrets", "new_secret")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Endpoint]:
        """With what waits and what was given up."""
        rows: QuerySet[Endpoint] = super().get_queryset(request)
        waits, gone = Q(deliveries__state="pending"), Q(deliveries__state="dead")
        return rows.annotate(waiting=Count("deliveries", filter=waits), gone=Count("deliveries", filter=gone))

    def get_readonly_fields(self, _request: HttpRequest, obj: Endpoint | None = None) -> tuple[str, ...]:
        """Whose it is stays."""
        shown = ("why_inactive", "valid_secrets", "new_secret")
        return ("agent", *shown) if obj else shown

    def get_urls(self) -> list[URLPattern]:
        """Also the page that makes a secret."""
        make = path("<str:endpoint_id>/make-secret/", self.admin_site.admin_view(self.make_secret), name="make_secret")
        return [make, *super().get_urls()]

    @admin.display(description=_("waiting"))
    def pending(self, endpoint: Any) -> int:
        """Deliveries that have not arrived yet."""
        return int(endpoint.waiting)

    @admin.display(description=_("given up"))
    def dead(self, endpoint: Any) -> int:
        """Deliveries that somebody may want to send again."""
        return int(endpoint.gone)

    @admin.display(description=_("valid secrets"))
    def valid_secrets(self, endpoint: Endpoint) -> str:
        """How they begin."""
        return ", ".join(str(secret) for secret in endpoint.secrets.filter(retired_at=None)) or "–"

    @admin.display(description=_("new secret"))
    def new_secret(self, endpoint: Endpoint) -> SafeString | str:
        """The way to the page that makes one."""
        if endpoint._state.adding:  # noqa: SLF001 - Django's documented name
            return str(_("Save the endpoint first."))
        return format_html('<a href="{}">{}</a>', reverse("admin:make_secret", args=[endpoint.pk]), _("Make a secret"))

    def make_secret(self, request: HttpRequest, endpoint_id: str) -> HttpResponse:
        """Make one on POST; it is on the answer and never again."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        endpoint = get_object_or_404(Endpoint.objects.select_related("agent"), pk=endpoint_id)
        secret, fault = "", ""
        if request.method == "POST":
            try:
                secret = secrets.make(endpoint, actor=actor(request), at=clock.now())
            except Refusal as refusal:
                fault = refusal.says
        context = self.admin_site.each_context(request) | {
            "title": _("Make a secret"),
            "endpoint": endpoint,
            "secret": secret,
            "fault": fault,
        }
        return render(request, "admin/make_webhook_secret.html", context)  # the admin's pages are never cached

    def save_model(self, request: HttpRequest, obj: Endpoint, _form: Any, _change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Through the verb, which records it."""
        secrets.save_endpoint(obj, actor=actor(request), at=clock.now())

    def has_delete_permission(self, _request: HttpRequest, _obj: Endpoint | None = None) -> bool:
        """What was sent to it stays on record; switch it off."""
        return False


@admin.register(Secret)
class SecretAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Every secret there is or was; make one on the page of its endpoint."""

    list_display = ("hint", "endpoint", "created_at", "retired_at")
    list_select_related = ("endpoint__agent",)
    list_display_links = None
    actions = ("retire",)

    @admin.action(description=_("Retire the chosen secrets"))
    def retire(self, request: HttpRequest, chosen: QuerySet[Secret]) -> None:
        """From now on they sign nothing."""
        for secret in chosen.select_related("endpoint__agent"):
            secrets.retire(secret, actor=actor(request), at=clock.now())
        count = len(chosen)
        said = ngettext("%(count)d secret is retired.", "%(count)d secrets are retired.", count)
        self.message_user(request, said % {"count": count}, messages.SUCCESS)

    def has_add_permission(self, _request: HttpRequest) -> bool:
        """They are made on the page of their endpoint."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Secret | None = None) -> bool:
        """The list with its action, nothing to edit."""
        return obj is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, _request: HttpRequest, _obj: Secret | None = None) -> bool:
        """A retired one stays on record."""
        return False


@admin.register(Delivery)
class DeliveryAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """What was sent, what still waits and what was given up. A replay keeps the message's id."""

    list_display = ("message_id", "endpoint", "kind", "case_id", "state", "attempts", "status", "error", "due_at")
    list_filter = ("state", "endpoint")
    list_select_related = ("endpoint__agent",)
    search_fields = ("message_id", "case_id")
    actions = ("replay",)
    show_full_result_count = False

    @admin.action(description=_("Send the chosen messages again"))
    def replay(self, request: HttpRequest, chosen: QuerySet[Delivery]) -> None:
        """From the beginning, in their order."""
        at = clock.now()
        for delivery in chosen.select_related("endpoint__agent").order_by("id"):
            with transaction.atomic():
                dispatch.replay(delivery, at=at)
                secrets.record_replay(delivery.endpoint, delivery.message_id, actor=actor(request), at=at)
        count = len(chosen)
        said = ngettext("%(count)d message is sent again.", "%(count)d messages are sent again.", count)
        self.message_user(request, said % {"count": count}, messages.SUCCESS)

    def has_add_permission(self, _request: HttpRequest) -> bool:
        """Events make them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Delivery | None = None) -> bool:
        """The list with its action, nothing to edit."""
        return obj is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, _request: HttpRequest, _obj: Delivery | None = None) -> bool:
        """They go by themselves."""
        return False
