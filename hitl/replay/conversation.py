"""What every format of transcript is read into."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Any, Literal

Role = Literal["customer", "agent", "tool", "human"]
Slot = tuple[int, int]

READS = ("get_*", "find_*", "list_*", "search_*", "lookup_*", "read_*", "calculate", "think")
EXACT = 2**53 - 1


class Unreadable(ValueError):  # noqa: N818 - it is said about a line, and reported beside what could be read
    """The line is no conversation; the message says why."""


@dataclass(frozen=True, slots=True)
class Value:
    """The money that a call moves, in the currency's own units."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call of a tool. Call ids repeat inside real conversations; `slot` (message, place in it) does not."""

    seq: int
    index: int
    call_id: str
    name: str
    arguments: dict[str, Any]
    write: bool = False
    value: Value | None = None
    sections: tuple[str, ...] = ()

    @property
    def slot(self) -> Slot:
        return (self.seq, self.index)


@dataclass(frozen=True, slots=True)
class Turn:
    """One message. A tool's turn says which call it `answers`."""

    seq: int
    role: Role
    text: str
    calls: tuple[ToolCall, ...] = ()
    answers: Slot | None = None
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class Conversation:
    """One conversation, in order."""

    id: str
    turns: tuple[Turn, ...]
    channel: str | None = None
    customer_id: str | None = None
    agent: str | None = None

    @property
    def writes(self) -> tuple[ToolCall, ...]:
        return tuple(call for turn in self.turns for call in turn.calls if call.write)

    def result_of(self, call: ToolCall) -> Turn | None:
        """The recorded answer to a call; None when the recording ends before it."""
        return next((turn for turn in self.turns if turn.answers == call.slot), None)


def is_write(name: str, writes: Sequence[str]) -> bool:
    """A call is a write when a glob says so; without globs, when it does not look like a read."""
    if writes:
        return _any_match(name, writes)
    return not _any_match(name, READS)


class OpenCalls:
    """Which call a tool's message answers, though ids repeat: the newest message's first open call with that id."""

    def __init__(self) -> None:
        self._open: list[ToolCall] = []

    def add(self, calls: Iterable[ToolCall]) -> None:
        self._open.extend(calls)

    def answered_by(self, call_id: str | None) -> Slot | None:
        fitting = [call for call in self._open if call_id is None or call.call_id == call_id]
        if not fitting:
            return None
        newest = max(call.seq for call in fitting)
        answered = next(call for call in fitting if call.seq == newest)
        self._open.remove(answered)
        return answered.slot


def fit(value: Any) -> Any:
    """Make a recorded value fit to travel: the wire has no NUL, no half characters and no inexact numbers."""
    if isinstance(value, str):
        return value.replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()
    if isinstance(value, dict):
        return {fit(str(key)): fit(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [fit(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, int) and abs(value) > EXACT:
        return str(value)
    return value


def _any_match(name: str, globs: Sequence[str]) -> bool:
    return any(fnmatchcase(name, glob) for glob in globs)
