"""What reviewers' programs are answered."""

from typing import Any, Literal

from hitl.api.schemas.answers import Decision, Digest, Reason, Status, Time
from hitl.api.schemas.base import Answered

State = Literal[
    "queued",
    "watched",
    "released",
    "claimed",
    "asked",
    "second_look",
    "decided",
    "taken_over",
    "expired",
    "withdrawn",
    "superseded",
    "closed",
    "imported",
]
Priority = Literal["low", "normal", "high", "urgent"]
Ruling = Literal["approve", "edit", "reject", "respond"]


class Colleague(Answered):
    """A person at the desk."""

    id: str
    display: str


class CustomerInRow(Answered):
    """Enough to recognise them."""

    name: str | None
    tier: str | None


class Amount(Answered):
    """The largest value among the actions."""

    amount: str
    currency: str


class CaseRow(Answered):
    """A case in a list."""

    id: str
    state: State
    status: Status
    version: int
    queue: str
    priority: Priority
    risk: str
    intent: str | None
    issue: str | None
    customer: CustomerInRow
    value: Amount | None
    agent: str
    reasons: list[str]
    waiting_on: str | None
    claimed_by: Colleague | None
    created_at: Time
    due_at: Time | None
    expires_at: Time


class CaseList(Answered):
    """A page of cases; `cursor` continues behind it, null on the last one."""

    cases: list[CaseRow]
    cursor: str | None


class AgentVersionsOf(Answered):
    """What exactly proposed this."""

    version: str | None
    model: str | None
    prompt: str | None
    knowledge: str | None


class CaseInside(CaseRow):
    """A case as the desk knows it."""

    dedupe_key: str
    oversight: Literal["in_the_loop", "on_the_loop", "out_of_the_loop", "human_only"]
    workflow: str | None
    language: str | None
    skills: list[str]
    eyes: int
    release: Literal["together", "each"]
    policy_version: int
    agent_versions: AgentVersionsOf
    updated_at: Time
    release_at: Time | None
    effective_at: Time | None


class Transcript(Answered):
    """The conversation's record as it stands."""

    id: str
    channel: str | None
    messages: list[dict[str, Any]]


class ActionShown(Answered):
    """A proposed action with its canonical text: what is shown, approved and run."""

    call_id: str
    kind: str
    name: str
    args: dict[str, Any]
    args_schema: dict[str, Any] | None
    description: str
    value: dict[str, str] | None
    reversible: bool | None
    allowed_decisions: list[Ruling]
    canonical: str
    digest: Digest


class Similar(Answered):
    """An earlier case that was decided."""

    id: str
    score: float
    issue: str
    decision: str
    resolution: str


class QuestionInside(Answered):
    """A question with who asked it."""

    id: str
    of: Literal["agent", "customer", "colleague"]
    text: str
    asked_at: Time
    asked_by: Colleague
    answered_at: Time | None
    answer: str | None
    attachments: list[Any]


class FirstRulingOf(Answered):
    """What the first person ruled about one action; `final` is the canonical text of what would run."""

    call_id: str
    type: Ruling
    final: str | None
    digest: Digest | None
    message: str | None
    reason_code: str | None
    response: str | None


class FirstRuling(Answered):
    """The first of two pairs of eyes."""

    by: Colleague | None
    decisions: list[FirstRulingOf]


class DecisionInside(Decision):
    """A ruling with what only the desk knows."""

    note: str | None
    knowledge_gap: str | None
    effective_at: Time
    took_effect_at: Time | None


class Claim(Answered):
    """Who holds the case; `token` is null for everybody else."""

    by: Colleague
    token: str | None
    expires_at: Time


class WholeCase(Answered):
    """The whole of a case. `version`, `seen_digest` and `claim.token` are what a decision carries back."""

    id: str
    case: CaseInside
    customer: dict[str, Any] | None
    conversation: Transcript
    actions: list[ActionShown]
    sources: list[dict[str, Any]]
    briefing: dict[str, Any] | None
    signals: dict[str, Any]
    reasons: list[Reason]
    similar: list[Similar]
    risk_flags: list[str]
    hidden_characters: int
    questions: list[QuestionInside]
    first_ruling: FirstRuling | None
    decisions: list[DecisionInside]
    claim: Claim | None
    allowed: dict[str, bool | str]
    version: int
    seen_digest: Digest


class Lease(Answered):
    """The lease with its new end."""

    claim: Claim | None
    version: int


class Decided(Answered):
    """The rulings, and when they take effect."""

    status: Literal["decided"]
    effective_at: Time
    decisions: list[DecisionInside]
    id: str
    state: State
    version: int


class SecondLook(Answered):
    """The first of two people has ruled; another one must look."""

    status: Literal["second-look"]
    id: str
    state: State
    version: int


class Entry(Answered):
    """One thing that happened."""

    seq: int
    kind: str
    at: Time
    actor: "Actor"
    sentence: str
    data: dict[str, Any]
    hash: str


class Actor(Answered):
    """Who did it."""

    type: Literal["user", "agent", "policy", "system"]
    id: str
    display: str | None


class Timeline(Answered):
    """Everything recorded about a case, oldest first."""

    case: str
    entries: list[Entry]


class KnownFact(Answered):
    """Something that the desk knows, and where it stands."""

    kind: str
    value: str
    where: str


class WrittenMessage(Answered):
    """The message in the outbox. `asked_again`: what it asks the customer for although the desk knows it."""

    id: str
    text: str
    at: Time
    asked_again: list[KnownFact]
