"""What a program can see of the quality of a case that is over: each check gives a mark from 0 to 1, or none."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from reviewqueue.engine import evidence, hidden
from reviewqueue.engine.evidence import Claim, Ground, Support

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

# Marks of an older version of a check are told apart from those of this one.
VERSION: Final = "1"
SHORTEST: Final = 15
LONGEST: Final = 1_500
# So many words of one language, and twice as many as of any other, tell a language.
_ENOUGH: Final = 3
_TWICE: Final = 2
_WORD: Final = re.compile(r"[^\W\d_]+")
_COMMON: Final = {
    language: frozenset(words.split())
    for language, words in {
        "en": "the and you your we our is are have has will with for not to of this that please be on it",
        "de": "der die das und sie ihr ihre wir unser ist sind haben wird mit für nicht zu den dem bitte ein eine",
        "fr": "le la les et vous votre nous notre est sont avec pour pas de des une que nous avons merci cette",
        "es": "el la los las y usted su nosotros nuestro es son con para no de una que por hemos gracias este",
        "it": "il la gli e lei suo noi nostro è sono con per non di una che abbiamo grazie questo della",
        "nl": "de het en u uw wij onze is zijn heeft met voor niet van een dat we hebben bedankt deze",
    }.items()
}
_NAMING: Final = re.compile(r"(?:^|_)(?:id|number|order|iban|card|account|invoice)$")
_TALK: Final = frozenset({"reply", "question"})


class Mark(NamedTuple):
    """What one check found: 1 is good, 0 is bad, nothing where it cannot tell; ``says`` is what it saw."""

    name: str
    value: float | None
    says: str = ""


@dataclass(frozen=True, slots=True)
class Finished:
    """A case as it ended: what ran (or was said), what was known, and what the policy of today would make of it."""

    actions: Sequence[Mapping[str, Any]]
    grounds: Sequence[Ground]
    language: str
    unseen: bool
    held_by: Sequence[str]
    outcomes: Sequence[str]

    @property
    def replies(self) -> list[str]:
        """What was written to the customer."""
        return [" ".join(_texts(one["args"])) for one in self.actions if one.get("kind") in _TALK]


def marks(case: Finished) -> list[Mark]:
    """The marks of every check."""
    return [check(case) for check in _CHECKS]


def _claims(case: Finished) -> Mark:
    """Are the amounts, dates and numbers that were stated known from somebody but the agent?"""
    stated = [claim for one in case.actions for claim in _stated(one)]
    found = evidence.check(stated, case.grounds)
    if not found:
        return Mark("claims", None)
    unsupported = [finding.claim.text for finding in found if finding.support is not Support.FOUND]
    return Mark("claims", 1 - len(unsupported) / len(found), ", ".join(unsupported)[:500])


def _length(case: Finished) -> Mark:
    if not case.replies:
        return Mark("length", None)
    lengths = [len(text) for text in case.replies]
    fits = all(SHORTEST <= length <= LONGEST for length in lengths)
    return Mark("length", float(fits), ", ".join(map(str, lengths)))


def _language(case: Finished) -> Mark:
    """Was the customer answered in their language?"""
    wanted = re.split(r"[-_]", case.language.lower())[0]
    used = {told for text in case.replies if (told := language_of(text))}
    if not used or wanted not in _COMMON:
        return Mark("language", None)
    return Mark("language", float(used == {wanted}), ", ".join(sorted(used)))


def _hidden(case: Finished) -> Mark:
    count = sum(hidden.count(one["args"]) for one in case.actions)
    return Mark("hidden", float(count == 0) if case.actions else None, str(count) if count else "")


def _policy(case: Finished) -> Mark:
    """Would the policy in force today have let run alone what ran alone?"""
    if not case.unseen:
        return Mark("policy", None)
    return Mark("policy", 0.0 if case.held_by else 1.0, ", ".join(case.held_by)[:500])


def _outcome(case: Finished) -> Mark:
    told = [outcome for outcome in case.outcomes if outcome]
    return Mark("outcome", float(all(one == "succeeded" for one in told)) if told else None, ", ".join(told))


_CHECKS: Final[tuple[Callable[[Finished], Mark], ...]] = (_claims, _policy, _outcome, _language, _length, _hidden)
NAMES: Final = ("claims", "policy", "outcome", "language", "length", "hidden")


def language_of(text: str) -> str:
    """The language of a text by its most common words; empty where they do not tell."""
    words = Counter(word.lower() for word in _WORD.findall(text))
    scores = Counter({name: sum(words[word] for word in common) for name, common in _COMMON.items()})
    (first, most), (_second, next_most) = scores.most_common(2)
    return first if most >= _ENOUGH and most >= _TWICE * next_most else ""


def _stated(action: Mapping[str, Any]) -> Iterator[Claim]:
    currency = str((action.get("value") or {}).get("currency", ""))
    for key, value in _leaves(action["args"]):
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            continue
        if key == "amount":
            yield evidence.amount(str(value), currency)
        elif _NAMING.search(key):
            yield evidence.number(str(value))
        elif isinstance(value, str):
            yield from evidence.claims(value)


def _texts(args: Any) -> list[str]:
    return [value for _key, value in _leaves(args) if isinstance(value, str)]


def _leaves(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, held in value.items():
            yield from _leaves(held, name)
    elif isinstance(value, list):
        for held in value:
            yield from _leaves(held, key)
    else:
        yield key, value
