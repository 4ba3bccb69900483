"""What belongs to people at the desk: who looks at which case, the views they keep, the cases they decide together."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from reviewqueue.models import ids
from reviewqueue.models.case import Case
from reviewqueue.models.policy import PolicyVersion


class Presence(models.Model):
    """Somebody looks at a case; believed for a short time after ``seen_at``."""

    class Doing(models.TextChoices):
        VIEWING = "viewing", _("looking")
        EDITING = "editing", _("editing")
        IDLE = "idle", _("away")

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="presences")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    doing = models.CharField(max_length=8, choices=Doing.choices)
    seen_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["case", "user"], name="one_presence")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.doing} {self.case_id}"


class SavedView(models.Model):
    """A choice of filters under a name. It carries the choice and no right: everybody sees through it what they may."""

    id = models.CharField(primary_key=True, max_length=40, default=ids.view_id)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=1000, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["owner", "name"], name="one_view_of_a_name")]

    def __str__(self) -> str:
        return self.name


class Snooze(models.Model):
    """A case that one person does not want to see until a moment; for everybody else it is where it was."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="snoozes")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    until_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "case"], name="one_snooze")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.case_id} until {self.until_at:%Y-%m-%d %H:%M}"


class Sighting(models.Model):
    """Somebody opened a piece of the evidence of a case (``queries.sightings``), or said what they think of it.

    ``says`` is empty but for the piece ``own-view``: what they would do, said before they saw the recommendation.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="sightings")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    piece = models.CharField(max_length=40)
    says = models.CharField(max_length=10, blank=True)
    seen_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["case", "user", "piece"], name="one_sighting")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.piece} {self.case_id}"


class Practice(models.Model):
    """How far somebody is with one practice case (``domain.lessons``); it belongs to them and to no case.

    ``first_right``: was the first answer right? ``fields`` is what they had typed, so that an undo brings it back.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="practices")
    lesson = models.CharField(max_length=40)
    verb = models.CharField(max_length=20, blank=True)
    fields = models.JSONField(default=dict)
    right = models.BooleanField(default=False)
    first_right = models.BooleanField(default=False)
    tries = models.PositiveIntegerField(default=0)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "lesson"], name="one_practice")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.lesson}"


class Batch(models.Model):
    """Cases that one person means to decide together.

    ``bound`` is the sorted list of (case, version, digest of what it shows) that the person chose; it is decided as a
    whole or not at all. ``sample`` names the cases to be opened first, ``opened`` when each of them was.
    """

    id = models.CharField(primary_key=True, max_length=40, default=ids.batch_id)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20)
    action = models.CharField(max_length=200)
    policy = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="+")
    bound = models.JSONField()
    sample = models.JSONField()
    opened = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    effective_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    voided_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["person", "effective_at"], name="batch_to_undo")]

    def __str__(self) -> str:
        return self.id

    @property
    def subject(self) -> str:
        """How the ledger names this batch."""
        return f"batch:{self.id}"

    @property
    def case_ids(self) -> list[str]:
        """The cases in it, sorted."""
        return [case for case, _version, _digest in self.bound]

    @property
    def unopened(self) -> list[str]:
        """What of the sample nobody has looked at."""
        return [case for case in self.sample if case not in self.opened]


class Mention(models.Model):
    """A comment named somebody."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="mentions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mentions")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(db_index=True)

    class Meta:
        ordering: ClassVar = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.user_id} {self.case_id}"
