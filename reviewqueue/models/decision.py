"""What people (or the policy) ruled, what may run because of it, and what was asked on the way."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from reviewqueue.models import ids
from reviewqueue.models.case import Case


class Ruling(models.TextChoices):
    APPROVE = "approve", _("approve")
    EDIT = "edit", _("edit")
    REJECT = "reject", _("reject")
    RESPOND = "respond", _("respond")


class Reason(models.TextChoices):
    """Why an edit or a rejection was needed: the gap report counts these."""

    WRONG_FACT = "wrong_fact", _("wrong fact")
    WRONG_AMOUNT = "wrong_amount", _("wrong amount")
    POLICY = "policy", _("policy")
    TONE = "tone", _("tone")
    MISSING_INFORMATION = "missing_information", _("missing information")
    WRONG_ACTION = "wrong_action", _("wrong action")
    UNSAFE = "unsafe", _("unsafe")
    OTHER = "other", _("other")


class Ground(models.TextChoices):
    """Why an approval is right, asked from medium risk on."""

    WITHIN_RULES = "within_rules", _("within the rules")
    JUSTIFIED_EXCEPTION = "justified_exception", _("justified exception")


class Decision(models.Model):
    """One ruling about one action; an undone one stays on record."""

    id = models.CharField(primary_key=True, max_length=40, default=ids.decision_id)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="decisions")
    call_id = models.CharField(max_length=200)
    type = models.CharField(max_length=10, choices=Ruling.choices)
    final_action = models.TextField(blank=True)
    digest = models.CharField(max_length=71, blank=True)
    message = models.TextField(blank=True)
    reason_code = models.CharField(max_length=30, blank=True, choices=[*Reason.choices, *Ground.choices])
    response = models.TextField(blank=True)
    knowledge_gap = models.TextField(blank=True)
    note = models.TextField(blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True)
    decided_at = models.DateTimeField()
    effective_at = models.DateTimeField()
    took_effect_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    case_version = models.PositiveIntegerField()
    seen_digest = models.CharField(max_length=71, blank=True)
    timings = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["case", "call_id"], condition=Q(undone_at__isnull=True), name="one_decision_per_action"
            ),
        ]
        # How fast people decide lately; what the policy decides is not in it.
        indexes: ClassVar = [
            models.Index(fields=["decided_at"], name="decision_of_person", condition=Q(decided_by__isnull=False)),
            models.Index(
                fields=["decided_by", "decided_at"], name="decision_stretch", condition=Q(decided_by__isnull=False)
            ),
            models.Index(
                fields=["decided_by", "effective_at"],
                name="decision_to_undo",
                condition=Q(undone_at__isnull=True, took_effect_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.call_id}"

    @property
    def executes(self) -> bool:
        """Does the agent act because of this ruling?"""
        return self.type in {Ruling.APPROVE, Ruling.EDIT}


class Grant(models.Model):
    """The only authority to execute: single use, bound to the digest of the final action."""

    id = models.CharField(primary_key=True, max_length=40, default=ids.grant_id)
    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="grant")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="grants")
    digest = models.CharField(max_length=71)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    redeemed_at = models.DateTimeField(null=True)
    executor = models.CharField(max_length=200, blank=True)
    voided_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, blank=True)
    outcome_at = models.DateTimeField(null=True)
    outcome_data = models.JSONField(null=True)

    class Meta:
        verbose_name = _("grant")
        verbose_name_plural = _("grants")
        indexes: ClassVar = [
            models.Index(
                fields=["redeemed_at"], name="grant_without_outcome", condition=Q(redeemed_at__isnull=False, outcome="")
            ),
        ]

    def __str__(self) -> str:
        return self.id


class Question(models.Model):
    """A reviewer asked the agent, the customer (through the agent) or a colleague; the clock of the case runs on."""

    class Of(models.TextChoices):
        AGENT = "agent", _("the agent")
        CUSTOMER = "customer", _("the customer")
        COLLEAGUE = "colleague", _("a colleague")

    id = models.CharField(primary_key=True, max_length=40, default=ids.question_id)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="questions")
    of = models.CharField(max_length=10, choices=Of.choices)
    text = models.TextField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    answer = models.TextField(blank=True)
    attachments = models.JSONField(default=list)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["asked_at", "id"]

    def __str__(self) -> str:
        return self.text[:60]


class Idempotency(models.Model):
    """The remembered answer to a POST with an ``Idempotency-Key``."""

    principal = models.CharField(max_length=60)
    key = models.CharField(max_length=255)
    request_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.BinaryField(null=True)
    content_type = models.CharField(max_length=80, blank=True)
    started_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["principal", "key"], name="one_idempotency_key")]

    def __str__(self) -> str:
        return f"{self.principal} {self.key}"
