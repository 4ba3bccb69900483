"""The AI agents that the desk stands in front of, and their keys."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Scope(models.TextChoices):
    PROPOSE = "propose", _("Propose and read cases")
    REDEEM = "redeem", _("Redeem grants and report outcomes")
    CONVERSE = "converse", _("Feed conversations")
    KNOWLEDGE = "knowledge", _("Knowledge articles")


class Agent(models.Model):
    """One AI agent; its owner answers for it and never decides its cases."""

    name = models.SlugField(_("name"), unique=True, help_text=_("How policies and statistics name this agent."))
    team = models.SlugField(_("team"), blank=True, help_text=_("Rules can apply to one team only."))
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        verbose_name=_("owner"),
        help_text=_("Answers for the agent and may not decide about its proposals."),
    )
    calls_per_second = models.PositiveIntegerField(
        _("calls per second"), null=True, blank=True, help_text=_("Empty: the desk's default.")
    )
    burst = models.PositiveIntegerField(
        _("burst"), null=True, blank=True, help_text=_("Calls at once; empty: default.")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("agent")
        verbose_name_plural = _("agents")
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class AgentKey(models.Model):
    """A key of one agent: only its hash is stored; two can be valid at a time, so that it can be rotated."""

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="keys", verbose_name=_("agent"))
    hash = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(_("starts with"), max_length=16, editable=False)
    scopes = models.JSONField(_("scopes"), default=list)
    created_at = models.DateTimeField(_("created"))
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("agent key")
        verbose_name_plural = _("agent keys")
        ordering: ClassVar = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.agent}: {self.hint}…"
