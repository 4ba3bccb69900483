"""Queues and who works in them."""

import secrets
from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from reviewqueue.models.hours import Calendar


class Priority(models.IntegerChoices):
    LOW = 0, _("low")
    NORMAL = 1, _("normal")
    HIGH = 2, _("high")
    URGENT = 3, _("urgent")


DEFAULT_QUEUE = "routine"


def new_stamp() -> str:
    """Another one each time."""
    return secrets.token_hex(8)


class Queue(models.Model):
    """One lane of work with its own people and its own targets."""

    name = models.SlugField(_("name"), primary_key=True, help_text=_("How policies name this queue."))
    title = models.CharField(_("title"), max_length=80, blank=True, help_text=_("How people read it; empty: the name."))
    position = models.PositiveSmallIntegerField(_("position"), default=100)
    urgent_seconds = models.PositiveIntegerField(_("urgent: seconds to decide"), default=300)
    high_seconds = models.PositiveIntegerField(_("high: seconds to decide"), default=900)
    normal_seconds = models.PositiveIntegerField(_("normal: seconds to decide"), default=3600)
    low_seconds = models.PositiveIntegerField(_("low: seconds to decide"), default=14400)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("owner"),
        help_text=_("Who answers for this queue; conversations that are handed over to nobody by name come here."),
    )
    calendar = models.ForeignKey(
        Calendar,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("working hours"),
        help_text=_("When somebody works in this queue. Empty: day and night."),
    )
    skills = models.JSONField(
        _("skills"),
        default=list,
        blank=True,
        help_text=_("Whoever takes a case here needs them, beside the case's own."),
    )
    languages = models.JSONField(
        _("languages"),
        default=list,
        blank=True,
        help_text=_("Cases in other languages go to the next queue at once. Empty: every language."),
    )
    certificates = models.JSONField(
        _("certificates"), default=list, blank=True, help_text=_("Whoever claims or decides here needs all of them.")
    )
    overflow_to = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("next queue"),
        help_text=_("Where cases go that this queue cannot serve. Queues of several time zones may follow each other."),
    )
    overflow_after = models.DurationField(
        _("pass on after"), null=True, blank=True, help_text=_("Of waiting for a reviewer: hours:minutes:seconds.")
    )
    overflow_above = models.PositiveIntegerField(
        _("capacity"), null=True, blank=True, help_text=_("When so many wait already, new cases go to the next queue.")
    )
    overflow_when_closed = models.BooleanField(
        _("pass on when nobody is there"),
        default=False,
        help_text=_("Outside working hours, or when everybody of this queue is away or off shift."),
    )
    # Changes with everything that decides about the deadlines of new cases, so that what was looked up can be kept.
    stamp = models.CharField(max_length=16, default=new_stamp, editable=False)

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
