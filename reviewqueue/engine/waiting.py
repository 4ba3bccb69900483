"""Wait contracts: what customers read while a person looks, how long that may last, and what happens to them then."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from reviewqueue.engine.rulebook import optional, slug
from reviewqueue.engine.saying import say
from reviewqueue.engine.scope import OF_CASE, Scope, scope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reviewqueue.engine.faults import Place
    from reviewqueue.engine.view import View

# What a customer gets who has waited as long as they may: a call, a person in the chat, an answer in part, or a no.
FALLBACKS: Final = ("callback", "chat", "answer", "decline")
SECONDS: Final = (60, 30 * 86_400)
LONGEST_TEXT: Final = 1000
_MOST_LANGUAGES: Final = 40
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", re.ASCII)
_KEYS: Final = ("name", "match", "message", "seconds", "then", "say", "queue")
# What a case keeps of the contract under which its customer waits.
_KEPT: Final = ("seconds", "then", "message", "say", "queue")


@dataclass(frozen=True, slots=True)
class Contract:
    """For whom it is, and what a case of theirs keeps of it."""

    scope: Scope
    kept: Mapping[str, Any]
    queue: str | None


def contract(place: Place) -> Contract | None:
    """The contract at this place; None when it has faults, which the place has noted."""
    entries = place.mapping(_KEYS, required=("seconds", "then"))
    optional(entries, "name", lambda one: one.word())
    seconds = entries["seconds"].whole(*SECONDS) if "seconds" in entries else None
    then = entries["then"].choice(FALLBACKS) if "then" in entries else None
    where = scope(entries["match"], keys=OF_CASE) if "match" in entries else Scope()
    queue = optional(entries, "queue", slug)
    if "queue" in entries and then and then != "chat":
        entries["queue"].fault(say("only a chat moves the case to another queue"))
    for key in ("message", "say"):
        if key in entries:
            _texts(entries[key])
    if then == "answer" and "say" not in entries:
        place.fault(say("an answer in part needs its words: say"))
    if seconds is None or then is None:
        return None
    return Contract(where, {key: entries[key].value for key in _KEPT if key in entries}, queue)


def found(contracts: tuple[Contract, ...], view: View) -> dict[str, Any] | None:
    """What a case keeps of the first contract that is for it."""
    return next((dict(each.kept) for each in contracts if each.scope.covers(view)), None)


def in_language(texts: Mapping[str, str] | None, language: str) -> str:
    """The words for a reader of this language: of the tag itself, or of its first part; empty when there are none."""
    by_tag = {tag.lower(): text for tag, text in (texts or {}).items()}
    tag = language.lower().replace("_", "-")
    return by_tag.get(tag) or by_tag.get(tag.partition("-")[0], "")


def _texts(place: Place) -> None:
    if not isinstance(place.value, dict) or not place.value or len(place.value) > _MOST_LANGUAGES:
        place.fault(say("must be a mapping of languages to texts, such as {en: …, de: …}"))
        return
    for tag, text in place.value.items():
        entry = place.below(tag, text)
        if not _LANGUAGE.fullmatch(tag):
            entry.fault(say("must be a language such as en, de or pt-BR"))
        entry.word(longest=LONGEST_TEXT)
