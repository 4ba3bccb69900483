"""The words in which a scenario is written: who says what, what the agent then wants to do, and how people rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Role = Literal["customer", "agent", "tool"]
Mode = Literal["out_of_the_loop", "on_the_loop", "in_the_loop", "human_only"]
Way = Literal["approve", "edit", "reject", "respond", "ask", "take_over"]
Ending = Literal["wait", "withdraw", "correct"]
# Texts are templates: `{order}`, `{amount}` and the rest are filled in by `hitl.demo.casting`.
Argument: TypeAlias = "str | int | bool"

_TAGS: Final = 0xE0000


@dataclass(frozen=True, slots=True)
class Said:
    """One message; `feeling` runs from -1 to 1."""

    role: Role
    text: str
    feeling: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One action of a proposal. `worth` is an amount and its currency, both as templates."""

    name: str
    args: Mapping[str, Argument]
    worth: tuple[str, str] | None = None
    kind: Literal["tool_call", "reply", "handoff"] = "tool_call"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """How a colleague deals with the case. `changes`: position of an action → the arguments that an edit replaces."""

    way: Way
    says: str = ""
    reason: str = ""
    changes: Mapping[int, Mapping[str, Argument]] | None = None


@dataclass(frozen=True, slots=True)
class Intended:
    """What the demo's policy must make of the proposal."""

    mode: Mode
    queue: str = "routine"
    eyes: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One kind of encounter. `amount`: bounds of the sum that is drawn, in whole units of `currency`."""

    name: str
    agent: str
    intent: str
    workflow: str
    talk: tuple[Said, ...]
    acts: tuple[Act, ...]
    issue: str
    intended: Intended
    summary: str = ""
    attempted: tuple[str, ...] = ()
    recommendation: str = ""
    missing: tuple[str, ...] = ()
    channel: Literal["chat", "email", "voice"] = "chat"
    language: Literal["en", "de"] = "en"
    customer: Literal["new", "regular", "gold", "longstanding", "business"] = "regular"
    amount: tuple[int, int] = (20, 60)
    currency: str = "EUR"
    confidence: float | None = 0.88
    topics: tuple[str, ...] = ()
    risk_flags: tuple[str, ...] = ()
    discount: int | None = None
    sources: tuple[str, ...] = ()
    release: Literal["together", "each"] = "together"
    rulings: tuple[Ruling, ...] = ()
    answers: tuple[str, ...] = ()
    ending: Ending = "wait"
    takes_back: str = ""
    correction: tuple[Act, ...] = ()
    seconds_between: int = 40
    weight: int = 2
    # Told line by line on the live feed; the desk itself calls a person, and nothing is proposed.
    live: bool = False

    @property
    def harmless(self) -> bool:
        """True when no person needs to look before it happens."""
        return self.intended.mode in {"out_of_the_loop", "on_the_loop"}


def customer(text: str, feeling: float = 0.0) -> Said:
    """What the customer writes."""
    return Said("customer", text, feeling)


def agent(text: str) -> Said:
    """What the AI agent wrote before it stopped to ask."""
    return Said("agent", text)


def tool(text: str) -> Said:
    """What a look into the shop's systems gave."""
    return Said("tool", text)


def call(name: str, worth: tuple[str, str] | None = None, **args: Argument) -> Act:
    """A change in the shop's systems."""
    return Act(name=name, args=args, worth=worth)


def reply(text: str) -> Act:
    """A drafted answer to the customer."""
    return Act(name="send_reply", args={"text": text}, kind="reply")


def hand_over(team: str, note: str) -> Act:
    """The agent wants a person to go on."""
    return Act(name="hand_over", args={"team": team, "note": note}, kind="handoff")


def approve(says: str = "") -> Ruling:
    """Everything as proposed."""
    return Ruling(way="approve", says=says)


def edit(says: str, reason: str, changes: Mapping[int, Mapping[str, Argument]]) -> Ruling:
    """Some arguments are replaced, the rest is approved."""
    return Ruling(way="edit", says=says, reason=reason, changes=changes)


def reject(says: str, reason: str) -> Ruling:
    """Nothing of it happens."""
    return Ruling(way="reject", says=says, reason=reason)


def respond(says: str) -> Ruling:
    """A person's words stand in for the result."""
    return Ruling(way="respond", says=says)


def ask(says: str) -> Ruling:
    """The agent is asked something first."""
    return Ruling(way="ask", says=says)


def take_over(says: str) -> Ruling:
    """A person goes on with the conversation."""
    return Ruling(way="take_over", says=says)


def smuggled(text: str) -> str:
    """Invisible tag characters that a model reads and a person does not see."""
    return "".join(chr(_TAGS + ord(char)) for char in text)
