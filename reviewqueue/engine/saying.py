"""Sentences before they are in a language: a template in English, and what stands in it.

``str`` gives the English of files and commands; whoever shows it to a reader gives their ``Tongue``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Tongue(Protocol):
    """A language: its templates, how it writes numbers, and what it calls rules and facts."""

    def template(self, text: str, context: str) -> str:
        """An English template in this language, with the same names in it."""

    def number(self, text: str) -> str:
        """``200.00 EUR`` or ``62 %`` with the separators of this language."""

    def rule(self, name: str) -> str:
        """What a rule is called, as the beginning of a sentence."""

    def label(self, label: str) -> str:
        """What a fact or a scope is called by itself."""

    def the(self, label: str) -> str:
        """The same within a sentence, with its article."""


class Told(ABC):
    """Anything that can be told in a language."""

    __slots__ = ()

    @abstractmethod
    def told(self, tongue: Tongue) -> str:
        """The words."""

    def __str__(self) -> str:
        return self.told(ENGLISH)


@dataclass(frozen=True, slots=True)
class Saying(Told):
    """A template with named places, each filled with plain text or with something that is told itself."""

    template: str
    values: Mapping[str, Told | str] = field(default_factory=dict)
    context: str = ""

    def told(self, tongue: Tongue) -> str:
        words = {name: _words(value, tongue) for name, value in self.values.items()}
        template = tongue.template(self.template, self.context)
        return template % words if words else template


@dataclass(frozen=True, slots=True)
class Row(Told):
    """Several things one after the other."""

    parts: tuple[Told | str, ...]
    between: Told | str = " "

    def told(self, tongue: Tongue) -> str:
        return _words(self.between, tongue).join(_words(part, tongue) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Capital(Told):
    """What begins a sentence."""

    of: Told | str

    def told(self, tongue: Tongue) -> str:
        words = _words(self.of, tongue)
        return words[:1].upper() + words[1:]


@dataclass(frozen=True, slots=True)
class Number(Told):
    """A number with its unit, as the engine writes it: ``200.00 EUR``."""

    text: str

    def told(self, tongue: Tongue) -> str:
        return tongue.number(self.text)


@dataclass(frozen=True, slots=True)
class RuleName(Told):
    """The name of a rule: ``refund-over-limit``."""

    name: str

    def told(self, tongue: Tongue) -> str:
        return tongue.rule(self.name)


@dataclass(frozen=True, slots=True)
class Label(Told):
    """What a fact or a scope is called, alone or ``within`` a sentence."""

    name: str
    within: bool = False

    def told(self, tongue: Tongue) -> str:
        return tongue.the(self.name) if self.within else tongue.label(self.name)


class _English:
    def template(self, text: str, _context: str) -> str:
        return text

    def number(self, text: str) -> str:
        return text

    def rule(self, name: str) -> str:
        return title(name)

    def label(self, label: str) -> str:
        return label

    def the(self, label: str) -> str:
        return label if label.startswith("the ") else f"the {label}"


ENGLISH: Final = _English()


def say(template: str, /, **values: Any) -> Saying:
    """A sentence or a part of one; its template is in the catalogue of translations."""
    return Saying(template, _values(values))


def say_in(context: str, template: str, /, **values: Any) -> Saying:
    """The same where the words alone do not tell how they are meant."""
    return Saying(template, _values(values), context)


def listed(parts: Iterable[Told | str]) -> Told | str:
    """`a, b and c`."""
    *first, last = [*parts] or [""]
    return say("%(first)s and %(last)s", first=Row(tuple(first), ", "), last=last) if first else last


def either(parts: Iterable[Told | str]) -> Told | str:
    """`a, b or c`."""
    *first, last = [*parts] or [""]
    return say("%(first)s or %(last)s", first=Row(tuple(first), ", "), last=last) if first else last


def row(*parts: Told | str | None, between: Told | str = " ") -> Told:
    """One after the other, without those that are nothing."""
    return Row(tuple(part for part in parts if part), between)


def title(name: str) -> str:
    """`refund-over-limit` → `Refund over limit`."""
    words = name.replace("_", " ").replace("-", " ").strip() or "A rule without a name"
    return words[:1].upper() + words[1:]


def _values(values: Mapping[str, Any]) -> dict[str, Told | str]:
    """Plain text at once, so that nothing can fail later where it is shown."""
    return {name: value if isinstance(value, Told) else str(value) for name, value in values.items()}


def _words(value: Told | str, tongue: Tongue) -> str:
    return value.told(tongue) if isinstance(value, Told) else value
