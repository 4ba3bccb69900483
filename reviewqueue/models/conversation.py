"""Conversations of customers with agents: what was heard of them, who speaks, and what people wrote in them."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from reviewqueue.models import ids
from reviewqueue.models.agent import Agent


class Conversation(models.Model):
    """What one customer and one agent talk about; its record only grows.

    ``held_by`` is the case in which a person has taken it over, ``raised`` the last one that the desk itself opened
    for it, ``settled_at`` when a person was last done with it: what was said before calls for nobody any more.
    """

    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="conversations", db_index=False)
    external_id = models.CharField(max_length=200)
    channel = models.CharField(max_length=40, blank=True)
    customer_ref = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    held_by = models.ForeignKey("Case", on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    raised = models.ForeignKey("Case", on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)

    version = models.PositiveIntegerField(default=1)
    ledger_seq = models.PositiveIntegerField(default=0)
    language = models.CharField(max_length=35, blank=True)
    customer = models.JSONField(default=dict)
    heard_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    # What the agent would say next; while a person holds the conversation it is an offer to them.
    draft = models.TextField(blank=True)
    # What the person who handed back last told the agent.
    note = models.TextField(blank=True)
    note_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    note_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    resolved = models.BooleanField(null=True)
    csat = models.PositiveSmallIntegerField(null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["agent", "external_id"], name="one_conversation")]
        indexes: ClassVar = [
            models.Index(fields=["customer_ref", "created_at"], name="conversation_contacts"),
            models.Index(fields=["held_by"], name="conversation_held", condition=Q(held_by__isnull=False)),
            models.Index(
                fields=["heard_at"],
                name="conversation_heard",
                condition=Q(heard_at__isnull=False, closed_at__isnull=True),
            ),
            models.Index(fields=["closed_at"], name="conversation_ended", condition=Q(closed_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.external_id

    @property
    def subject(self) -> str:
        """How the ledger names this conversation."""
        return f"conversation:{self.pk}"

    @property
    def control(self) -> str:
        """Who speaks with the customer: ``agent`` or ``human``."""
        return "human" if self.held_by_id else "agent"


class Telling(models.Model):
    """What one call of the live feed added to a conversation's record; ``asked_again``: known facts it asked for."""

    conversation = models.ForeignKey(Conversation, on_delete=models.PROTECT, related_name="tellings")
    messages = models.JSONField()
    signals = models.JSONField(default=dict)
    asked_again = models.JSONField(default=list)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.at:%Y-%m-%d %H:%M:%S}"


class Letter(models.Model):
    """A message that a person wrote to a customer; the agent's side delivers it once.

    ``after_seq`` is its place in the record, ``asked_again`` what it asks for although the desk knows it.
    """

    id = models.CharField(primary_key=True, max_length=40, default=ids.letter_id)
    conversation = models.ForeignKey(Conversation, on_delete=models.PROTECT, related_name="letters")
    case = models.ForeignKey("Case", on_delete=models.PROTECT, related_name="letters")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    after_seq = models.BigIntegerField()
    asked_again = models.JSONField(default=list)
    written_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["written_at", "id"]
        indexes: ClassVar = [
            models.Index(fields=["conversation"], name="letter_to_deliver", condition=Q(delivered_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return self.id
