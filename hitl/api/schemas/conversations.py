"""The live feed of conversations, and what people wrote in them."""

from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from hitl.api.schemas.answers import Case, Time
from hitl.api.schemas.base import Answered, Moment, Sent
from hitl.api.schemas.proposals import MOST_MESSAGES, Customer, Message, Signals


class Feed(Sent):
    """New messages, or the whole history: what is known by its ``seq`` stays as it was told first.

    Messages without ``seq`` are put behind all that is known. ``draft``: what the agent would say next; whoever holds
    the conversation sees it as an offer.
    """

    messages: Annotated[list[Message], Field(max_length=MOST_MESSAGES)] = []
    customer: Customer | None = None
    signals: Signals | None = None
    channel: Annotated[str, Field(max_length=40)] | None = None
    language: Annotated[str, Field(max_length=35)] | None = None
    draft: Annotated[str, Field(max_length=10_000)] | None = None

    @model_validator(mode="after")
    def _each_place_once(self) -> Self:
        places = [message.seq for message in self.messages if message.seq is not None]
        if len(set(places)) != len(places):
            twice = next(seq for n, seq in enumerate(places) if seq in places[:n])
            raise ValueError(f"Two messages have the place {twice}; give each its own seq, or none.")
        if places and len(places) != len(self.messages):
            raise ValueError("Give every message its seq, or none of them.")
        return self


class Close(Sent):
    """How it ended, as far as it is known: ``csat`` from 1 to 5 may come later."""

    resolved: bool | None = None
    csat: Annotated[int, Field(ge=1, le=5)] | None = None
    closed_at: Moment | None = None


ENDED: Final = Close()


class Control(Answered):
    """Who speaks with the customer. With ``human`` the agent must not write to them; it delivers the outbox.

    ``case``: what calls for a person, or has brought one. ``customer_message``: what to tell the customer meanwhile.
    """

    control: Literal["agent", "human"]
    case: Case | None
    customer_message: str | None


class OutboxMessage(Answered):
    """What a person wrote for the customer: deliver it once, then acknowledge it."""

    id: str
    text: str
    by: str
    at: Time


class HandedBack(Answered):
    """What the person who gave control back told the agent."""

    text: str
    by: str
    at: Time


class ConversationNow(Answered):
    """A conversation as it stands; ``outbox`` holds what is not delivered yet, oldest first."""

    id: str
    control: Literal["agent", "human"]
    case_id: str | None
    outbox: list[OutboxMessage]
    note: HandedBack | None
    closed_at: Time | None
    resolved: bool | None
    csat: int | None
    version: int


class Delivered(Answered):
    """Since when the message is known to be with the customer."""

    id: str
    delivered_at: Time
