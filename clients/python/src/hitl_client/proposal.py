"""What an agent sends. Strict: an unknown or ill-typed field is refused here, before it travels."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    field_serializer,
    field_validator,
    model_validator,
)

from hitl_client.canonical import canonical

MOST_MESSAGES = 500
MOST_SOURCES = 50
MOST_ACTIONS = 32

Kind = Literal["tool_call", "reply", "question", "handoff"]
Role = Literal["customer", "agent", "human", "tool", "system"]
DecisionType = Literal["approve", "edit", "reject", "respond"]


def _fit_to_send(value: JsonValue) -> JsonValue:
    canonical(value)
    return value


Json = Annotated[JsonValue, AfterValidator(_fit_to_send)]
JsonObject = Annotated[dict[str, JsonValue], AfterValidator(_fit_to_send)]
Text = Annotated[str, AfterValidator(_fit_to_send)]
Name = Annotated[Text, Field(min_length=1)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Feeling = Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)]


class Sent(BaseModel):
    """A part of a request: immutable, and without room for fields that the wire does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def as_json(self) -> dict[str, JsonValue]:
        """Give the JSON object to send; fields that were never filled in are left out."""
        return self.model_dump(mode="json", exclude_none=True)


class Money(Sent):
    """An amount as a decimal (never a float) with its ISO 4217 currency: `Money(amount="350.00", currency="EUR")`."""

    amount: Decimal
    currency: str = Field(pattern=r"^[A-Z]{3}$")

    @field_validator("amount", mode="before")
    @classmethod
    def _exact(cls, value: object) -> object:
        if isinstance(value, float | bool):
            message = 'money is a decimal string such as "350.00", never a float'
            raise ValueError(message)  # noqa: TRY004 - pydantic turns a ValueError into a fault with its path
        return value

    @field_serializer("amount")
    def _plain(self, value: Decimal) -> str:
        return format(value, "f")


class Message(Sent):
    """One message of the conversation. `seq` orders and identifies it; `sentiment` runs from -1 (bad) to 1.

    Without `seq` its place in a proposal's list counts, from 1; in the live feed it goes behind all that is known.
    """

    seq: int | None = Field(default=None, ge=0)
    role: Role
    text: Text
    at: AwareDatetime | None = None
    sentiment: Feeling | None = None


class Customer(Sent):
    """Who the agent talks to. `since` is the day they became a customer."""

    id: Name
    name: Text | None = None
    tier: Text | None = None
    since: date | None = None
    lifetime_value: Money | None = None
    attributes: JsonObject | None = None


class Conversation(Sent):
    """The conversation that the proposal belongs to; messages may be all of them or only the new ones."""

    id: Name
    channel: Text | None = None
    messages: tuple[Message, ...] = Field(default=(), max_length=MOST_MESSAGES)


class Action(Sent):
    """One thing that the agent wants to do. `args` are decided, digested and executed exactly as they stand here."""

    call_id: Name
    kind: Kind = "tool_call"
    name: Name
    args: JsonObject
    args_schema: JsonObject | None = None
    description: Text | None = None
    value: Money | None = None
    reversible: bool | None = None
    allowed_decisions: tuple[DecisionType, ...] | None = None


class Briefing(Sent):
    """What a person needs to know to decide: the issue in the customer's words, and what was tried."""

    issue: Text | None = None
    summary: Text | None = None
    attempted: tuple[Text, ...] | None = None
    recommendation: Text | None = None
    missing: tuple[Text, ...] | None = None


class Signals(Sent):
    """What the agent measured: confidence 0 to 1, sentiment -1 to 1, discount in percent."""

    confidence: Share | None = None
    sentiment: Feeling | None = None
    topics: tuple[Text, ...] | None = None
    risk_flags: tuple[Text, ...] | None = None
    discount_percent: Annotated[float, Field(allow_inf_nan=False)] | None = None


class Source(Sent):
    """A passage that the agent relied on; `score` is the retriever's own."""

    id: Name
    title: Text | None = None
    url: Text | None = None
    text: Text | None = None
    score: Annotated[float, Field(allow_inf_nan=False)] | None = None


class AgentVersions(Sent):
    """Which agent proposes: its own version and those of model, prompt and knowledge."""

    version: Text | None = None
    model: Text | None = None
    prompt: Text | None = None
    knowledge: Text | None = None


class Proposal(Sent):
    """One pause of the agent: one or more actions that wait for a decision.

    `dedupe_key` names this pause: sent again with equal content it finds the same case, so a retry makes no duplicate.
    `expires_in` is in seconds. `resume` is echoed on the case and means nothing to the desk.
    """

    dedupe_key: Name
    conversation: Conversation
    actions: tuple[Action, ...] = Field(max_length=MOST_ACTIONS)
    agent: AgentVersions | None = None
    intent: Text | None = None
    workflow: Text | None = None
    language: Text | None = None
    customer: Customer | None = None
    release: Literal["together", "each"] | None = None
    briefing: Briefing | None = None
    signals: Signals | None = None
    sources: tuple[Source, ...] | None = Field(default=None, max_length=MOST_SOURCES)
    on_expiry: Text | None = None
    expires_in: int | None = Field(default=None, gt=0)
    resume: Json | None = None
    supersedes: Text | None = None
    callback: Text | None = None

    @model_validator(mode="after")
    def _actions_can_be_told_apart(self) -> Self:
        if not self.actions:
            message = "a proposal needs at least one action"
            raise ValueError(message)
        names = [action.call_id for action in self.actions]
        if len(set(names)) != len(names):
            message = "each action needs a call_id of its own"
            raise ValueError(message)
        return self


ProposalLike: TypeAlias = Proposal | Mapping[str, Any]


def as_proposal(proposal: ProposalLike) -> Proposal:
    """Take a Proposal, or a mapping in the words of the wire; pydantic's ValidationError names each wrong field."""
    return proposal if isinstance(proposal, Proposal) else Proposal.model_validate(proposal)
