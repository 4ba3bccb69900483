"""Pauses and stops on the reviewers' wire."""

from typing import Annotated, Literal

from pydantic import Field

from hitl.api.schemas.answers import Time
from hitl.api.schemas.base import Answered, Sent
from hitl.api.schemas.reviews import Colleague

Of = Literal["agent", "intent", "action", "everything"]
Why = Annotated[str, Field(min_length=1, max_length=2_000)]


class PauseWish(Sent):
    """What to pause and why; ``everything`` has no name."""

    of: Of
    name: Annotated[str, Field(max_length=100, examples=["refund*"])] = ""
    reason: Why


class ResumeWish(Sent):
    """Why it may go on."""

    reason: Why


class Stop(Sent):
    """Why the release was stopped."""

    reason: Annotated[str, Field(max_length=2_000)] = ""


class Pause(Answered):
    """A brake; ``paused_by`` is null when a budget put it on by itself."""

    id: str
    of: Of
    name: str | None
    reason: str
    paused_by: Colleague | None
    paused_at: Time
    resumed_at: Time | None


class Pauses(Answered):
    """What is paused now, newest first."""

    pauses: list[Pause]
