"""Patterns that people type: RE2 only, which takes time in proportion to the text whatever the pattern is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import re2

MAX_LENGTH = 1000
# RE2 is linear, but a compiled pattern of n steps can cost n steps a letter. This keeps the worst near 0.1 s a 100 kB.
MAX_STEPS = 600
MAX_STEPS_TOGETHER = 6000
# A text longer than this can make a sieve slower than its parts.
MAX_SIEVED = 20_000
_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
_OPTIONS.max_mem = 8 << 20


class PatternError(ValueError):
    """A pattern that is not accepted; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Patterns:
    """Several patterns, any of which may match."""

    sources: tuple[str, ...]
    program: Any = field(compare=False, repr=False)

    def found(self, text: str) -> bool:
        """Whether one of them matches; all are tried in one pass."""
        return self.program.search(text) is not None

    def cover(self, text: str) -> bool:
        """Whether one of them matches the whole text."""
        return self.program.fullmatch(text) is not None

    def first(self, text: str) -> str:
        """The piece of text that the first matching pattern finds; empty when none does."""
        if not self.found(text):
            return ""
        matches = (compiled(source).search(text) for source in self.sources)
        return str(next(match.group() for match in matches if match))


def united(*sources: str) -> Patterns:
    """Patterns that can be tried in one pass. Raises `PatternError` when together they are too large or clash."""
    try:
        program = _united(sources)
    except re2.error as error:
        raise PatternError(f"cannot be tried together: {_complaint(error)}") from error
    if (steps := program.programsize) > MAX_STEPS_TOGETHER:
        raise PatternError(f"take {steps} steps a letter together, more than {MAX_STEPS_TOGETHER}; use several rules")
    return Patterns(sources, program)


@dataclass(frozen=True, slots=True)
class Sieve:
    """One look at a text for the patterns of many rules: where it finds nothing, none of them does."""

    program: Any

    def keeps(self, text: str) -> bool:
        """Whether one of them may match."""
        return self.program is None or len(text) > MAX_SIEVED or self.program.search(text) is not None


def sieve(sources: Iterable[str]) -> Sieve:
    """A sieve of accepted patterns; one that keeps everything when they are too large to be tried together."""
    try:
        return Sieve(_united(tuple(dict.fromkeys(sources))))
    except re2.error:
        return Sieve(None)


@lru_cache(maxsize=512)
def _united(sources: tuple[str, ...]) -> Any:
    return re2.compile("|".join(f"(?:{source})" for source in sources), _OPTIONS)


def _complaint(error: Exception) -> str:
    said = error.args[0]
    return said.decode() if isinstance(said, bytes) else str(said)


@lru_cache(maxsize=1024)
def compiled(source: str) -> Any:
    """Compile one pattern. Raises `PatternError`."""
    if len(source) > MAX_LENGTH:
        raise PatternError(f"a pattern has at most {MAX_LENGTH} characters")
    try:
        pattern = re2.compile(source, _OPTIONS)
    except re2.error as error:
        raise PatternError(f"is no pattern: {_complaint(error)}") from error
    if pattern.programsize > MAX_STEPS:
        raise PatternError(
            f"takes {pattern.programsize} steps a letter, more than {MAX_STEPS}; use shorter repetitions, or several"
            " patterns, and [^\\wäöüß] instead of \\PL"
        )
    return pattern
