"""What people write: how actions read in plain words, and decisions that are not finished yet."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from reviewqueue.models.case import Case


class Wording(models.Model):
    """How one action reads: sentences with placeholders, written by an admin."""

    class Kind(models.TextChoices):
        TOOL_CALL = "tool_call", _("tool call")
        REPLY = "reply", _("reply")
        QUESTION = "question", _("question")
        HANDOFF = "handoff", _("handover")

    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices, default=Kind.TOOL_CALL)
    name = models.CharField(
        _("action"),
        max_length=200,
        blank=True,
        help_text=_("How agents name the action; empty: every one of the kind."),
    )
    english = models.TextField(
        _("English"),
        max_length=500,
        help_text=_("For example: Sends {value} to the card {args.card|last4} of {customer.name}."),
    )
    german = models.TextField(_("German"), max_length=500, blank=True, help_text=_("Empty: the English sentence."))
    english_effect = models.TextField(
        _("consequence, English"),
        max_length=500,
        blank=True,
        help_text=_("What follows from it, for example: The money leaves at once and cannot be called back."),
    )
    german_effect = models.TextField(_("consequence, German"), max_length=500, blank=True)
    example = models.JSONField(
        _("example"),
        default=dict,
        help_text=_("An invented action for the preview: args, value (amount, currency) and customer."),
    )
    version = models.PositiveIntegerField(_("version"), default=0, editable=False)

    class Meta:
        verbose_name = _("wording of an action")
        verbose_name_plural = _("wordings of actions")
        ordering: ClassVar = ["kind", "name"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["kind", "name"], name="one_wording")]

    def __str__(self) -> str:
        return self.name or str(self.Kind(self.kind).label)


class Draft(models.Model):
    """What somebody has typed about a case and not sent yet; theirs alone, gone with their decision."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="drafts")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="drafts")
    fields = models.JSONField(default=dict)
    case_version = models.PositiveIntegerField()
    saved_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["case", "person"], name="one_draft")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.person_id}"
