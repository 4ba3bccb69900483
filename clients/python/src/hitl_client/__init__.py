"""Let people decide what an AI agent may do: propose, wait, redeem, report.

desk = Desk("http://localhost:8000", key)
done = desk.gate(refund_order, {"order_id": "A-1", "amount": "350.00"}, conversation="conv_8812", call_id="call_1")
print(done.says)
"""

from hitl_client.async_desk import AsyncDesk
from hitl_client.canonical import NotCanonicalError, canonical, digest
from hitl_client.case import (
    Case,
    ConversationControl,
    Decision,
    Event,
    EventPage,
    FinalAction,
    Grant,
    HandedBack,
    OutboxMessage,
    Question,
    Reason,
    Redemption,
    Talk,
)
from hitl_client.desk import Desk
from hitl_client.errors import (
    DeskError,
    Fault,
    OutcomeUnknownError,
    Problem,
    StillPendingError,
    UnreachableError,
    UnreadableError,
)
from hitl_client.gate import Done, Receipt, Result
from hitl_client.proposal import (
    Action,
    AgentVersions,
    Briefing,
    Conversation,
    Customer,
    Message,
    Money,
    Proposal,
    Signals,
    Source,
)
from hitl_client.retry import Retry
from hitl_client.transport import VERSION

__version__ = VERSION

__all__ = [
    "Action",
    "AgentVersions",
    "AsyncDesk",
    "Briefing",
    "Case",
    "Conversation",
    "ConversationControl",
    "Customer",
    "Decision",
    "Desk",
    "DeskError",
    "Done",
    "Event",
    "EventPage",
    "Fault",
    "FinalAction",
    "Grant",
    "HandedBack",
    "Message",
    "Money",
    "NotCanonicalError",
    "OutboxMessage",
    "OutcomeUnknownError",
    "Problem",
    "Proposal",
    "Question",
    "Reason",
    "Receipt",
    "Redemption",
    "Result",
    "Retry",
    "Signals",
    "Source",
    "StillPendingError",
    "Talk",
    "UnreachableError",
    "UnreadableError",
    "__version__",
    "canonical",
    "digest",
]
