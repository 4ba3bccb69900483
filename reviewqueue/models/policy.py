"""Published policies: immutable, numbered, with author and reason."""

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

    class Meta:
        verbose_name = _("policy version")
        verbose_name_plural = _("policy versions")
        ordering: ClassVar = ["-number"]

    def __str__(self) -> str:
        return f"{self.number}: {self.document.get('name', '')}"
