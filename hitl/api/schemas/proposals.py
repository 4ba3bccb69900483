"""A proposal: one pause of an agent, and everything a person needs to rule about it."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from hitl.api.schemas.base import CaseId, Day, Feeling, Json, JsonObject, Moment, Money, Sent, Share, Version
from reviewqueue.engine import arguments, canonical
from reviewqueue.queries import transcript

MOST_MESSAGES = 500
MOST_SOURCES = 50
MOST_ACTIONS = 32
MOST_WORDS = 200
LONGEST_RESUME = 16 * 1024
LONGEST_LIFE = 30 * 24 * 3600

Ruling = Literal["approve", "edit", "reject", "respond"]
Words = Annotated[list[str], Field(max_length=MOST_WORDS)]


def _usable_schema(schema: JsonObject) -> JsonObject:
    if sentence := arguments.unfit(schema):
        raise ValueError(f"This is no usable JSON Schema: {sentence}")
    return schema


def _small(token: Json) -> Json:
    if len(canonical.canonical(token)) > LONGEST_RESUME:
        raise ValueError(f"resume holds at most {LONGEST_RESUME} bytes; keep the state with you and send its name.")
    return token


class AgentVersions(Sent):
    """What exactly proposed this: kept with every case, so that the effect of a change can be seen."""

    version: Version | None = None
    model: Version | None = None
    prompt: Version | None = None
    knowledge: Version | None = None


class Message(Sent):
    """One message. Without ``seq`` its place in the list counts, from 1."""

    role: Literal["customer", "agent", "human", "tool", "system"]
    text: str
    seq: Annotated[int, Field(ge=0)] | None = None
    at: Moment | None = None
    sentiment: Feeling | None = None


class Conversation(Sent):
    """Whom the agent talks with. Messages may be the whole history or only new ones; they are merged by ``seq``."""

    id: Annotated[str, Field(min_length=1, max_length=200)]
    channel: Annotated[str, Field(max_length=40)] | None = None
    messages: Annotated[list[Message], Field(max_length=MOST_MESSAGES)] = []

    @model_validator(mode="after")
    def _each_place_once(self) -> Self:
        places = [m["seq"] for m in transcript.numbered([{"seq": message.seq} for message in self.messages])]
        if len(set(places)) != len(places):
            twice = next(seq for n, seq in enumerate(places) if seq in places[:n])
            raise ValueError(f"Two messages have the place {twice}; give each its own seq, or none.")
        return self


class Customer(Sent):
    """What the agent's side knows of the customer."""

    id: Annotated[str, Field(max_length=200)] | None = None
    name: Annotated[str, Field(max_length=200)] | None = None
    tier: Annotated[str, Field(max_length=60)] | None = None
    since: Day | None = None
    lifetime_value: Money | None = None
    attributes: JsonObject = {}


class Action(Sent):
    """One thing that the agent wants to do; a drafted reply is one too."""

    call_id: Annotated[str, Field(min_length=1, max_length=200)]
    kind: Literal["tool_call", "reply", "question", "handoff"]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    args: JsonObject
    args_schema: Annotated[JsonObject, AfterValidator(_usable_schema)] | None = None
    description: str | None = None
    value: Money | None = None
    reversible: bool | None = None
    allowed_decisions: Annotated[list[Ruling], Field(min_length=1, max_length=4)] | None = None


class Briefing(Sent):
    """What a colleague would say at a good hand-over."""

    issue: str | None = None
    summary: str | None = None
    attempted: Words = []
    recommendation: str | None = None
    missing: Words = []


class Signals(Sent):
    """What the agent measures about itself and the conversation; what is missing counts as unknown, never as fine."""

    confidence: Share | None = None
    sentiment: Feeling | None = None
    topics: Words = []
    risk_flags: Words = []
    discount_percent: float | None = None


class Source(Sent):
    """A text that the agent relied on."""

    id: Annotated[str, Field(max_length=200)] | None = None
    title: str | None = None
    url: Annotated[str, Field(max_length=4000)] | None = None
    text: str | None = None
    score: float | None = None


class Proposal(Sent):
    """One pause of the agent with one or more actions.

    ``dedupe_key`` names the pause: the same key with equal content finds the same case. ``expires_in`` is in seconds.
    ``resume`` is echoed on the case and means nothing to the desk. Of the rest only ``conversation.id`` and
    ``actions`` are required.
    """

    dedupe_key: Annotated[str, Field(min_length=1, max_length=255)]
    conversation: Conversation
    actions: Annotated[list[Action], Field(min_length=1, max_length=MOST_ACTIONS)]
    agent: AgentVersions | None = None
    intent: Annotated[str, Field(max_length=100)] | None = None
    workflow: Annotated[str, Field(max_length=100)] | None = None
    language: Annotated[str, Field(max_length=35)] | None = None
    customer: Customer | None = None
    release: Literal["together", "each"] = "together"
    briefing: Briefing | None = None
    signals: Signals | None = None
    sources: Annotated[list[Source], Field(max_length=MOST_SOURCES)] = []
    on_expiry: Literal["expire"] = "expire"
    expires_in: Annotated[int, Field(ge=1, le=LONGEST_LIFE)] | None = None
    resume: Annotated[Json, AfterValidator(_small)] = None
    supersedes: CaseId | None = None
    callback: Annotated[str, Field(max_length=200)] | None = None

    @model_validator(mode="after")
    def _actions_can_be_told_apart(self) -> Self:
        names = [action.call_id for action in self.actions]
        if twice := next((name for n, name in enumerate(names) if name in names[:n]), None):
            raise ValueError(f"Two actions are called {twice[:80]}; give each a call_id of its own.")
        return self
