"""What the desk has counted: one row a day for each agent, intent and so on; and the period to hold it against."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Figure(models.Model):
    """What was counted of one day for one name: ``by`` says what is named (``all``: nothing). Made anew from the rows.

    ``seen``: the newest event of the desk when it was made.
    """

    day = models.DateField()
    by = models.CharField(max_length=12)
    name = models.CharField(max_length=200, blank=True)
    counts = models.JSONField(default=dict)
    seen = models.BigIntegerField(default=0)
    made_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["by", "day", "name"], name="one_figure")]

    def __str__(self) -> str:
        return f"{self.day} {self.by} {self.name}"


class Baseline(models.Model):
    """The period that today is held against; the last one that was set counts."""

    first = models.DateField(_("first day"))
    last = models.DateField(_("last day"))
    note = models.CharField(_("why this period"), max_length=500, blank=True)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-pk"]

    def __str__(self) -> str:
        return f"{self.first} – {self.last}"
