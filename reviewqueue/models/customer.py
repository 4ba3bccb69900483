"""What customers ask of the desk themselves, by the link that they were given."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from reviewqueue.models.case import Case


class Request(models.Model):
    """A customer asked for something about a case; ``made`` is the case in which a person deals with it."""

    class Kind(models.TextChoices):
        HUMAN = "human", _("talk to a person")
        CALLBACK = "callback", _("be called back")
        CONTEST = "contest", _("contest a decision")

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="requests")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    made = models.OneToOneField(Case, on_delete=models.PROTECT, related_name="request")
    wanted_at = models.DateTimeField(null=True)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.case_id}"
