"""What became of a case, a ruling and a conversation, and what of it is counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from reviewqueue.engine.counting import Counts, scored, spent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

HELD: Final = frozenset({"in_the_loop", "human_only"})
SENSITIVE: Final = frozenset({"high", "critical"})
CHANGES: Final = frozenset({"edit", "reject", "respond"})
# An answer in the agent's place says nothing of what the agent had proposed.
REFUTES: Final = frozenset({"edit", "reject"})
WENT_WRONG: Final = frozenset({"failed", "reversed", "incident"})
# Whoever leaves a case open over lunch has not worked on it all the time.
_LONGEST_HANDLING: Final = 3600


@dataclass(frozen=True, slots=True)
class Place:
    """By what a figure can be split."""

    agent: str = ""
    team: str = ""
    intent: str = ""
    queue: str = ""
    channel: str = ""
    language: str = ""
    tier: str = ""
    risk: str = ""
    version: str = ""

    def parts(self) -> Iterator[tuple[str, str]]:
        """Each (by, name), and the whole."""
        yield "all", ""
        for by in PARTS:
            yield by, getattr(self, by)


PARTS: Final = ("agent", "team", "intent", "queue", "channel", "language", "tier", "risk", "version")


@dataclass(slots=True)
class CaseStory:
    """One case: ``rulings`` are what people ruled of its actions, ``past`` and ``outcome`` what history says of it."""

    place: Place
    at: datetime
    mode: str
    imported: bool = False
    past: str = ""
    outcome: str = ""
    rulings: list[str] = field(default_factory=list)
    effect_at: datetime | None = None
    taken_at: datetime | None = None
    ended_at: datetime | None = None
    written_at: datetime | None = None
    asked_again: bool = False
    stopped: bool = False
    released: bool = False
    expired_at: datetime | None = None
    went_wrong: bool = False
    contested: bool = False
    passed_on: bool = False
    told: bool = False
    triggers: tuple[str, ...] = ()

    @property
    def needed(self) -> bool | None:
        """Did it need a person? Of stored history nobody knows where it does not say who decided."""
        if self.imported:
            return True if self.past else (False if self.outcome else None)
        return self.mode in HELD or self.stopped or self.taken_at is not None or bool(self.rulings)

    @property
    def wrong(self) -> bool | None:
        """Was the proposal wrong? None while nobody knows."""
        if self.went_wrong or self.outcome in WENT_WRONG or self.past in REFUTES or REFUTES & set(self.rulings):
            return True
        return False if self.past == "approve" or "approve" in self.rulings else None

    def counts(self) -> Counts:
        """All that is counted of it, on the day on which it was proposed."""
        found: Counts = Counter(cases=1, imported=int(self.imported))
        if self.needed is not None:
            found["known"] += 1
            found["needed"] += self.needed
            found["taken"] += self.taken_at is not None
        if self.needed and not self.imported:
            self._waits(found)
        self._outcomes(found)
        if self.triggers and not self.imported:
            found.update(self.of_trigger())
        return found

    def _waits(self, found: Counts) -> None:
        answered = [moment for moment in (self.effect_at, self.written_at) if moment]
        if answered:
            spent(found, "answered", (min(answered) - self.at).total_seconds())
        until = min((moment for moment in (self.effect_at, self.taken_at, self.expired_at) if moment), default=None)
        if until:
            spent(found, "waited", (until - self.at).total_seconds())
        if self.ended_at:
            spent(found, "settled", (self.ended_at - self.at).total_seconds())
        found["expired"] += self.expired_at is not None
        found["briefed.of"] += 1
        found["briefed"] += self.told
        if self.written_at:
            found["handed"] += 1
            found["handed.kept"] += not self.asked_again

    def _outcomes(self, found: Counts) -> None:
        ruled = self.rulings or ([self.past] if self.past else [])
        if ruled:
            found["judged"] += 1
            found["false"] += set(ruled) == {"approve"}
            if not self.imported:
                found["routed"] += 1
                found["routed.right"] += not self.passed_on
        if self.released and not ruled:
            found["released"] += 1
            found["released.wrong"] += self.went_wrong or self.contested
            if self.place.risk in SENSITIVE:
                found["sensitive"] += 1
        if self.imported and self.past:
            found["ruled"] += 1
            found["overridden"] += self.past in CHANGES

    def of_trigger(self) -> Counts:
        """What is counted for each trigger that fired."""
        found: Counts = Counter(fired=1)
        if self.wrong is not None:
            found["fired.known"] += 1
            found["fired.wrong"] += self.wrong
        return found


@dataclass(frozen=True, slots=True)
class RulingStory:
    """One ruling of a person, on the day on which they ruled. ``told``: did the case say what the agent had tried?"""

    place: Place
    case: str
    person: str
    role: str
    type: str
    reason: str
    asked_at: datetime
    at: datetime
    claimed_at: datetime | None
    told: bool

    def counts(self) -> Counts:
        """Also what only the first ruling of a case carries: its times."""
        changed = self.type in CHANGES
        found: Counts = Counter(ruled=1, overridden=int(changed))
        if changed:
            found[f"why.{self.reason or 'unsaid'}"] += 1
        if self.type in {"approve", "edit"} and self.place.risk in SENSITIVE:
            found["sensitive"] += 1
            found["sensitive.person"] += 1
        return found

    def times(self) -> Counts:
        """How long the case took whoever decided it, and how long an approval took in all."""
        found: Counts = Counter(decided=1)
        if self.claimed_at:
            took = (self.at - self.claimed_at).total_seconds()
            if 0 <= took <= _LONGEST_HANDLING:
                spent(found, "handling", took)
                spent(found, "handling.told" if self.told else "handling.untold", took)
        if self.type == "approve":
            spent(found, "approval", (self.at - self.asked_at).total_seconds())
        return found


@dataclass(frozen=True, slots=True)
class TalkStory:
    """One conversation, on the day on which it ended.

    ``again``: did the customer write again? None: too early. ``told``: did its case say what the agent had tried? None:
    it has no case.
    """

    place: Place
    person: bool
    resolved: bool | None
    csat: int | None
    again: bool | None
    told: bool | None

    def counts(self) -> Counts:
        """How it ended."""
        found: Counts = Counter(talks=1)
        found["talks.alone"] += not self.person
        if self.resolved is not None:
            found["ended"] += 1
            found["ended.contained"] += self.resolved and not self.person
            if self.again is not None:
                found["first_contact.of"] += 1
                found["first_contact"] += self.resolved and not self.again
        if self.csat is not None:
            scored(found, "csat", self.csat)
            scored(found, "csat.human" if self.person else "csat.ai", self.csat)
            if self.person and self.told is not None:
                scored(found, "csat.told" if self.told else "csat.untold", self.csat)
        return found
