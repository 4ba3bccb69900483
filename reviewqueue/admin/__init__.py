"""Queues, agents, keys and policies in Django's admin; no case text anywhere in it."""

from reviewqueue.admin.agents import AgentAdmin, AgentKeyAdmin
from reviewqueue.admin.alarms import AlarmRuleAdmin
from reviewqueue.admin.coaching import CoachingRulesAdmin
from reviewqueue.admin.ladder import LadderRulesAdmin
from reviewqueue.admin.pauses import PauseAdmin
from reviewqueue.admin.plans import (
    AbsenceAdmin,
    CalendarAdmin,
    CertificateAdmin,
    ServiceLevelAdmin,
    ShiftAdmin,
    WorkRulesAdmin,
)
from reviewqueue.admin.policies import PolicyDraftAdmin, PolicyVersionAdmin
from reviewqueue.admin.quality import SamplingRulesAdmin, ScorecardAdmin
from reviewqueue.admin.queues import QueueAdmin
from reviewqueue.admin.wordings import WordingAdmin

__all__ = [
    "AbsenceAdmin",
    "AgentAdmin",
    "AgentKeyAdmin",
    "AlarmRuleAdmin",
    "CalendarAdmin",
    "CertificateAdmin",
    "CoachingRulesAdmin",
    "LadderRulesAdmin",
    "PauseAdmin",
    "PolicyDraftAdmin",
    "PolicyVersionAdmin",
    "QueueAdmin",
    "SamplingRulesAdmin",
    "ScorecardAdmin",
    "ServiceLevelAdmin",
    "ShiftAdmin",
    "WordingAdmin",
    "WorkRulesAdmin",
]
