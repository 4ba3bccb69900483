"""The product's tables."""

from reviewqueue.models.agent import Agent, AgentKey, Scope
from reviewqueue.models.alarm import (
    AT_ONCE,
    MEANS,
    OF_AGENTS,
    REMEMBERED,
    Alarm,
    AlarmRule,
    Measure,
    Tally,
    agent_and_intent,
    of_intent,
)
from reviewqueue.models.autonomy import Cell, Climb, LadderRules, Rung, Stand
from reviewqueue.models.brake import BudgetUse, Pause
from reviewqueue.models.case import OPEN, Case, Event, Oversight, State
from reviewqueue.models.coaching import Canary, Catch, CoachingRules, SecondLook, Specimen
from reviewqueue.models.conversation import Conversation, Letter, Telling
from reviewqueue.models.customer import Request
from reviewqueue.models.decision import Decision, Grant, Ground, Idempotency, Question, Reason, Ruling
from reviewqueue.models.desk import Batch, Mention, Practice, Presence, SavedView, Sighting, Snooze
from reviewqueue.models.factblock import FactBlock, FactColumn
from reviewqueue.models.figures import Baseline, Figure
from reviewqueue.models.gaps import Failure, Gap
from reviewqueue.models.hours import Calendar
from reviewqueue.models.lookback import PastRecord, WhatIf
from reviewqueue.models.policy import PolicyDraft, PolicyVersion
from reviewqueue.models.promises import Clock, Mark, OnExpiry, ServiceAlert, ServiceLevel, Target
from reviewqueue.models.quality import KnownVerdict, QaRun, QaVerdict, Score, Scorecard
from reviewqueue.models.queue import DEFAULT_QUEUE, Membership, Priority, Queue
from reviewqueue.models.roster import Absence, Attendance, Availability, Certificate, Move, Shift, WorkRules
from reviewqueue.models.sampling import Rating, Sampled, SamplePlan, SamplingRules, Severity
from reviewqueue.models.writing import Draft, Wording

__all__ = [
    "AT_ONCE",
    "DEFAULT_QUEUE",
    "MEANS",
    "OF_AGENTS",
    "OPEN",
    "REMEMBERED",
    "Absence",
    "Agent",
    "AgentKey",
    "Alarm",
    "AlarmRule",
    "Attendance",
    "Availability",
    "Baseline",
    "Batch",
    "BudgetUse",
    "Calendar",
    "Canary",
    "Case",
    "Catch",
    "Cell",
    "Certificate",
    "Climb",
    "Clock",
    "CoachingRules",
    "Conversation",
    "Decision",
    "Draft",
    "Event",
    "FactBlock",
    "FactColumn",
    "Failure",
    "Figure",
    "Gap",
    "Grant",
    "Ground",
    "Idempotency",
    "KnownVerdict",
    "LadderRules",
    "Letter",
    "Mark",
    "Measure",
    "Membership",
    "Mention",
    "Move",
    "OnExpiry",
    "Oversight",
    "PastRecord",
    "Pause",
    "PolicyDraft",
    "PolicyVersion",
    "Practice",
    "Presence",
    "Priority",
    "QaRun",
    "QaVerdict",
    "Question",
    "Queue",
    "Rating",
    "Reason",
    "Request",
    "Ruling",
    "Rung",
    "SamplePlan",
    "Sampled",
    "SamplingRules",
    "SavedView",
    "Scope",
    "Score",
    "Scorecard",
    "SecondLook",
    "ServiceAlert",
    "ServiceLevel",
    "Severity",
    "Shift",
    "Sighting",
    "Snooze",
    "Specimen",
    "Stand",
    "State",
    "Tally",
    "Target",
    "Telling",
    "WhatIf",
    "Wording",
    "WorkRules",
    "agent_and_intent",
    "of_intent",
]
