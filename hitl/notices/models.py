"""Who wants to be told of what and how soon, what there is to tell, and each letter as a row until it is sent."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from reviewqueue.models.ids import new_id


def mail_id() -> str:
    """The id of a letter: the same for each try, so that a mailbox can tell a repeat."""
    return new_id("mail")


class Kind(models.TextChoices):
    ALARM = "alarm", _("alarms")
    ESCALATION = "escalation", _("cases that are escalated to you")
    ASSIGNMENT = "assignment", _("cases that are kept for you first")
    MENTION = "mention", _("comments that name you")
    WEEKLY = "weekly", _("the week in numbers")


class How(models.TextChoices):
    SOON = "soon", _("within minutes, together")
    HOURLY = "hourly", _("once an hour at most")
    DAILY = "daily", _("once a day, in the morning")
    NEVER = "never", _("not by e-mail")


class Wishes(models.Model):
    """What one person wants; whoever has said nothing gets what a new row says."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notice_wishes")
    alarm = models.CharField(Kind.ALARM.label, max_length=8, choices=How.choices, default=How.SOON)
    escalation = models.CharField(Kind.ESCALATION.label, max_length=8, choices=How.choices, default=How.SOON)
    assignment = models.CharField(Kind.ASSIGNMENT.label, max_length=8, choices=How.choices, default=How.HOURLY)
    mention = models.CharField(Kind.MENTION.label, max_length=8, choices=How.choices, default=How.SOON)
    weekly = models.CharField(
        Kind.WEEKLY.label,
        max_length=8,
        choices=[(How.SOON, _("on Monday morning")), (How.NEVER, How.NEVER.label)],
        default=How.SOON,
    )
    language = models.CharField(
        _("language of the letters"), max_length=7, blank=True, choices=[("", _("as the desk")), *settings.LANGUAGES]
    )

    class Meta:
        verbose_name = _("wishes about e-mail")
        verbose_name_plural = _("wishes about e-mail")

    def __str__(self) -> str:
        return str(self.user)


class Mail(models.Model):
    """One letter to one person. What it says is made when it is sent, of what they may see then."""

    class State(models.TextChoices):
        PENDING = "pending", _("waiting")
        SENT = "sent", _("sent")
        DEAD = "dead", _("given up")

    id = models.CharField(primary_key=True, max_length=40, default=mail_id)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("person")
    )
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveIntegerField(_("tries"), default=0)
    error = models.CharField(_("last failure"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("created"))
    # Tries end three days after this; sending it again sets it anew.
    begun_at = models.DateTimeField()
    due_at = models.DateTimeField(_("next try"))
    sent_at = models.DateTimeField(_("sent"), null=True)

    class Meta:
        verbose_name = _("e-mail notice")
        verbose_name_plural = _("e-mail notices")
        ordering: ClassVar = ["-created_at", "-id"]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], name="mail_due", condition=Q(state="pending")),
            models.Index(fields=["user", "created_at"], name="mail_of_person"),
        ]

    def __str__(self) -> str:
        return self.id


class Notice(models.Model):
    """One thing to tell one person, once: ``key`` names what happened, ``about`` where to read of it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    key = models.CharField(max_length=100)
    about: Any = models.JSONField(default=dict)
    at = models.DateTimeField()
    mail = models.ForeignKey(Mail, on_delete=models.CASCADE, null=True, related_name="notices")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "key"], name="one_notice")]
        indexes: ClassVar = [models.Index(fields=["user", "at"], name="notice_untold", condition=Q(mail=None))]

    def __str__(self) -> str:
        return f"{self.user_id} {self.key}"


class Gathered(models.Model):
    """Until when it has been looked for things to tell."""

    until = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.until)
