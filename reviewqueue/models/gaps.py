"""Knowledge gaps: why agents failed, what failures have in common, who mends it and whether it helped."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from reviewqueue.models import ids
from reviewqueue.models.case import Case


class Gap(models.Model):
    """What failures have in common. It keeps its id, owner and state however many failures come to it.

    The figures are those of the last count; ``harm`` weighs each failure by what it could do to the customer.
    """

    class State(models.TextChoices):
        OPEN = "open", _("open")
        ASSIGNED = "assigned", _("assigned")
        CHANGED = "changed", _("changed")
        VERIFIED = "verified", _("verified")
        DISMISSED = "dismissed", _("no gap")

    class Area(models.TextChoices):
        """What has to change so that it does not happen again."""

        SOURCE = "source", _("a source")
        PROMPT = "prompt", _("the prompt")
        RULE = "rule", _("a rule of the workflow")
        PERMISSION = "permission", _("a permission")
        TRAINING = "training", _("how reviewers are trained")

    id = models.CharField(primary_key=True, max_length=40, default=ids.gap_id)
    title = models.CharField(_("title"), max_length=200)
    intent = models.CharField(_("intent"), max_length=100, blank=True)
    # The reason, source and trigger that most of its failures have.
    reason = models.CharField(max_length=30, blank=True)
    source = models.CharField(max_length=200, blank=True)
    trigger = models.CharField(max_length=100, blank=True)
    cases = models.PositiveIntegerField(default=0)
    lately = models.PositiveIntegerField(default=0)
    handling_seconds = models.PositiveIntegerField(default=0)
    harm = models.PositiveIntegerField(default=0)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    area = models.CharField(_("what has to change"), max_length=12, choices=Area.choices, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="gaps",
        verbose_name=_("owner"),
    )
    change = models.CharField(_("what was changed"), max_length=500, blank=True)
    change_url = models.URLField(_("link to the change"), max_length=500, blank=True)
    changed_at = models.DateTimeField(null=True)
    # The rate before and after the change, as it was when somebody or the desk last looked.
    effect = models.JSONField(default=dict)
    verified_at = models.DateTimeField(null=True)
    article = models.SlugField(blank=True)
    version = models.PositiveIntegerField(default=1)
    made_at = models.DateTimeField()

    class Meta:
        verbose_name = _("knowledge gap")
        verbose_name_plural = _("knowledge gaps")
        ordering: ClassVar = ["-harm", "-cases", "id"]
        indexes: ClassVar = [models.Index(fields=["state", "-harm"], name="gap_by_harm")]

    def __str__(self) -> str:
        return self.title

    @property
    def subject(self) -> str:
        """How the ledger names it."""
        return f"gap:{self.id}"


class Failure(models.Model):
    """One time that an agent was wrong, and why; what was said is read from the case and copied nowhere."""

    class Origin(models.TextChoices):
        EDIT = "edit", _("edited")
        REJECT = "reject", _("rejected")
        RESPOND = "respond", _("answered in the agent's place")
        TAKEOVER = "takeover", _("taken over")
        QA = "qa", _("found in quality assurance")

    # The decision, verdict or takeover that it comes from.
    id = models.CharField(primary_key=True, max_length=60)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="failures")
    origin = models.CharField(max_length=8, choices=Origin.choices)
    gap = models.ForeignKey(Gap, on_delete=models.SET_NULL, null=True, related_name="failures")
    intent = models.CharField(max_length=100, blank=True)
    reason = models.CharField(max_length=30, blank=True)
    source = models.CharField(max_length=200, blank=True)
    trigger = models.CharField(max_length=100, blank=True)
    harm = models.PositiveSmallIntegerField(default=1)
    handling_seconds = models.PositiveIntegerField(default=0)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["at", "id"]
        indexes: ClassVar = [
            models.Index(fields=["gap", "-at"], name="failure_of_gap"),
            models.Index(fields=["intent", "at"], name="failure_of_intent"),
            models.Index(fields=["at"], name="failure_ungrouped", condition=models.Q(gap=None)),
        ]

    def __str__(self) -> str:
        return f"{self.origin} {self.case_id}"
