"""Where a rule applies: by agent, intent, workflow, channel, language, team, segment, tier, kind, action and risk."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reviewqueue.engine.patterns import PatternError, Patterns, united
from reviewqueue.engine.wording import folded, listed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reviewqueue.engine.faults import Place
    from reviewqueue.engine.view import View

KEYS = (
    "agent",
    "intent",
    "workflow",
    "channel",
    "language",
    "team",
    "segment",
    "tier",
    "kind",
    "action",
    "risk",
)
_OF_ACTION = frozenset({"kind", "action", "risk"})
# All actions of a proposal share these.
OF_CASE = tuple(key for key in KEYS if key not in _OF_ACTION)
_MAX_GLOBS = 500
# What is remembered of one policy stays small whatever agents send.
_MOST_LABELS = 1000
_LONGEST_LABELS = 500
_WILD = re.compile(r"[*?]")


@dataclass(frozen=True, slots=True)
class Globs:
    """Names with `*` for any letters and `?` for one. A value that is absent is matched by `*` alone."""

    names: frozenset[str]
    patterns: Patterns | None

    def match(self, value: str | None) -> bool:
        """Whether one of them matches a folded value."""
        if "*" in self.names:
            return True
        if value is None:
            return False
        return value in self.names or (self.patterns is not None and self.patterns.cover(value))


@dataclass(frozen=True, slots=True)
class Scope:
    """What every key must match; an empty scope is everywhere."""

    globs: tuple[tuple[str, Globs], ...] = ()

    @property
    def of_action(self) -> bool:
        """Whether it may differ from action to action."""
        return any(key in _OF_ACTION for key, _ in self.globs)

    def covers(self, view: View) -> bool:
        """Whether the rule applies to this action."""
        return all(globs.match(view.scoped(key)) for key, globs in self.globs)

    def described(self, view: View) -> str:
        """What it matched, for a rule that asks nothing else: `action delete_account`, `every proposal`."""
        told = [f"{key} {view.scoped(key) or 'unknown'}" for key, _ in self.globs]
        return listed(told) if told else "every proposal"


@dataclass(frozen=True, slots=True)
class Reach:
    """Which rules apply where, remembered: agents have few intents and actions, and propose them again and again."""

    keys: tuple[str, ...]
    known: dict[tuple[str | None, ...], dict[int, bool]] = field(default_factory=dict)

    def at(self, view: View) -> dict[int, bool]:
        """What is known of actions with such labels, by the rule's position; the caller adds what it finds out."""
        labels = tuple(map(view.scoped, self.keys))
        if labels not in self.known and sum(map(len, filter(None, labels))) <= _LONGEST_LABELS:
            if len(self.known) >= _MOST_LABELS:
                self.known.clear()
            self.known[labels] = {}
        return self.known.get(labels, {})


def reach(scopes: Iterable[Scope]) -> Reach:
    """An empty memory for rules with these scopes."""
    return Reach(tuple(sorted({key for each in scopes for key, _ in each.globs})))


def scope(place: Place, *, risk: bool = True, keys: tuple[str, ...] = KEYS) -> Scope:
    """Read a `match`; its faults are noted at their places."""
    known = keys if risk else tuple(key for key in keys if key != "risk")
    read = ((key, _globs(entry)) for key, entry in place.mapping(known).items())
    return Scope(tuple((key, globs) for key, globs in read if globs is not None))


def globs(words: Iterable[str]) -> Globs:
    """These names; raises ``PatternError`` when they are too many or too long."""
    names = {folded(word) for word in words}
    wild = {name for name in names if _WILD.search(name) and name != "*"}
    patterns = united(*(f"(?s:{_pattern(glob)})" for glob in sorted(wild))) if wild else None
    return Globs(frozenset(names - wild), patterns)


def _globs(place: Place) -> Globs | None:
    words = place.words(most=_MAX_GLOBS)
    try:
        return None if words is None else globs(words)
    except PatternError as error:
        place.fault(str(error))
        return Globs(frozenset(), None)


def _pattern(glob: str) -> str:
    return "".join(".*" if char == "*" else "." if char == "?" else re.escape(char) for char in glob)
