"""Published policies: immutable, numbered, with author and reason; and the drafts that become them."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class PolicyVersion(models.Model):
    """One published policy. The database refuses to change or delete it."""

    number = models.PositiveIntegerField(_("version"), primary_key=True)
    document = models.JSONField(_("document"))
    digest = models.CharField(_("digest"), max_length=64)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, verbose_name=_("author"))
    reason = models.TextField(_("reason"))
    published_at = models.DateTimeField(_("published"))
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("approved by"),
    )
    # Whether it could let pass what the version before held; null for versions from before this was asked.
    loosens = models.BooleanField(_("loosens scrutiny"), null=True)

    class Meta:
        verbose_name = _("policy version")
        verbose_name_plural = _("policy versions")
        ordering: ClassVar = ["-number"]

    def __str__(self) -> str:
        return f"{self.number}: {self.document.get('name', '')}"


class PolicyDraft(models.Model):
    """A policy that somebody works on. ``document`` may have faults; what is published has none.

    ``base`` is the version in force that its changes were last held against; ``revision`` counts its edits, and
    ``editors`` are the keys of everybody who made one.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        SUBMITTED = "submitted", _("waits for a second person")
        PUBLISHED = "published", _("published")
        DISCARDED = "discarded", _("discarded")

    document = models.JSONField(_("document"))
    base = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="+", verbose_name=_("based on"))
    origin = models.CharField(_("made from"), max_length=100)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("author")
    )
    editors = models.JSONField(default=list)
    reason = models.TextField(_("reason"), blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.DRAFT)
    revision = models.PositiveIntegerField(_("revision"), default=1)
    version = models.OneToOneField(
        PolicyVersion, on_delete=models.PROTECT, null=True, related_name="draft", verbose_name=_("became version")
    )
    created_at = models.DateTimeField(_("begun"))
    changed_at = models.DateTimeField(_("changed"))
    submitted_at = models.DateTimeField(_("submitted"), null=True)
    settled_at = models.DateTimeField(_("settled"), null=True)

    class Meta:
        verbose_name = _("policy draft")
        verbose_name_plural = _("policy drafts")
        ordering: ClassVar = ["-changed_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.document.get('name', '')} ({self.get_state_display()})"

    @property
    def subject(self) -> str:
        """How the ledger names this draft."""
        return f"policy_draft:{self.pk}"

    @property
    def is_open(self) -> bool:
        """Can it still become a version?"""
        return self.state in {self.State.DRAFT, self.State.SUBMITTED}
