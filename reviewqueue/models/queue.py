"""Queues and who works in them."""

from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Priority(models.IntegerChoices):
    LOW = 0, _("low")
    NORMAL = 1, _("normal")
    HIGH = 2, _("high")
    URGENT = 3, _("urgent")


DEFAULT_QUEUE = "routine"


class Queue(models.Model):
    """One lane of work with its own people and its own targets."""

    name = models.SlugField(_("name"), primary_key=True, help_text=_("How policies name this queue."))
    title = models.CharField(_("title"), max_length=80, blank=True, help_text=_("How people read it; empty: the name."))
    position = models.PositiveSmallIntegerField(_("position"), default=100)
    urgent_seconds = models.PositiveIntegerField(_("urgent: seconds to decide"), default=300)
    high_seconds = models.PositiveIntegerField(_("high: seconds to decide"), default=900)
    normal_seconds = models.PositiveIntegerField(_("normal: seconds to decide"), default=3600)
    low_seconds = models.PositiveIntegerField(_("low: seconds to decide"), default=14400)

    class Meta:
        verbose_name = _("queue")
        verbose_name_plural = _("queues")
        ordering: ClassVar = ["position", "name"]

    def __str__(self) -> str:
        return self.title or self.name.replace("-", " ").replace("_", " ").capitalize()

    def target(self, priority: int) -> timedelta:
        """How long a case of this priority may wait for its decision."""
        seconds = (self.low_seconds, self.normal_seconds, self.high_seconds, self.urgent_seconds)[priority]
        return timedelta(seconds=seconds)


class Membership(models.Model):
    """A person works in a queue."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="memberships", verbose_name=_("queue"))

    class Meta:
        verbose_name = _("queue membership")
        verbose_name_plural = _("queue memberships")
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "queue"], name="one_membership")]

    def __str__(self) -> str:
        return f"{self.user} · {self.queue}"
