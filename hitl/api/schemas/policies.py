"""Policies over the reviewers' wire."""

from typing import Annotated, Any, Literal

from pydantic import Field

from hitl.api.schemas.answers import Time
from hitl.api.schemas.base import Answered, CaseId, Day, JsonObject, Sent

Mode = Literal["out_of_the_loop", "on_the_loop", "in_the_loop", "human_only"]
Change = Literal["newly_held", "newly_released", "stricter", "looser", "unchanged"]


class WhatIf(Sent):
    """A policy document and the cases to try it on: of a period, of some agents and intents.

    From a moment and before another, or from one day of the desk to another, both included.
    """

    policy: JsonObject
    start: Annotated[Day | None, Field(alias="from")] = None
    to: Day | None = None
    agents: list[str] = []
    intents: list[str] = []
    change: Change | None = None
    cursor: CaseId | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


class Judged(Answered):
    """What the policy would have done with one case, and what happened; nothing of what the customer wrote."""

    case: str
    agent: str
    intent: str | None
    created_at: Time
    oversight_before: Mode
    oversight: Mode
    change: Change
    known: Literal["unknown", "right", "wrong"]
    held: bool
    queue: str | None
    priority: str
    eyes: int
    triggers: list[str]


class Looked(Answered):
    """Totals on the first page, null on those behind it; `cursor` continues, null on the last one."""

    totals: JsonObject | None
    known: JsonObject | None
    money: JsonObject | None
    triggers: list[dict[str, Any]] | None
    queues: list[dict[str, Any]] | None
    hours: JsonObject | None
    caveats: list[str] | None
    cases: list[Judged]
    cursor: str | None
