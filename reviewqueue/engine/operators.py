"""The operators: each asks one question of one known value and can say the answer in words."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from reviewqueue.engine.amounts import exact, plain
from reviewqueue.engine.patterns import Patterns
from reviewqueue.engine.wording import folded, listed, quoted

Order = Callable[[Any, Any], bool]
_MOST_TOLD = 12  # a sentence with more words is no sentence
_LABEL_LENGTH = 200  # what is longer is no label, and not kept in memory
# What it compares, how a sentence says so, and what the rule would need instead of an unknown value.
ORDERS: dict[str, tuple[Order, str, str]] = {
    "over": (operator.gt, "over", "allows at most"),
    "at_least": (operator.ge, "at least", "allows only less than"),
    "under": (operator.lt, "under", "needs at least"),
    "at_most": (operator.le, "at most", "needs more than"),
}


class Seen(NamedTuple):
    """A known value: to compare, to read in a sentence, and to record."""

    value: Any
    text: str
    observed: str


class Operator(Protocol):
    """One question. `holds` is None when the value is of a kind that the question cannot be asked of."""

    @property
    def threshold(self) -> str: ...

    def holds(self, value: Any) -> bool | None: ...

    def phrase(self, *, holds: bool) -> str: ...

    def wants(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Compare:
    """`over`, `at_least`, `under`, `at_most`: exact, against numbers, money or dates."""

    name: str
    limit: Decimal | date
    text: str
    threshold: str
    order: Order = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "order", ORDERS[self.name][0])

    def holds(self, value: Any) -> bool | None:
        return self.order(value, self.limit)

    def phrase(self, *, holds: bool) -> str:
        return f"is {'' if holds else 'not '}{ORDERS[self.name][1]} {self.text}"

    def wants(self) -> str:
        return f"the rule {ORDERS[self.name][2]} {self.text}"


@dataclass(frozen=True, slots=True)
class Among:
    """`is` and `in`: one of some words, numbers, or yes or no."""

    words: tuple[str | bool | int | float, ...]
    flags: frozenset[bool] = field(init=False, compare=False, repr=False)
    numbers: frozenset[Decimal] = field(init=False, compare=False, repr=False)
    labels: frozenset[str] = field(init=False, compare=False, repr=False)
    texts: frozenset[str] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        others = [(word, exact(word)) for word in self.words if not isinstance(word, bool)]
        sorted_out = {
            "flags": frozenset(word for word in self.words if isinstance(word, bool)),
            "numbers": frozenset(number for _, number in others if number is not None),
            "labels": frozenset(folded(str(word)) for word, number in others if number is None),
            "texts": frozenset(folded(str(word)) for word, _ in others),
        }
        for name, words in sorted_out.items():
            object.__setattr__(self, name, words)

    @property
    def threshold(self) -> str:
        return ", ".join(_shown(word) for word in self.words)

    def holds(self, value: Any) -> bool | None:
        if isinstance(value, dict | list):
            return None
        if isinstance(value, bool):
            return value in self.flags
        # A number equals numbers by its value, and anything else by how it is written.
        number, text = _compared(value)
        if number is None:
            return text in self.texts
        return number in self.numbers or text in self.labels

    def phrase(self, *, holds: bool) -> str:
        if len(self.words) > _MOST_TOLD:
            return f"is {'' if holds else 'not '}one of the {len(self.words)} that the rule names"
        shown = listed([_shown(word) for word in self.words])
        if len(self.words) == 1:
            return f"is {'' if holds else 'not '}{shown}"
        return f"is {'' if holds else 'not '}one of {shown}"

    def wants(self) -> str:
        return f"the rule asks whether it {self.phrase(holds=True)}"


@dataclass(frozen=True, slots=True)
class HasAny:
    """`has_any`: a list that shares a word with these."""

    words: tuple[str, ...]
    labels: frozenset[str] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", frozenset(map(folded, self.words)))

    @property
    def threshold(self) -> str:
        return ", ".join(self.words)

    def holds(self, value: Any) -> bool | None:
        return value != [] and bool(self.shared(value))

    def shared(self, value: Any) -> list[str]:
        """The words found, as they were sent."""
        found = value if isinstance(value, list) else [value]
        return [str(word) for word in found if _compared(word)[1] in self.labels]

    def phrase(self, *, holds: bool) -> str:
        return f"{'include' if holds else 'do not include'} {' or '.join(map(quoted, self.words))}"

    def wants(self) -> str:
        return f"the rule asks whether they {self.phrase(holds=True)}"


@dataclass(frozen=True, slots=True)
class Matches:
    """`matches_any`: text in which one of some patterns is found."""

    patterns: Patterns

    @property
    def threshold(self) -> str:
        return " | ".join(self.patterns.sources)

    def holds(self, value: Any) -> bool | None:
        if isinstance(value, list):
            value = "\n".join(part for part in value if isinstance(part, str))
        if not isinstance(value, str):
            return None
        # Agents have few intents and actions, and propose them again and again.
        return (
            _found_in_label(self.patterns.program, value) if len(value) <= _LABEL_LENGTH else self.patterns.found(value)
        )

    def phrase(self, *, holds: bool) -> str:
        return "matches a pattern of the rule" if holds else "matches no pattern of the rule"

    def wants(self) -> str:
        return "the rule looks for patterns in it"


def _compared(value: Any) -> tuple[Decimal | None, str]:
    """As a number, when it is one, and as a label."""
    if isinstance(value, str) and len(value) <= _LABEL_LENGTH:
        return _compared_label(value)
    return exact(value), folded(_plain_text(value))


@lru_cache(maxsize=4096)
def _compared_label(word: str) -> tuple[Decimal | None, str]:
    return exact(word), folded(word)


@lru_cache(maxsize=4096)
def _found_in_label(program: Any, label: str) -> bool:
    return program.search(label) is not None


def _plain_text(value: Any) -> str:
    number = None if isinstance(value, str) else exact(value)
    return str(value) if number is None else plain(number)


def _shown(word: str | float) -> str:
    if isinstance(word, str):
        return quoted(word)
    return str(word).lower() if isinstance(word, bool) else str(word)
