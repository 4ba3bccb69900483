"""What agents are answered."""

from typing import Annotated, Any, Literal

from pydantic import Field

from hitl.api.schemas.base import Answered

Time = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Digest = Annotated[str, Field(pattern="^sha256:[0-9a-f]{64}$")]
Status = Literal["pending", "decided", "expired", "withdrawn", "superseded", "taken_over"]
EventType = Literal[
    "case.decided", "case.question", "case.taken_over", "case.expired", "case.fallback", "case.superseded"
]


class Fault(Answered):
    """One thing that is wrong: where, as a JSON pointer into the body, and what."""

    pointer: str
    detail: str


class Problem(Answered, extra="allow"):
    """RFC 9457. ``type`` is stable; the page behind it says what it means and what to do."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[Fault] = []


class Reason(Answered):
    """Why a person looks."""

    trigger: str
    category: str
    says: str
    observed: str
    threshold: str


class Wait(Answered):
    """From the last decisions in this queue: half came within p50, four fifths within p80."""

    p50_seconds: int
    p80_seconds: int


class FinalAction(Answered):
    """What may run, complete."""

    name: str
    args: dict[str, Any]


class DecidedBy(Answered):
    """A person, or the policy."""

    type: Literal["user", "policy"]
    id: str
    display: str | None


class GrantOf(Answered):
    """The only authority to execute."""

    id: str
    digest: Digest
    expires_at: Time


class Decision(Answered):
    """The ruling about one action."""

    id: str
    call_id: str
    type: Literal["approve", "edit", "reject", "respond"]
    final_action: FinalAction | None
    message: str | None
    reason_code: str | None
    response: str | None
    decided_by: DecidedBy
    decided_at: Time
    grant: GrantOf | None


class Question(Answered):
    """What a reviewer asks. One to the customer is for the agent to pass on."""

    id: str
    of: Literal["agent", "customer"]
    text: str
    asked_at: Time
    answered_at: Time | None
    answer: str | None


class Case(Answered):
    """A case as its agent sees it."""

    id: str
    dedupe_key: str
    status: Status
    version: int
    oversight: Literal["in_the_loop", "on_the_loop", "out_of_the_loop", "human_only"]
    waiting_on: Literal["reviewer", "agent", "customer"] | None
    reasons: list[Reason]
    policy_version: int
    queue: str
    priority: Literal["low", "normal", "high", "urgent"]
    created_at: Time
    due_at: Time | None
    expires_at: Time
    customer_message: str | None
    wait: Wait | None
    status_url: str
    decisions: list[Decision]
    questions: list[Question]
    resume: Any


class Redeemed(Answered):
    """The desk's word that this caller, and nobody else, runs exactly these bytes."""

    id: str
    digest: Digest
    final_action: FinalAction
    canonical: str
    executor: str
    redeemed_at: Time


class Renewed(Answered):
    """The grant with its new expiry."""

    id: str
    digest: Digest
    expires_at: Time


class Reported(Answered):
    """What is now on record about the execution."""

    id: str
    status: Literal["succeeded", "failed", "unknown"]
    reported_at: Time


class EventData(Answered):
    """As in a webhook."""

    case_id: str
    dedupe_key: str
    status: Status
    version: int
    url: str


class Event(Answered):
    """Something happened to a case; read the case to learn what. ``id`` is the cursor behind it."""

    id: str
    type: EventType
    at: Time
    case: str
    dedupe_key: str
    status: Status
    version: int
    data: EventData


class ConversationEventData(Answered):
    """As in a webhook."""

    case_id: str
    conversation_id: str
    control: Literal["agent", "human"]
    version: int
    url: str


class ConversationEvent(Answered):
    """A person wrote to the customer, or control changed; `control` and `version` are those of the conversation now."""

    id: str
    type: Literal["conversation.message", "conversation.control"]
    at: Time
    conversation: str
    case: str
    control: Literal["agent", "human"]
    version: int
    data: ConversationEventData


class PauseData(Answered):
    """Which pause; ``name`` is null when everything is paused."""

    pause: str
    of: Literal["agent", "intent", "action", "everything"]
    name: str | None


class PauseEvent(Answered):
    """An operator paused or resumed this agent, or an intent or action that it may propose."""

    id: str
    type: Literal["agent.paused", "agent.resumed"]
    at: Time
    case: None
    data: PauseData


class Events(Answered):
    """Events in order, and the cursor that goes on behind them."""

    events: list[Event | ConversationEvent | PauseEvent]
    cursor: str
