"""Quality assurance: what people and automatic checks say of the cases of a sample, and the reports that are signed."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from reviewqueue.models import ids
from reviewqueue.models.case import Case
from reviewqueue.models.sampling import Rating, Sampled, Severity


class Scorecard(models.Model):
    """What is asked of whoever judges, in one version: a published one never changes.

    ``items`` are ``{"key", "title", "help", "weight"}``, each marked 0, 1 or 2; ``codes`` are ``{"code", "title"}``.
    """

    version = models.AutoField(primary_key=True)
    title = models.CharField(_("title"), max_length=100)
    items = models.JSONField(_("questions"), default=list)
    codes = models.JSONField(_("error codes"), default=list)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(_("published"))

    class Meta:
        verbose_name = _("scorecard")
        verbose_name_plural = _("scorecards")
        ordering: ClassVar = ["-version"]

    def __str__(self) -> str:
        return f"{self.title} ({self.version})"


class QaVerdict(models.Model):
    """What one person says of a case of a sample; ``position`` 1 and 2 are blind to each other, 3 settles a dispute."""

    id = models.CharField(primary_key=True, max_length=40, default=ids.verdict_id)
    sampled = models.ForeignKey(Sampled, on_delete=models.PROTECT, related_name="verdicts")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()
    scorecard = models.ForeignKey(Scorecard, on_delete=models.PROTECT, null=True, related_name="+")
    verdict = models.CharField(max_length=8, choices=Rating.choices)
    should_have_been_reviewed = models.BooleanField(null=True)
    codes = models.JSONField(default=list)
    knowledge_gap = models.TextField(blank=True)
    severity = models.CharField(max_length=6, choices=Severity.choices, blank=True)
    scores = models.JSONField(default=dict)
    note = models.TextField(blank=True)
    # Digest of everything that was shown to whoever judged.
    seen_digest = models.CharField(max_length=71, blank=True)
    given_at = models.DateTimeField()

    class Meta:
        verbose_name = _("QA verdict")
        verbose_name_plural = _("QA verdicts")
        ordering: ClassVar = ["sampled", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["sampled", "position"], name="one_verdict_of_a_position"),
            models.UniqueConstraint(fields=["sampled", "by"], name="one_verdict_of_a_person"),
        ]
        indexes: ClassVar = [models.Index(fields=["given_at"], name="verdict_by_time")]

    def __str__(self) -> str:
        return f"{self.verdict} {self.sampled_id}"


class Score(models.Model):
    """One mark from 0 (bad) to 1 (good), by a person or by an automatic check, side by side in one layer.

    ``value`` is null where the check could not tell. ``name`` is a question of the scorecard or the name of a check.
    """

    class Source(models.TextChoices):
        PERSON = "person", _("a person")
        CHECK = "check", _("a check")

    sampled = models.ForeignKey(Sampled, on_delete=models.CASCADE, related_name="marks")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=6, choices=Source.choices)
    name = models.CharField(max_length=60)
    value = models.FloatField(null=True)
    says = models.TextField(blank=True)
    verdict = models.ForeignKey(QaVerdict, on_delete=models.CASCADE, null=True, related_name="marks")
    version = models.CharField(max_length=20, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["sampled", "name"], condition=Q(source="check"), name="one_mark_of_a_check"
            ),
            models.UniqueConstraint(fields=["verdict", "name"], name="one_mark_of_a_verdict"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.value}"


class KnownVerdict(models.Model):
    """A case whose truth is known from elsewhere, to tell how well those who judge can see."""

    case = models.OneToOneField(Case, on_delete=models.PROTECT, primary_key=True, related_name="known_verdict")
    bad = models.BooleanField()
    basis = models.TextField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.case_id} {'bad' if self.bad else 'good'}"


class QaRun(models.Model):
    """A guided review of a week or audit of a month: its steps, and the report as it was signed off."""

    class Of(models.TextChoices):
        WEEK = "week", _("weekly review")
        MONTH = "month", _("monthly audit")

    id = models.CharField(primary_key=True, max_length=40, default=ids.run_id)
    of = models.CharField(max_length=5, choices=Of.choices)
    period = models.CharField(max_length=8)
    steps = models.JSONField(default=dict)
    report = models.JSONField(default=dict)
    summary = models.TextField(blank=True)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    signed_off_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    signed_off_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-started_at"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["of", "period"], name="one_run_of_a_period")]

    def __str__(self) -> str:
        return f"{self.of} {self.period}"

    @property
    def subject(self) -> str:
        """How the ledger names it."""
        return f"qa_run:{self.of}:{self.period}"
