"""What an agent is there for: its written scope, and the triggers that it comes to.

An intent that the scope does not name goes to a person, so that a new one is met by a decision and not by default.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from reviewqueue.engine.readings import calendar_day
from reviewqueue.engine.rulebook import slug
from reviewqueue.engine.saying import say
from reviewqueue.engine.wording import folded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewqueue.engine.faults import Place

CATEGORY = "scope"
MAX_INTENTS = 500
MAX_AGENTS = 50
_KEYS = ("agent", "owner", "review_by", "authorised", "always_human", "by_confidence", "queue", "note")
_LISTS = ("authorised", "always_human")


@dataclass(frozen=True, slots=True)
class ByConfidence:
    """Intents that the agent may handle when it is sure enough."""

    intents: tuple[str, ...]
    at_least: float | int | str


@dataclass(frozen=True, slots=True)
class Mandate:
    """The written scope of some agents. ``owner`` is a person's name at the desk, ``review_by`` when to look again."""

    agents: tuple[str, ...]
    owner: str
    review_by: date
    authorised: tuple[str, ...]
    always_human: tuple[str, ...]
    by_confidence: tuple[ByConfidence, ...]
    queue: str | None = None

    @property
    def intents(self) -> tuple[str, ...]:
        """Every intent that it names."""
        by_confidence = (intent for one in self.by_confidence for intent in one.intents)
        return tuple(dict.fromkeys((*self.authorised, *self.always_human, *by_confidence)))

    def rules(self) -> Iterator[dict[str, Any]]:
        """The triggers that it comes to, as a policy file would write them."""
        named = f"scope of {self.agents[0]}" + (f" and {len(self.agents) - 1} more" if self.agents[1:] else "")
        where: dict[str, Any] = {"agent": list(self.agents)}
        route = {"queue": self.queue} if self.queue else {}
        shared = {"category": CATEGORY, **route}
        known = {"fact": "intent", "in": list(self.intents), "if_unknown": "fire"}
        yield {"name": f"{named}: other intents", "match": where, "when": {"not": known}, "outcome": "review", **shared}
        if self.always_human:
            asked = {"match": where | {"intent": list(self.always_human)}}
            yield {"name": f"{named}: always a person", **asked, "outcome": "handoff", **shared}
        for number, one in enumerate(self.by_confidence, 1):
            sure: dict[str, Any] = {"fact": "signals.confidence", "under": one.at_least, "if_unknown": "fire"}
            asked = {"match": where | {"intent": list(one.intents)}}
            yield {"name": f"{named}: by confidence {number}", **asked, "when": sure, "outcome": "review", **shared}


def mandate(place: Place) -> Mandate | None:
    """The scope at this place; None when it has faults, which the place has noted."""
    before = len(place.faults)
    entries = place.mapping(_KEYS, required=("agent", "owner", "review_by"))
    agents = _names(entries["agent"], most=MAX_AGENTS) if "agent" in entries else ()
    if entries.get("agent") and not agents and len(place.faults) == before:
        entries["agent"].fault(say("must name at least one agent"))
    owner = entries["owner"].word() if "owner" in entries else None
    review_by = _day(entries["review_by"]) if "review_by" in entries else None
    lists = {key: _names(entries[key], most=MAX_INTENTS) if key in entries else () for key in _LISTS}
    by_confidence = _by_confidence(entries["by_confidence"]) if "by_confidence" in entries else ()
    queue = slug(entries["queue"]) if "queue" in entries else None
    if "note" in entries:
        entries["note"].word(longest=2000)
    _named_once(
        place, [*lists["authorised"], *lists["always_human"], *(i for one in by_confidence for i in one.intents)]
    )
    if len(place.faults) > before or review_by is None or not agents:
        return None
    return Mandate(agents, owner or "", review_by, **lists, by_confidence=by_confidence, queue=queue)


def _named_once(place: Place, intents: list[str]) -> None:
    seen: set[str] = set()
    if not intents and isinstance(place.value, dict):
        place.fault(say("names no intent; an agent that may do nothing needs at least one that is always_human"))
    for intent in intents:
        if folded(intent) in seen:
            place.fault(say("names the intent %(intent)s twice; each has one place", intent=intent))
        seen.add(folded(intent))


def _by_confidence(place: Place) -> tuple[ByConfidence, ...]:
    found = []
    for one in place.items(most=50):
        entries = one.mapping(("intent", "at_least"), required=("intent", "at_least"))
        intents = _names(entries["intent"], most=MAX_INTENTS) if "intent" in entries else ()
        limit = entries["at_least"].number() if "at_least" in entries else None
        if limit is not None and not 0 <= limit <= 1:
            entries["at_least"].fault(say("must be a share between 0 and 1: write 0.8 for 80 %"))
        if intents and limit is not None:
            found.append(ByConfidence(intents, entries["at_least"].value))
    return tuple(found)


def _names(place: Place, *, most: int) -> tuple[str, ...]:
    if place.value == []:
        return ()
    words = place.words(most=most) or []
    for word in words:
        if "*" in word or "?" in word:
            place.fault(say("%(word)s is a pattern; a scope names each agent and each intent", word=word))
    return tuple(words)


def _day(place: Place) -> date | None:
    day = calendar_day(place.value)
    if day is None:
        place.fault(say("must be a date such as 2027-01-31"))
    return day
