"""Sentences with placeholders that an admin writes, such as ``Sends {value} to {args.card|last4}``.

A placeholder walks through the keys of plain data and nothing else: no attributes, no calls, no HTML, no conditions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from reviewqueue.engine.faults import meant
from reviewqueue.engine.saying import say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reviewqueue.engine.saying import Told

ROOTS: Final = ("args", "customer", "value")
LONGEST: Final = 500
_SHORT: Final = 60
_LAST: Final = 4
_SLOT: Final = re.compile(r"\{\{|\}\}|\{(?P<slot>[^{}]*)\}|[{}]")
_STEP: Final = re.compile(r"[^\s.|{}]{1,100}")


class Piece(NamedTuple):
    """A run of the sentence; ``foreign`` when it comes from the action and not from the admin."""

    text: str
    foreign: bool


class PhraseError(ValueError):
    """A sentence that cannot be used; ``faults`` are sentences about it."""

    def __init__(self, faults: list[Told]) -> None:
        self.faults = faults
        super().__init__(" ".join(map(str, faults)))


@dataclass(frozen=True, slots=True)
class Slot:
    """One placeholder: where its value lies, and what is made of it."""

    path: tuple[str, ...]
    filters: tuple[str, ...]

    @property
    def name(self) -> str:
        """How it is written."""
        return ".".join(self.path)


Phrase = tuple[str | Slot, ...]


def parse(text: str) -> Phrase:
    """The sentence as pieces and placeholders; ``{{`` stands for a brace. Raises PhraseError with every fault."""
    faults: list[Told] = []
    if len(text) > LONGEST:
        faults.append(say("A sentence has at most %(most)s characters.", most=LONGEST))
    parts: list[str | Slot] = []
    start = 0
    for match in _SLOT.finditer(text):
        parts += [text[start : match.start()], _part(match, faults)]
        start = match.end()
    if faults:
        raise PhraseError(faults)
    return tuple(part for part in (*parts, text[start:]) if part != "")


Truth = tuple[str, str]
ENGLISH: Final[Truth] = ("yes", "no")
GERMAN: Final[Truth] = ("ja", "nein")


def render(phrase: Phrase, data: Mapping[str, Any], *, truth: Truth = ENGLISH) -> list[Piece] | None:
    """The sentence for one action; ``None`` when a placeholder has no value there: half a sentence tells nothing.

    ``truth``: what the language of the sentence says for true and for false.
    """
    pieces = [Piece(part, foreign=False) if isinstance(part, str) else _filled(part, data, truth) for part in phrase]
    return None if None in pieces else [piece for piece in pieces if piece is not None]


def missing(phrase: Phrase, data: Mapping[str, Any]) -> list[str]:
    """The placeholders that have no value in this action."""
    return [part.name for part in phrase if isinstance(part, Slot) and _filled(part, data, ENGLISH) is None]


def _part(match: re.Match[str], faults: list[Told]) -> str | Slot:
    if match["slot"] is None:
        if len(match[0]) == 1:
            faults.append(
                say(
                    "The brace at character %(place)s has no partner; write it twice to show one.",
                    place=match.start() + 1,
                )
            )
        return match[0][:1]
    path, *filters = (part.strip() for part in match["slot"].split("|"))
    slot = Slot(tuple(path.split(".")), tuple(filters))
    faults += _faults(slot, match[0])
    return slot


def _faults(slot: Slot, written: str) -> list[Told]:
    if not all(_STEP.fullmatch(step) for step in slot.path):
        return [say("%(written)s names nothing; write for example {args.amount}.", written=written)]
    root, *deeper = slot.path
    found: list[Told] = []
    if root not in ROOTS:
        hint = meant(root, ROOTS)
        found.append(say("%(written)s: there is no %(name)s; %(hint)s", written=written, name=root, hint=hint))
    elif root != "value" and not deeper:
        example = f"{{{root}.name}}"
        found.append(
            say("%(written)s is not one value; write for example %(example)s.", written=written, example=example)
        )
    return found + [
        say(
            "%(written)s: there is no filter %(name)s; %(hint)s",
            written=written,
            name=each,
            hint=meant(each, FILTERS),
        )
        for each in slot.filters
        if each not in FILTERS
    ]


def _filled(slot: Slot, data: Mapping[str, Any], truth: Truth) -> Piece | None:
    value = _reached(slot.path, data)
    if isinstance(value, bool):
        value = truth[0] if value else truth[1]
    for name in slot.filters:
        value = None if value is None else FILTERS[name](value)
    text = _text(value)
    return Piece(text, foreign=True) if text else None


def _reached(path: tuple[str, ...], data: Mapping[str, Any]) -> Any:
    found: Any = data
    for step in path:
        if isinstance(found, dict):
            found = found.get(step)
        elif isinstance(found, list) and step.isdecimal() and len(step) < _LAST:
            found = found[int(step)] if int(step) < len(found) else None
        else:
            return None
    return found


def _text(value: Any) -> str:
    """Only single values are shown; a heap of data is no word in a sentence."""
    return str(value).strip() if isinstance(value, str | int | float) else ""


def _last4(value: Any) -> str:
    text = re.sub(r"\s", "", _text(value))
    return f"•••• {text[-_LAST:]}" if len(text) > _LAST else text


def _short(value: Any) -> str:
    text = _text(value)
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 1]}…"


def _count(value: Any) -> str:
    return str(len(value)) if isinstance(value, list | dict) else ""


def _listed(value: Any) -> str:
    return ", ".join(filter(None, map(_text, value))) if isinstance(value, list) else _text(value)


def _words(value: Any) -> str:
    return " ".join(re.split(r"[\s_.\-/]+", _text(value))).strip()


FILTERS: Final[dict[str, Callable[[Any], str]]] = {
    "count": _count,
    "last4": _last4,
    "list": _listed,
    "lower": lambda value: _text(value).lower(),
    "short": _short,
    "upper": lambda value: _text(value).upper(),
    "words": _words,
}
