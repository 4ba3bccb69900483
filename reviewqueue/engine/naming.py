"""Whom a draft calls by name, and where a text knows that name.

Only where words lead to a name is it one for certain: most words with capitals are goods, streets and brands, and in
German they are all nouns.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_NAME: Final = r"(?P<name>[^\W\d_][\w'’-]{0,40}\.?(?:[ ][^\W\d_][\w'’-]{0,40}\.?){0,3})"
_GREETED: Final = re.compile(
    r"\b(?i:dear|hello|hi|hey|hallo|lieber?|guten\stag|sehr\sgeehrter?|mr|mrs|ms|dr|herrn?|frau|colleague|kollegin|kollege)"
    r"\b\.?,?\s(?:(?i:mr|mrs|ms|dr|herrn?|frau)\b\.?\s)?" + _NAME
)
# On the same line and with nothing behind it: "Thanks," above a signature calls nobody.
_THANKED: Final = re.compile(
    r"\b(?i:thank\syou(?:\s(?:very|so)\smuch)?|thanks|welcome(?:\sback)?|danke(?:\s(?:schön|sehr))?|vielen\sdank|willkommen"
    r"(?:\szurück)?),[ ](?P<name>[^\W\d_][\w'’-]{1,40}(?:[ ][^\W\d_][\w'’-]{1,40}){0,3})(?=[!.,])"
)
_NOBODY: Final = frozenset(
    {"customer", "sir", "madam", "team", "all", "there", "everyone", "valued", "kunde", "kundin", "damen", "und"}
    | {"herren", "mr", "mrs", "ms", "dr", "herr", "frau"}
)
_WORD: Final = re.compile(r"[^\W\d_][\w'’-]+")


def called(text: str) -> Iterator[tuple[str, int]]:
    """Each name by which somebody is greeted or thanked, and where it begins."""
    for pattern in (_GREETED, _THANKED):
        for match in pattern.finditer(text):
            known, name = parts(match["name"]), _capitalised(match["name"])
            whole = pattern is _GREETED or name == match["name"]
            if known and name and whole and not known & _NOBODY:
                yield name, match.start("name")


def parts(name: str) -> set[str]:
    """The words of a name, however they are written."""
    return {_folded(word) for word in _WORD.findall(name)}


def place(name: Iterable[str], text: str) -> tuple[int, int] | None:
    """Where a text has every word of a name: the first of them."""
    wanted = set(name)
    places = {_folded(match[0]): match.span() for match in _WORD.finditer(text)}
    return min(places[word] for word in wanted) if wanted <= places.keys() else None


def _capitalised(name: str) -> str:
    """The words of a name end where the sentence goes on in small letters."""
    kept: list[str] = []
    for word in name.split(" "):
        if not word[0].isupper():
            break
        kept.append(word)
    return " ".join(kept)


def _folded(word: str) -> str:
    return unicodedata.normalize("NFKC", word).casefold().removesuffix("'s").removesuffix("’s")
