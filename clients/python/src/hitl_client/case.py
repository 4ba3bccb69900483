"""What the desk answers. Tolerant: fields that a newer desk adds are kept and never refused."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from hitl_client.canonical import digest

EXECUTABLE = ("approve", "edit")


class Received(BaseModel):
    """A part of an answer: immutable; unknown fields stay readable as attributes."""

    model_config = ConfigDict(extra="allow", frozen=True)


class FinalAction(Received):
    """The action to execute, complete: what a person edited is already in `args`."""

    name: str
    args: dict[str, JsonValue]

    def as_json(self) -> dict[str, JsonValue]:
        """Give `{"name", "args"}`, the value that the grant's digest is taken over."""
        return {"name": self.name, "args": self.args}

    @property
    def digest(self) -> str:
        """`sha256:<64 hex>` over the canonical form; raises NotCanonicalError where there is none."""
        return digest(self.as_json())


class Grant(Received):
    """The single-use right to execute one final action until `expires_at`."""

    id: str
    digest: str = ""
    expires_at: datetime | None = None


class DecidedBy(Received):
    """Who decided: `user`, or `policy`, which has no `display`."""

    type: str = ""
    id: str = ""
    display: str | None = None


class Decision(Received):
    """The answer to one action. `message` is meant for the agent; `response` stands in for the tool's result."""

    id: str
    call_id: str
    type: str
    final_action: FinalAction | None = None
    message: str | None = None
    reason_code: str | None = None
    response: JsonValue = None
    decided_by: DecidedBy = DecidedBy()
    decided_at: datetime | None = None
    grant: Grant | None = None

    @property
    def executes(self) -> bool:
        """True for a decision that carries a final action and the grant to run it."""
        return self.type in EXECUTABLE and self.final_action is not None and self.grant is not None


class Reason(Received):
    """Why the case is held, as a sentence with what was observed and where the threshold lies."""

    trigger: str = ""
    category: str = ""
    says: str = ""
    observed: JsonValue = None
    threshold: JsonValue = None


class Question(Received):
    """What a reviewer asks, `of` the `agent` or the `customer`; open until `answer` or `answered_at` is there."""

    id: str
    of: str = "agent"
    text: str = ""
    asked_at: datetime | None = None
    answer: JsonValue = None
    answered_at: datetime | None = None

    @property
    def open(self) -> bool:
        """True while nobody answered."""
        return self.answer is None and self.answered_at is None


class Wait(Received):
    """The honest estimate: half of such cases are decided within p50_seconds, four fifths within p80_seconds."""

    p50_seconds: float | None = None
    p80_seconds: float | None = None


class Case(Received):
    """A proposal at the desk, as it stood when the answer was written (`version`)."""

    id: str
    status: str
    version: int
    dedupe_key: str = ""
    oversight: str = ""
    waiting_on: str | None = None
    reasons: tuple[Reason, ...] = ()
    policy_version: int | None = None
    queue: str | None = None
    priority: str | None = None
    created_at: datetime | None = None
    due_at: datetime | None = None
    expires_at: datetime | None = None
    customer_message: str | None = None
    wait: Wait | None = None
    status_url: str | None = None
    decisions: tuple[Decision, ...] = ()
    questions: tuple[Question, ...] = ()
    resume: JsonValue = None
    etag: str = Field(default="", exclude=True)

    @property
    def final(self) -> bool:
        """True once nothing can change any more for the agent."""
        return self.status != "pending"

    @property
    def open_questions(self) -> tuple[Question, ...]:
        """What the agent is to answer, or to pass on to the customer (`question.of`) and answer then."""
        if self.final or self.waiting_on not in {"agent", "customer"}:
            return ()
        return tuple(question for question in self.questions if question.open)

    def decision(self, call_id: str) -> Decision | None:
        """Find the answer to one action of the proposal."""
        return next((decision for decision in self.decisions if decision.call_id == call_id), None)


class Redemption(Received):
    """The desk's word that this caller, and nobody else, may now execute."""

    id: str = ""
    digest: str | None = None
    final_action: FinalAction | None = None
    redeemed_at: datetime | None = None


class ConversationControl(Received):
    """Who may write to the customer now: `agent` or `human`; `case` is there when a person has to look at it."""

    control: str = "human"
    case: Case | None = None
    customer_message: str | None = None


class OutboxMessage(Received):
    """What a person wrote for the customer: deliver it once, then call `delivered`."""

    id: str
    text: str = ""
    by: str = ""
    at: datetime | None = None


class HandedBack(Received):
    """What the person who gave control back tells the agent."""

    text: str = ""
    by: str = ""
    at: datetime | None = None


class Talk(Received):
    """A conversation as it stands: who has control, and what is to be delivered to the customer."""

    id: str
    control: str = "human"
    case_id: str | None = None
    outbox: tuple[OutboxMessage, ...] = ()
    note: HandedBack | None = None
    closed_at: datetime | None = None
    resolved: bool | None = None
    csat: int | None = None
    version: int = 0

    @property
    def etag(self) -> str:
        """Names this version to the desk."""
        return f'"{self.version}"'


class Event(Received):
    """Something that happened: `type` is a word such as `case.decided`, `id` the cursor to go on from."""

    id: str = ""
    type: str
    data: dict[str, JsonValue] = Field(default_factory=dict)


class EventPage(Received):
    """Events in order, and the cursor that continues behind them."""

    events: tuple[Event, ...] = ()
    cursor: str = ""
