"""The other bodies: of an agent about its cases and grants, and of a reviewer's program."""

from typing import Annotated, Final, Literal

from pydantic import Field

from hitl.api.schemas.base import Json, JsonObject, Moment, Sent
from hitl.api.schemas.proposals import MOST_ACTIONS, Ruling

Remark = Annotated[str, Field(max_length=10_000)]
Text = Annotated[str, Field(min_length=1, max_length=50_000)]
Name = Annotated[str, Field(max_length=200)]
TakeoverReason = Literal[
    "wrong_fact",
    "wrong_amount",
    "policy",
    "tone",
    "missing_information",
    "wrong_action",
    "unsafe",
    "other",
    "no_fault",
]
Token = Annotated[str, Field(min_length=1, max_length=100)]


class Withdrawal(Sent):
    """Why the agent takes its proposal back."""

    reason: Remark = ""


NO_REASON: Final = Withdrawal()


class Answer(Sent):
    """The answer to a reviewer's question."""

    question_id: Annotated[str, Field(min_length=1, max_length=100)]
    text: Text
    attachments: Annotated[list[Json], Field(max_length=20)] = []


class ActionToRun(Sent):
    """What is about to run: exactly the decision's ``final_action``."""

    name: Annotated[str, Field(max_length=200)]
    args: JsonObject


class Redemption(Sent):
    """Who is about to run what."""

    final_action: ActionToRun
    executor: Name = ""


class Outcome(Sent):
    """What became of an execution. ``unknown``: it cannot be known whether it took effect; a person must find out."""

    status: Literal["succeeded", "failed", "unknown"]
    result: Json = None
    external_ref: Name | None = None
    error: Remark | None = None


class Next(Sent):
    """Only from these queues; empty: from any of mine."""

    queues: Annotated[list[Annotated[str, Field(max_length=100)]], Field(max_length=200)] = []


ANYWHERE: Final = Next()


class Held(Sent):
    """``claim_token`` names the lease that is meant; without it: whichever I hold."""

    claim_token: Token | None = None


MY_LEASE: Final = Held()


class Ask(Sent):
    """A question to the agent, to the customer (the agent passes it on) or to a colleague."""

    of: Literal["agent", "customer", "colleague"]
    text: Text
    claim_token: Token | None = None


class Reassignment(Sent):
    """Pass the case on, to a person (``u_17`` or the sign-in name) or to a queue, not to both."""

    to_user: Name | None = None
    to_queue: Annotated[str, Field(max_length=100)] | None = None
    note: Remark = ""


class Snooze(Sent):
    """Until when I do not want to see the case: RFC 3339, after now and before the case expires."""

    until: Moment


class Comment(Sent):
    """A remark for colleagues; agents and customers never read it."""

    text: Annotated[str, Field(min_length=1, max_length=10_000)]


class Note(Sent):
    """A remark for colleagues; it never leaves the desk."""

    note: Remark = ""


class TakeOver(Note):
    """A remark, and why the agent failed where it did: a reason, and what it did not know."""

    reason_code: TakeoverReason | None = None
    knowledge_gap: Annotated[str, Field(max_length=4_000)] | None = None


AT_ONCE: Final = TakeOver()


class GiveBack(TakeOver):
    """Without ``resolved`` the agent goes on and reads the note; with it the conversation ends, resolved or not."""

    resolved: bool | None = None


NO_WORD: Final = GiveBack()


class MessageToCustomer(Sent):
    """What the customer is to read."""

    text: Annotated[str, Field(min_length=1, max_length=10_000)]


class RulingOf(Sent):
    """The ruling about one action: ``args`` (complete) with an edit, ``reason_code`` with an edit or a rejection."""

    call_id: Annotated[str, Field(max_length=200)]
    type: Ruling
    args: JsonObject | None = None
    message: Remark | None = None
    reason_code: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,30}$", examples=["wrong_amount"])] | None = None
    response: Annotated[str, Field(max_length=50_000)] | None = None
    knowledge_gap: Remark | None = None


class Decide(Sent):
    """Rulings, and proof of what the reviewer had before them: lease, version and ``seen_digest`` of the briefing."""

    claim_token: Token
    version: Annotated[int, Field(ge=1)]
    seen_digest: Annotated[str, Field(max_length=100)]
    decisions: Annotated[list[RulingOf], Field(max_length=MOST_ACTIONS)]
    note: Remark | None = None
    typed_amount: Annotated[str, Field(max_length=400)] | None = None
