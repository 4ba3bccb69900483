"""Where webhooks go, what signs them, and each delivery as a row until it has arrived or was given up."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from reviewqueue.models import Agent
from reviewqueue.models.ids import new_id


def endpoint_id() -> str:
    """The id of a new endpoint."""
    return new_id("we")


def message_id() -> str:
    """The id of a message: the same for each try, so that a receiver knows what it has seen."""
    return new_id("msg")


class Endpoint(models.Model):
    """One address: of an agent, or of those who look after the desk and want its alarms."""

    id = models.CharField(primary_key=True, max_length=40, default=endpoint_id, editable=False)
    agent = models.ForeignKey(
        Agent,
        on_delete=models.PROTECT,
        related_name="endpoints",
        null=True,
        blank=True,
        verbose_name=_("agent"),
        help_text=_("Whose events it gets. Empty: the alarms of the desk, and no events."),
    )
    name = models.SlugField(_("name"), help_text=_("What a proposal names as its “callback”."))
    url = models.CharField(
        _("address"), max_length=500, help_text=_("Where to send to, such as https://bot.example.org/desk.")
    )
    every = models.BooleanField(
        _("also without callback"),
        default=True,
        help_text=_(
            "Gets the events of cases whose proposal names no callback, or one that is unknown or switched off."
        ),
    )
    active = models.BooleanField(_("active"), default=True, help_text=_("What happens while it is not is sent later."))
    why_inactive = models.CharField(_("why not active"), max_length=200, blank=True, editable=False)
    # The last event that became a delivery.
    cursor = models.BigIntegerField(default=0, editable=False)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0, editable=False)
    rests_until = models.DateTimeField(null=True, editable=False)
    leased_until = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(_("created"), editable=False)

    class Meta:
        verbose_name = _("webhook endpoint")
        verbose_name_plural = _("webhook endpoints")
        ordering: ClassVar = ["agent", "name"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["agent", "name"], name="one_endpoint")]

    def __str__(self) -> str:
        return f"{self.agent or _('the desk')}: {self.name}"


class Secret(models.Model):
    """What signs: sealed, because the desk must be able to read it. Two can be valid at a time, and both sign."""

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="secrets")
    sealed = models.TextField(editable=False)
    hint = models.CharField(_("starts with"), max_length=16, editable=False)
    created_at = models.DateTimeField(_("created"))
    retired_at = models.DateTimeField(_("retired"), null=True)

    class Meta:
        verbose_name = _("webhook secret")
        verbose_name_plural = _("webhook secrets")
        ordering: ClassVar = ["created_at"]

    def __str__(self) -> str:
        return f"{self.hint}…"


class Delivery(models.Model):
    """One event for one endpoint. ``body`` is what is signed and sent, the same bytes each time."""

    class State(models.TextChoices):
        PENDING = "pending", _("waiting")
        DELIVERED = "delivered", _("delivered")
        DEAD = "dead", _("given up")

    endpoint = models.ForeignKey(
        Endpoint, on_delete=models.PROTECT, related_name="deliveries", verbose_name=_("endpoint")
    )
    message_id = models.CharField(_("message"), max_length=40, unique=True, default=message_id)
    event_id = models.BigIntegerField()
    kind = models.CharField(_("type"), max_length=40)
    case_id = models.CharField(_("case"), max_length=40)
    body = models.TextField(_("body"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveIntegerField(_("tries"), default=0)
    status = models.PositiveSmallIntegerField(_("last status"), null=True)
    error = models.CharField(_("last failure"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("created"))
    # Tries end three days after this; a replay sets it anew.
    begun_at = models.DateTimeField()
    due_at = models.DateTimeField(_("next try"))
    delivered_at = models.DateTimeField(_("delivered"), null=True)

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["endpoint", "event_id"], name="one_delivery")]
        indexes: ClassVar = [
            models.Index(fields=["endpoint", "case_id", "id"], name="delivery_waiting", condition=Q(state="pending")),
            models.Index(fields=["due_at"], name="delivery_due", condition=Q(state="pending")),
        ]

    def __str__(self) -> str:
        return self.message_id
