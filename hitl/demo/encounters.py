"""One encounter of a customer with an agent: everything about it follows from scenario, number and moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from hitl.demo.casting import Cast, cast
from hitl.demo.knowledge import ARTICLES
from hitl.demo.scenarios.script import Act, Argument, Scenario
from hitl.demo.tools import TOOLS
from hitl_client import Message, Proposal

# Which software each agent runs; versions change from time to time, as they do.
VERSIONS: Final[dict[str, tuple[dict[str, str], ...]]] = {
    "wren-chat": (
        {"version": "2026.11.3", "model": "lark-3-large", "prompt": "chat-41", "knowledge": "kb-2026-11-18"},
        {"version": "2026.11.2", "model": "lark-3-large", "prompt": "chat-40", "knowledge": "kb-2026-11-18"},
    ),
    "wren-orders": ({"version": "5.2.0", "model": "plover-2", "prompt": "orders-17", "knowledge": "kb-2026-11-11"},),
    "wren-voice": ({"version": "0.9.4", "model": "lark-3-mini", "prompt": "voice-8", "knowledge": "kb-2026-11-18"},),
}
# How long the desk may take before the agent's question is void.
EXPIRES_SECONDS: Final = 2 * 3600
_SHAKE: Final = 0.03


@dataclass(frozen=True, slots=True)
class Encounter:
    """A scenario with its number and the moment at which it began. `supersedes`: the case that it now replaces."""

    scenario: Scenario
    number: int
    began_at: datetime
    supersedes: str = ""
    _cast: Cast = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Draw the cast, always from the same seed."""
        chance = Random(f"{self.scenario.name}:{self.number}")  # noqa: S311 - it invents people, it guards nothing
        object.__setattr__(self, "_cast", cast(self.scenario, self.number, chance, self.began_at))

    @property
    def words(self) -> Mapping[str, str]:
        """What the templates of the scenario are filled with."""
        return self._cast.words

    @property
    def conversation(self) -> str:
        """The id of the conversation; the moment in it keeps apart two demos that both begin with number one."""
        return f"conv_{self.number}_{self.began_at:%m%d%H%M%S}"

    @property
    def customer(self) -> Mapping[str, Any]:
        """The customer as the proposal names them."""
        return self._cast.customer

    def said(self, template: str) -> str:
        """A text of the scenario with its blanks filled in."""
        return template.format_map(self._cast.words)

    def arguments(self, args: Mapping[str, Argument]) -> dict[str, Argument]:
        """The arguments of an action with their blanks filled in."""
        return {name: self.said(value) if isinstance(value, str) else value for name, value in args.items()}

    @property
    def acts(self) -> tuple[Act, ...]:
        """What is proposed now: after a change of mind, the correction."""
        return self.scenario.correction if self.supersedes else self.scenario.acts

    def proposal(self) -> Proposal:
        """The proposal in the words of the wire; equal each time it is asked for."""
        scenario = self.scenario
        said = self.said
        dice = Random(f"{scenario.name}:{self.number}:proposal")  # noqa: S311 - as above
        document = {
            "dedupe_key": f"{self.conversation}:{'corrected' if self.supersedes else 'first'}",
            "agent": dice.choice(VERSIONS[scenario.agent]),
            "intent": scenario.intent,
            "workflow": scenario.workflow,
            "language": scenario.language,
            "conversation": {
                "id": self.conversation,
                "channel": scenario.channel,
                "messages": self._messages(dice),
            },
            "customer": self.customer,
            "actions": [self._action(position, act) for position, act in enumerate(self.acts, start=1)],
            "release": scenario.release,
            "briefing": {
                "issue": said(scenario.issue),
                "summary": said(scenario.summary),
                "attempted": [said(attempt) for attempt in scenario.attempted],
                "recommendation": said(scenario.recommendation),
                "missing": list(scenario.missing),
            },
            "signals": self._signals(dice),
            "sources": [_source(name, dice) for name in scenario.sources],
            "expires_in": EXPIRES_SECONDS,
            "resume": {"encounter": self.number},
            "supersedes": self.supersedes or None,
        }
        return Proposal.model_validate(document)

    def messages(self) -> list[Message]:
        """The conversation for the live feed, equal each time it is asked for."""
        dice = Random(f"{self.scenario.name}:{self.number}:talk")  # noqa: S311 - as above
        return [Message.model_validate(message) for message in self._messages(dice)]

    def _messages(self, dice: Random) -> list[dict[str, Any]]:
        talk = self.scenario.talk
        moment = self.began_at
        messages: list[dict[str, Any]] = []
        for seq, line in reversed(list(enumerate(talk, start=1))):
            moment -= timedelta(seconds=round(self.scenario.seconds_between * dice.uniform(0.5, 1.4)))
            message: dict[str, Any] = {"seq": seq, "role": line.role, "text": self.said(line.text), "at": moment}
            if line.feeling is not None:
                message["sentiment"] = _shaken(line.feeling, dice, -1)
            messages.insert(0, message)
        return messages

    def _action(self, position: int, act: Act) -> dict[str, Any]:
        tool = TOOLS[act.name]
        action = {
            "call_id": f"call_{position}",
            "kind": act.kind,
            "name": act.name,
            "args": self.arguments(act.args),
            "args_schema": tool.schema,
            "description": tool.does,
            "reversible": tool.reversible,
        }
        if act.worth is not None:
            action["value"] = {"amount": self.said(act.worth[0]), "currency": act.worth[1]}
        return action

    def _signals(self, dice: Random) -> dict[str, Any]:
        scenario = self.scenario
        feelings = [line.feeling for line in scenario.talk if line.feeling is not None]
        return {
            "confidence": None if scenario.confidence is None else _shaken(scenario.confidence, dice, 0),
            "sentiment": feelings[-1] if feelings else None,
            "topics": list(scenario.topics),
            "risk_flags": list(scenario.risk_flags),
            "discount_percent": scenario.discount,
        }


def _shaken(value: float, dice: Random, least: float) -> float:
    """A measured value is never twice the same."""
    return round(min(1.0, max(least, value + dice.uniform(-_SHAKE, _SHAKE))), 2)


def _source(name: str, dice: Random) -> dict[str, Any]:
    article = ARTICLES[name]
    return {
        "id": name,
        "title": article.title,
        "url": f"https://help.wrenfold.example/{name}",
        "text": article.text,
        "score": round(dice.uniform(0.62, 0.97), 2),
    }
