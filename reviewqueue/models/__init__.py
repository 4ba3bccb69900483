"""The product's tables."""

from reviewqueue.models.agent import Agent, AgentKey, Scope
from reviewqueue.models.case import OPEN, Case, Event, Oversight, State
from reviewqueue.models.conversation import Conversation, Letter, Telling
from reviewqueue.models.customer import Request
from reviewqueue.models.decision import Decision, Grant, Ground, Idempotency, Question, Reason, Ruling
from reviewqueue.models.desk import Batch, Practice, Presence, SavedView, Sighting, Snooze
from reviewqueue.models.factblock import FactBlock, FactColumn
from reviewqueue.models.lookback import PastRecord, WhatIf
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
    "FactBlock",
    "FactColumn",
    "Grant",
    "Ground",
    "Idempotency",
    "Letter",
    "Membership",
    "Oversight",
    "PastRecord",
    "PolicyDraft",
    "PolicyVersion",
    "Practice",
    "Presence",
    "Priority",
    "Question",
    "Queue",
    "Reason",
    "Request",
    "Ruling",
    "SavedView",
    "Scope",
    "Sighting",
    "Snooze",
    "State",
    "Telling",
    "WhatIf",
    "Wording",
]
