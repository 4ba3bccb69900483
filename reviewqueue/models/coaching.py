"""How people stay sharp: real cases made into lessons, control cases among the real ones, and who caught what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from reviewqueue.models import ids
from reviewqueue.models.case import Case

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHARE = [MinValueValidator(0), MaxValueValidator(100)]


class Specimen(models.Model):
    """A closed case about an invented person, to learn from.

    ``document`` is the proposal with everything swapped that names somebody. ``faults`` says what was wrong with it by
    the people who decided the source: ``{"call_id", "type", "reason_code", "args"}``; without any, approving is right.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("to be read")
        APPROVED = "approved", _("in use")
        RETIRED = "retired", _("no longer used")

    id = models.CharField(primary_key=True, max_length=40, default=ids.specimen_id)
    source = models.ForeignKey(Case, models.PROTECT, related_name="specimens")
    title = models.CharField(_("title"), max_length=120)
    document = models.JSONField()
    risk = models.CharField(max_length=10)
    reasons = models.JSONField(default=list)
    faults = models.JSONField(default=list)
    # What was to be seen, told after the answer.
    lesson = models.TextField(_("what was to be seen"))
    swapped = models.JSONField(default=dict)
    for_practice = models.BooleanField(_("for practice"), default=True)
    for_control = models.BooleanField(_("as a control case"), default=False)
    state = models.CharField(max_length=8, choices=State.choices, default=State.DRAFT)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-made_at", "id"]

    def __str__(self) -> str:
        return self.title

    @property
    def subject(self) -> str:
        """How the ledger names it."""
        return f"specimen:{self.id}"

    @property
    def known_bad(self) -> bool:
        """Would approving it as it stands be wrong?"""
        return bool(self.faults)

    def passed(self, rulings: Sequence[Any]) -> bool:
        """Did these rulings let pass what is wrong? Each has ``call_id``, ``type``, ``reason_code`` and ``args``."""
        ruled = {ruling["call_id"]: ruling for ruling in rulings}
        return any(not _mended(fault, ruled.get(fault["call_id"])) for fault in self.faults)


def _mended(fault: dict[str, Any], ruling: Any) -> bool:
    """Refused or answered it is; changed where the fault lay, or for the same reason, too."""
    if ruling is None or ruling["type"] == "approve":
        return False
    if ruling["type"] != "edit":
        return True
    changed = set(ruling.get("args") or ())
    return bool(changed & set(fault["args"])) or (bool(changed) and ruling["reason_code"] == fault["reason_code"])


class Canary(models.Model):
    """A control case: looks like any other and can never run. The database sees to the latter (``canary_guards``).

    ``settled_at``: shown to be one, or gone before anybody decided it.
    """

    case = models.OneToOneField(Case, models.PROTECT, primary_key=True, related_name="canary")
    specimen = models.ForeignKey(Specimen, models.PROTECT, related_name="planted")
    planted_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["planted_at"], name="canary_open", condition=models.Q(settled_at__isnull=True))
        ]

    def __str__(self) -> str:
        return self.case_id

    @property
    def subject(self) -> str:
        """How the ledger names it: apart from its case, which everybody can read who may see it."""
        return f"canary:{self.case_id}"


class Catch(models.Model):
    """What one person did with one control case. It belongs to them and to whoever coaches them.

    ``counts``: not for somebody who knew the case.
    """

    canary = models.ForeignKey(Canary, models.PROTECT, related_name="catches")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="catches")
    caught = models.BooleanField()
    how = models.CharField(max_length=10)
    counts = models.BooleanField(default=True)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["canary", "user"], name="one_catch")]
        indexes: ClassVar = [models.Index(fields=["user", "at"], name="catch_of_person")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.how} {self.canary_id}"


class CoachingRules(models.Model):
    """Whether and how the desk helps people to keep looking: one row for the whole desk."""

    canaries = models.BooleanField(
        _("plant control cases"),
        default=False,
        help_text=_(
            "Known-bad proposals among the real ones; nothing of them can ever run. Everybody who decides is told "
            "that there are such cases, and sees at once after deciding one that it was."
        ),
    )
    share = models.PositiveSmallIntegerField(
        _("of a person's cases at most"),
        default=2,
        validators=_SHARE,
        help_text=_("Percent of what somebody decided in the last seven days that may be control cases."),
    )
    per_week = models.PositiveSmallIntegerField(
        _("for one person at most"), default=3, help_text=_("Control cases in seven days.")
    )
    queue_at_most = models.PositiveSmallIntegerField(
        _("only while so few wait"),
        default=3,
        help_text=_("Where more real cases wait in a queue, none is planted, and one that nobody holds is taken out."),
    )

    quick_below = models.PositiveSmallIntegerField(
        _("quick is below"),
        default=40,
        validators=_SHARE,
        help_text=_("Percent of the time it takes to read all that a case shows, from taking it to deciding it."),
    )
    quick_in_a_row = models.PositiveSmallIntegerField(
        _("help after"),
        default=5,
        help_text=_("Quick approvals in a row; 0: never. A slower decision, or one that is no approval, ends the row."),
    )
    help_view = models.BooleanField(
        _("help: say first what you would do"),
        default=True,
        help_text=_("Before the recommendation is shown, as long as the row lasts."),
    )
    help_second = models.BooleanField(
        _("help: a second look"),
        default=False,
        help_text=_("A further quick approval counts as the first of two; a colleague looks as well."),
    )
    help_minutes = models.PositiveSmallIntegerField(
        _("help: minutes of rest"),
        default=0,
        help_text=_("Before the next case. 0: none. What one holds can be finished."),
    )
    help_evidence = models.PositiveSmallIntegerField(
        _("help: minutes of opening the evidence"),
        default=0,
        help_text=_(
            "For so long after the last quick approval the page asks to open conversation and sources before an "
            "approval, at every risk. 0: never. One slower decision ends it."
        ),
    )
    second_share = models.PositiveSmallIntegerField(
        _("hidden second looks"),
        default=2,
        validators=_SHARE,
        help_text=_("Percent of decided cases that somebody else looks at without knowing how they were decided."),
    )
    certified_risks = models.JSONField(
        _("a certificate is needed at risk"),
        default=list,
        blank=True,
        help_text=_("Whoever has none neither gets nor decides such cases."),
    )
    pass_answers = models.PositiveSmallIntegerField(
        _("a certificate takes"),
        default=5,
        validators=[MinValueValidator(1)],
        help_text=_("Practice cases of that risk or a higher one, the last so many answered."),
    )
    pass_percent = models.PositiveSmallIntegerField(
        _("of them right at once"), default=80, validators=_SHARE, help_text=_("Percent.")
    )
    valid_days = models.PositiveSmallIntegerField(
        _("it is valid for"), default=180, help_text=_("Days; caught control cases of that risk renew it.")
    )
    lapse_misses = models.PositiveSmallIntegerField(
        _("it lapses after"),
        default=2,
        help_text=_("Control cases of that risk that were let pass within 30 days; practice brings it back. 0: never."),
    )

    class Meta:
        verbose_name = _("coaching rules")
        verbose_name_plural = _("coaching rules")

    def __str__(self) -> str:
        return str(_("coaching rules"))

    def clean(self) -> None:
        """Risks are those that cases have."""
        known = ("low", "medium", "high", "critical")
        if not isinstance(self.certified_risks, list) or set(map(str, self.certified_risks)) - set(known):
            says = _("A list of: %(risks)s.") % {"risks": ", ".join(known)}
            raise ValidationError({"certified_risks": says})


class SecondLook(models.Model):
    """A decided case that somebody else looks at without knowing how it was decided.

    ``first_type`` is the strictest ruling of the one who decided; ``says`` what the other one would have done.
    """

    case = models.OneToOneField(Case, models.CASCADE, primary_key=True, related_name="second_seen")
    first_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    first_type = models.CharField(max_length=10)
    drawn_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    says = models.CharField(max_length=10, blank=True)
    note = models.TextField(blank=True)
    said_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["drawn_at"], name="second_look_open", condition=models.Q(said_at__isnull=True)),
            models.Index(fields=["first_by", "drawn_at"], name="second_look_of_person"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.first_type} {self.says}"

    @property
    def agrees(self) -> bool:
        """Would both have let it pass as it was, or neither?"""
        return (self.first_type == "approve") == (self.says == "approve")
