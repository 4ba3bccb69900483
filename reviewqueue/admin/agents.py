"""Agents and their keys in the admin."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from reviewqueue.admin.acting import actor
from reviewqueue.domain import configuration, configuring
from reviewqueue.models import Agent, AgentKey, Scope
from reviewqueue.queries import clock
from reviewqueue.refusal import Refusal


class KeyForm(forms.Form):
    """What a new key may be used for."""

    scopes = forms.MultipleChoiceField(
        label=_("Scopes"),
        choices=Scope.choices,
        initial=[str(scope) for scope in configuration.DEFAULT_SCOPES],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Give each program only what it needs: one that executes needs to redeem, not to propose."),
    )


class _Teams(admin.AllValuesFieldListFilter):
    """By team, also those agents that are in none: a link without a word leads nowhere."""

    def choices(self, changelist: Any) -> Any:
        """The teams, and "none" for what is empty."""
        return (each | {"display": each["display"] or _("none")} for each in super().choices(changelist))


@admin.register(Agent)
class AgentAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """An AI agent that the desk stands in front of. Its keys are made here and shown once."""

    list_display = ("name", "team", "owner", "valid_keys", "created_at")
    list_filter = (("team", _Teams),)
    search_fields = ("name", "team")
    autocomplete_fields = ("owner",)
    fieldsets = (
        (None, {"fields": ("name", "team", "owner")}),
        (_("Limits"), {"fields": ("calls_per_second", "burst")}),
        (_("Keys"), {"fields": ("valid_keys", "new_key")}),
    )

    def get_readonly_fields(self, _request: HttpRequest, obj: Agent | None = None) -> tuple[str, ...]:
        """Policies and statistics name an agent: its name stays."""
        return ("name", "valid_keys", "new_key") if obj else ("valid_keys", "new_key")

    def get_urls(self) -> list[URLPattern]:
        """Also the page that makes a key."""
        make = path("<int:agent_id>/make-key/", self.admin_site.admin_view(self.make_key), name="make_agent_key")
        return [make, *super().get_urls()]

    @admin.display(description=_("valid keys"))
    def valid_keys(self, agent: Agent) -> str:
        """How the keys that open something begin."""
        valid = agent.keys.filter(revoked_at=None).exclude(expires_at__lte=clock.now())
        return ", ".join(f"{key.hint}…" for key in valid) or "–"

    @admin.display(description=_("new key"))
    def new_key(self, agent: Agent) -> SafeString | str:
        """The way to the page that makes one."""
        if not agent.pk:
            return str(_("Save the agent first."))
        return format_html('<a href="{}">{}</a>', reverse("admin:make_agent_key", args=[agent.pk]), _("Make a key"))

    def make_key(self, request: HttpRequest, agent_id: int) -> HttpResponse:
        """Make a key on POST; its secret is on the answer and never again."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        agent = get_object_or_404(Agent, pk=agent_id)
        form = KeyForm(request.POST or None)
        secret = self._secret(request, agent, form) if request.method == "POST" and form.is_valid() else ""
        context = self.admin_site.each_context(request) | {
            "title": _("Make a key"),
            "agent": agent,
            "form": form,
            "secret": secret,
        }
        return render(request, "admin/make_agent_key.html", context)  # the admin's pages are never cached

    def save_model(self, request: HttpRequest, obj: Agent, _form: Any, _change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Through the verb, which records it."""
        configuring.save_agent(obj, actor=actor(request), at=clock.now())

    def has_delete_permission(self, _request: HttpRequest, _obj: Agent | None = None) -> bool:
        """Its cases stay."""
        return False

    def _secret(self, request: HttpRequest, agent: Agent, form: KeyForm) -> str:
        try:
            _key, secret = configuration.make_key(
                agent.name, scopes=form.cleaned_data["scopes"], actor=actor(request), at=clock.now()
            )
        except Refusal as refusal:
            form.add_error(None, refusal.says)
            return ""
        return secret


@admin.register(AgentKey)
class AgentKeyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Every key there is or was. Only its hash is stored; make one on the page of its agent."""

    list_display = ("hint", "agent", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at")
    list_filter = ("agent",)
    list_select_related = ("agent",)
    list_display_links = None
    actions = ("revoke",)

    @admin.action(description=_("Revoke the chosen keys"))
    def revoke(self, request: HttpRequest, chosen: QuerySet[AgentKey]) -> None:
        """From now on they open nothing."""
        for key in chosen.select_related("agent"):
            configuration.revoke_key(key, actor=actor(request), at=clock.now())
        count = len(chosen)
        said = ngettext("%(count)d key is revoked.", "%(count)d keys are revoked.", count)
        self.message_user(request, said % {"count": count}, messages.SUCCESS)

    def has_add_permission(self, _request: HttpRequest) -> bool:
        """Keys are made on the page of their agent."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: AgentKey | None = None) -> bool:
        """The list with its action, nothing to edit."""
        return obj is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, _request: HttpRequest, _obj: AgentKey | None = None) -> bool:
        """A revoked key stays on record."""
        return False
