"""The product's tables."""

from reviewqueue.models.agent import Agent, AgentKey, Scope
from reviewqueue.models.case import OPEN, Case, Conversation, Event, Oversight, State
from reviewqueue.models.decision import Decision, Grant, Idempotency, Question, Reason, Ruling
from reviewqueue.models.desk import Batch, Presence, SavedView, Snooze
from reviewqueue.models.policy import PolicyDraft, PolicyVersion
from reviewqueue.models.queue import DEFAULT_QUEUE, Membership, Priority, Queue
from reviewqueue.models.writing import Draft, Wording

__all__ = [
    "DEFAULT_QUEUE",
    "OPEN",
    "Agent",
    "AgentKey",
    "Batch",
    "Case",
    "Conversation",
    "Decision",
    "Draft",
    "Event",
    "Grant",
    "Idempotency",
    "Membership",
    "Oversight",
    "PolicyDraft",
    "PolicyVersion",
    "Presence",
    "Priority",
    "Question",
    "Queue",
    "Reason",
    "Ruling",
    "SavedView",
    "Scope",
    "Snooze",
    "State",
    "Wording",
]
