"""Reading a policy document: every fault is found, and each is named by its path."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from reviewqueue.engine import hidden
from reviewqueue.engine.amounts import exact
from reviewqueue.engine.canonical import pointer_to
from reviewqueue.engine.saying import Told, either, listed, say

_NAME_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at one place: an RFC 6901 pointer into the document and a sentence."""

    path: str
    words: Told | str

    @property
    def says(self) -> str:
        """The sentence in English."""
        return str(self.words)


class PolicyError(ValueError):
    """A policy that is refused; `faults` names every place that must change."""

    def __init__(self, faults: Collection[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(f"{fault.path or '/'}: {fault.says}" for fault in self.faults))


@dataclass(frozen=True, slots=True)
class Place:
    """One value of the document and where it stands. Reading it wrongly adds a fault and returns None."""

    value: Any
    path: tuple[str | int, ...] = ()
    faults: list[Fault] = field(default_factory=list)

    def fault(self, says: Told | str) -> None:
        """Record that this place is wrong."""
        self.faults.append(Fault(pointer_to(self.path), says))

    def below(self, step: str | int, value: Any) -> Place:
        """The place of a value inside this one."""
        return Place(value, (*self.path, step), self.faults)

    def mapping(self, known: Collection[str], *, required: Collection[str] = ()) -> dict[str, Place]:
        """The entries by key; unknown and missing keys are faults."""
        if not isinstance(self.value, Mapping):
            self.fault(say("must be a mapping of keys to values"))
            return {}
        for key in self.value:
            if key not in known:
                self.below(str(key), None).fault(
                    say("there is no such key here; %(hint)s", hint=meant(str(key), known))
                )
        for key in required:
            if key not in self.value:
                self.fault(say("the key %(key)s is missing", key=key))
        return {key: self.below(key, value) for key, value in self.value.items() if key in known}

    def items(self, *, most: int) -> Iterator[Place]:
        """The places of a list."""
        if not isinstance(self.value, list | tuple):
            self.fault(say("must be a list"))
        elif len(self.value) > most:
            self.fault(say("must have at most %(most)s entries", most=most))
        else:
            yield from (self.below(index, value) for index, value in enumerate(self.value))

    def word(self, *, longest: int = _NAME_LENGTH) -> str | None:
        """A text that is not empty."""
        if not isinstance(self.value, str) or not self.value.strip():
            self.fault(say("must be a text that is not empty"))
        elif len(self.value) > longest:
            self.fault(say("must be at most %(most)s characters long", most=longest))
        elif hidden.count(self.value):
            self.fault(say("must not hold invisible characters"))
        else:
            return self.value
        return None

    def words(self, *, most: int, longest: int = _NAME_LENGTH) -> list[str] | None:
        """A list of texts with at least one entry; a single text stands for a list of one."""
        if isinstance(self.value, str):
            places = [self]
        else:
            places = list(self.items(most=most))
            if isinstance(self.value, list | tuple) and not self.value:
                self.fault(say("must have at least one entry"))
        return [word for place in places if (word := place.word(longest=longest)) is not None] or None

    def choice(self, options: Collection[str]) -> str | None:
        """One of the given words."""
        if isinstance(self.value, str) and self.value in options:
            return self.value
        self.fault(say("must be one of %(words)s", words=either(options)))
        return None

    def whole(self, low: int, high: int) -> int | None:
        """A whole number within bounds, both included."""
        if isinstance(self.value, int) and not isinstance(self.value, bool) and low <= self.value <= high:
            return self.value
        self.fault(say("must be a whole number from %(low)s to %(high)s", low=low, high=high))
        return None

    def number(self) -> Decimal | None:
        """A finite number; a text that states one will do."""
        number = exact(self.value)
        if number is None:
            self.fault(say("must be a number"))
        return number

    def flag(self) -> bool | None:
        """True or false."""
        if isinstance(self.value, bool):
            return self.value
        self.fault(say("must be true or false"))
        return None


def meant(name: str, known: Collection[str]) -> Told:
    """The second half of a sentence about a name that does not exist: the nearest one, or all of them."""
    near = difflib.get_close_matches(name, list(known), n=1)
    if near:
        return say("did you mean %(name)s?", name=near[0])
    return say("known are %(names)s", names=listed(sorted(known)))
