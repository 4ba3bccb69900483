"""Looking back: what an imported case came to, and what a policy would have done with recorded cases."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from reviewqueue.models import ids
from reviewqueue.models.case import Case
from reviewqueue.models.policy import PolicyDraft


class PastRecord(models.Model):
    """What stored history says of an imported case beside its proposal; empty where it says nothing."""

    case = models.OneToOneField(Case, on_delete=models.CASCADE, primary_key=True, related_name="past")
    decision = models.CharField(max_length=10, blank=True)
    outcome = models.CharField(max_length=10, blank=True)
    said = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.case_id} {self.decision} {self.outcome}"


class WhatIf(models.Model):
    """One look at what a policy would have done. ``report`` is there once it has ``finished``; kept for a week."""

    id = models.CharField(primary_key=True, max_length=40, default=ids.look_id)
    draft = models.ForeignKey(PolicyDraft, on_delete=models.SET_NULL, null=True, related_name="looks")
    document = models.JSONField()
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    start_at = models.DateTimeField(null=True)
    end_at = models.DateTimeField(null=True)
    agents = models.JSONField(default=list)
    intents = models.JSONField(default=list)
    created_at = models.DateTimeField(db_index=True)
    # Whoever works on it says so every few seconds; nobody else begins as long as that is fresh.
    worked_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    report = models.JSONField(null=True)
    trouble = models.TextField(blank=True)

    class Meta:
        verbose_name = _("what-if report")
        verbose_name_plural = _("what-if reports")
        ordering: ClassVar = ["-created_at"]

    def __str__(self) -> str:
        return self.id
