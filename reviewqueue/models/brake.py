"""Brakes: what an operator has paused, and what is used of the budgets of the policy."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from reviewqueue.models import ids


class Pause(models.Model):
    """One brake, open until somebody resumes. While it is open nothing that it covers runs without a person."""

    class Of(models.TextChoices):
        AGENT = "agent", _("an agent")
        INTENT = "intent", _("an intent")
        ACTION = "action", _("an action")
        EVERYTHING = "everything", _("everything")

    id = models.CharField(primary_key=True, max_length=40, default=ids.pause_id)
    of = models.CharField(_("what is paused"), max_length=10, choices=Of.choices)
    name = models.CharField(
        _("name"), max_length=100, blank=True, help_text=_("With * for any letters: refund* is every kind of refund.")
    )
    reason = models.TextField(_("reason"))
    paused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("paused by"),
    )
    paused_at = models.DateTimeField(_("paused"))
    # When every release under watch that it covers had been stopped.
    swept_at = models.DateTimeField(null=True)
    resumed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("resumed by"),
    )
    resumed_at = models.DateTimeField(_("resumed"), null=True)
    resumed_reason = models.TextField(_("why it may go on"), blank=True)

    class Meta:
        verbose_name = _("pause")
        verbose_name_plural = _("pauses")
        ordering: ClassVar = ["-paused_at"]
        constraints: ClassVar = [
            # Intake and redemption ask for open pauses each time: this index holds nothing else.
            models.UniqueConstraint(fields=["of", "name"], condition=Q(resumed_at=None), name="one_open_pause"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["paused_at"], name="pause_to_sweep", condition=Q(swept_at=None, resumed_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.get_of_display()}: {self.name}" if self.name else self.get_of_display()

    @property
    def subject(self) -> str:
        """How the ledger names what is paused."""
        return f"{self.of}:{self.name}" if self.name else str(self.of)


class BudgetUse(models.Model):
    """How much of one budget one key has used lately: the parts of its window, each with its amount.

    ``key`` is a digest of ``labels``, which may name a customer; a row lives a little longer than its window.
    """

    budget = models.CharField(max_length=50)
    key = models.CharField(max_length=64)
    labels = models.JSONField(default=list)
    parts = models.JSONField(default=list)
    updated_at = models.DateTimeField()
    forget_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["budget", "key"], name="one_budget_use")]

    def __str__(self) -> str:
        return f"{self.budget} {' '.join(self.labels)}"
