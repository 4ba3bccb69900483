"""Swaps what names a person in a proposal for something invented: the same thing for the same thing everywhere."""

from __future__ import annotations

import random
import re
import uuid
from dataclasses import dataclass, field
from itertools import islice
from os.path import commonprefix
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

GIVEN: Final = (
    "Lena",
    "Tariq",
    "Olga",
    "Henrik",
    "Amira",
    "Paolo",
    "Greta",
    "Jonas",
    "Selma",
    "Viktor",
    "Nadia",
    "Emil",
)
FAMILY: Final = ("Brandt", "Okafor", "Lindqvist", "Moreau", "Petrov", "Santos", "Keller", "Nowak", "Haddad", "Fischer")
STREETS: Final = ("Ahornweg", "Lindenallee", "Mill Lane", "Gartenstraße", "Station Road", "Birkenring")
TOWNS: Final = ("Neudorf", "Seefeld", "Ashford", "Waldheim", "Brookfield", "Altenau")
NAME, MAIL, PHONE, ADDRESS, NUMBER, ACCOUNT = "name", "e-mail", "phone", "address", "number", "account"
# What is never text of or about a person.
KEPT: Final = frozenset(
    {"call_id", "kind", "role", "args_schema", "allowed_decisions", "currency", "amount", "seq", "at", "score", "agent"}
    | {
        "intent",
        "workflow",
        "language",
        "channel",
        "on_expiry",
        "release",
        "tier",
        "since",
        "value",
        "signals",
        "reversible",
        "risk_flags",
    }
)
_MAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_ACCOUNT: Final = re.compile(
    r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b|\b(?:\d{4}[ -]?){3}\d{1,7}\b"
)
_PHONE: Final = re.compile(r"(?<![\w.,-])(?:\+|00?)[\d(][\d ()/.-]{6,18}\d(?![\w-])")
_ADDRESS: Final = re.compile(
    r"\b[A-ZÄÖÜ][\wäöüß-]*(?:straße|strasse|str\.|weg|platz|allee|gasse|ring) ?\d+ ?[a-z]?\b"
    r"|\b\d+[a-z]? (?:[A-Z][\w'-]+ ){1,3}(?:Street|St|Road|Rd|Avenue|Ave|Lane|Drive|Square|Close)\b\.?"
    r"|\b(?:[A-Z][\w'-]+ ){1,2}(?:Street|Road|Avenue|Lane|Drive|Square) \d+[a-z]?\b"
)
_TOWN: Final = re.compile(r"\b\d{5} [A-ZÄÖÜ][\wäöüß-]+\b")
_NUMBER: Final = re.compile(r"#\d{3,}\b|\b[A-Z]{1,6}[-_/]?\d[\w-]*\b|\b[a-z]{2,8}[-_]\d{2,}\b")
_SIGNED: Final = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Herr|Frau)\.?|[Mm]y name is|[Ii]ch heiße|[Mm]ein Name ist) ((?:[A-ZÄÖÜ][\wäöüß'-]+ ?){1,2})"
)
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
# So many of the numbers beside the newest are as good.
_NEAR: Final = 5
# Versions of UUID that begin with the time.
_TIMED: Final = frozenset({6, 7})
_NAMING: Final = re.compile(r"(^|_)(id|no|nr|number|ref|reference|order|invoice|account|tracking|customer|rental)$")
_PERSONAL: Final = {
    NAME: re.compile(r"(^|_)(name|recipient|holder|surname|firstname|lastname)$"),
    ADDRESS: re.compile(r"(^|_)(street|address|line1|line2|city|town|zip|postcode|postal_code)$"),
    PHONE: re.compile(r"(^|_)(phone|mobile|telephone|fax)$"),
}
_LEAST: Final = 3


@dataclass(frozen=True, slots=True)
class Swapped:
    """A document about an invented person, and how many things of each kind were swapped in it."""

    document: dict[str, Any]
    counts: dict[str, int]


@dataclass
class _Cast:
    """Who and what stands for whom and what, by the kind of thing."""

    dice: random.Random
    known: dict[str, tuple[str, str]] = field(default_factory=dict)

    def give(self, kind: str, text: str, invented: Callable[[], str]) -> None:
        text = text.strip()
        if len(text) >= _LEAST and text not in self.known:
            self.known[text] = (kind, invented())

    def person(self, name: str) -> None:
        """The whole name and each of its parts; an initial stays an initial."""
        parts = name.split()
        stand_ins = [self._part(part, self.dice.choice(GIVEN if n == 0 else FAMILY)) for n, part in enumerate(parts)]
        self.give(NAME, name, lambda: " ".join(stand_ins))
        for part, stand_in in zip(parts, stand_ins, strict=True):
            self.give(NAME, part, lambda stand_in=stand_in: stand_in)  # type: ignore[misc]

    def _part(self, part: str, stand_in: str) -> str:
        return f"{stand_in[0]}." if len(part.rstrip(".")) == 1 else stand_in

    def mail(self) -> str:
        return f"{self.dice.choice(GIVEN)}.{self.dice.choice(FAMILY)}@example.org".lower()

    def like(self, text: str) -> str:
        """Of the same shape, and no digit stays: digits for digits, letters for letters behind the first sign.

        A number begins with no 0 where it began with none.
        """
        head = re.match(r"[^\d]*[-_/#]", text)
        start = head.end() if head else 0
        before = ["", *text]
        return text[:start] + "".join(
            self._sign(sign, first=not before[n].isdecimal()) for n, sign in enumerate(text) if n >= start
        )

    def _sign(self, sign: str, *, first: bool) -> str:
        if sign.isdecimal():
            return self.dice.choice("123456789".replace(sign, "") if first else "0123456789".replace(sign, ""))
        if sign.isascii() and sign.isalpha():
            return self.dice.choice("abcdefghjkmnpqrstuvwxyz" if sign.islower() else "ABCDEFGHJKLMNPQRSTUVWXYZ")
        return sign

    def street(self) -> str:
        return f"{self.dice.choice(STREETS)} {self.dice.randrange(1, 90)}"

    def town(self) -> str:
        return f"{self.dice.randrange(10_000, 99_000)} {self.dice.choice(TOWNS)}"


def swap(document: Mapping[str, Any], seed: str) -> Swapped:
    """The same proposal about somebody else; the same seed gives the same again.

    It knows what is named (the customer, arguments such as ``order_id``) and what has a telling shape. What a text
    says in its own words, it cannot know: a person reads the result before it is used.
    """
    cast = _Cast(random.Random(seed))  # noqa: S311 - invented names need no secrecy
    _meet(document, cast)
    texts = list(_texts(document))
    for text in texts:
        _notice(text, cast)
    pattern = _pattern(cast.known)
    counts: dict[str, int] = {}
    for text in texts:
        for match in pattern.finditer(text) if pattern else ():
            kind = cast.known[match[0]][0]
            counts[kind] = counts.get(kind, 0) + 1
    return Swapped(_swapped(document, pattern, cast.known), counts)


def _meet(document: Mapping[str, Any], cast: _Cast) -> None:
    """What the proposal names itself: its customer, and arguments that are about a person or a thing of theirs."""
    customer = document.get("customer") or {}
    if name := customer.get("name"):
        cast.person(name)
    for key, value in _fields(document):
        if _NAMING.search(key) and any(sign.isdecimal() for sign in value):
            cast.give(NUMBER, value, lambda value=value: cast.like(value))  # type: ignore[misc]
        elif _PERSONAL[PHONE].search(key):
            cast.give(PHONE, value, lambda value=value: cast.like(value))  # type: ignore[misc]
        elif _PERSONAL[ADDRESS].search(key):
            cast.give(ADDRESS, value, cast.town if re.search(r"city|town|zip|post", key) else cast.street)


def _notice(text: str, cast: _Cast) -> None:
    """What looks like an address, a number or a name wherever it stands."""
    for match in _MAIL.finditer(text):
        cast.give(MAIL, match[0], cast.mail)
    for kind, pattern in ((ACCOUNT, _ACCOUNT), (PHONE, _PHONE), (NUMBER, _NUMBER)):
        for match in pattern.finditer(text):
            cast.give(kind, match[0], lambda match=match: cast.like(match[0]))  # type: ignore[misc]
    for match in _ADDRESS.finditer(text):
        cast.give(ADDRESS, match[0], cast.street)
    for match in _TOWN.finditer(text):
        cast.give(ADDRESS, match[0], cast.town)
    for match in _SIGNED.finditer(text):
        cast.person(match[1].strip())


def _fields(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every text of the arguments and of the customer with its key."""
    if isinstance(value, dict):
        for name, item in value.items():
            if name not in KEPT:
                yield from _fields(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from _fields(item, key)
    elif isinstance(value, str) and key:
        yield key, value


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            if name not in KEPT:
                yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value


def _pattern(known: Mapping[str, tuple[str, str]]) -> re.Pattern[str] | None:
    if not known:
        return None
    longest_first = sorted(known, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")


def _swapped(value: Any, pattern: re.Pattern[str] | None, known: Mapping[str, tuple[str, str]]) -> Any:
    if isinstance(value, dict):
        return {name: item if name in KEPT else _swapped(item, pattern, known) for name, item in value.items()}
    if isinstance(value, list):
        return [_swapped(item, pattern, known) for item in value]
    if isinstance(value, str) and pattern:
        return pattern.sub(lambda match: known[match[0]][1], value)
    return value


def among(known: Sequence[str], seed: str) -> str:
    """Another id that could stand among these, the newest first: a number between theirs, signs that they use.

    Ids that are counted upwards leave numbers out now and then; where these leave out none, it is one of the next.
    """
    dice = random.Random(seed)  # noqa: S311 - invented ids need no secrecy
    known = list(dict.fromkeys(known))
    newest = known[0]
    if _UUID.fullmatch(newest):
        return _uuid(newest, dice)
    start = len(commonprefix(known))  # noqa: RUF071 - ids are no paths
    digits = len(newest[:start]) - len(newest[:start].rstrip("0123456789"))
    rests = [text[start - digits :] for text in known]
    if len(known) > 1 and all(rest.isdecimal() for rest in rests):
        return newest[: start - digits] + _number(rests, dice)
    made = (newest[:start] + _signs([text[start:] for text in known], dice) for _try in range(20))
    return next((text for text in made if text not in known), _Cast(dice).like(newest))


def _number(known: Sequence[str], dice: random.Random) -> str:
    """A free number, written as they are: near the newest where they are counted upwards, else anywhere between."""
    taken = [int(text) for text in known]
    low, high = min(taken), max(taken)
    counted = taken[0] == high
    tried = range(high - 1, low, -1) if counted else (dice.randint(low, high) for _try in range(100))
    free = list(islice((number for number in tried if number not in taken), _NEAR if counted else 1))
    number = dice.choice(free or range(high + 1, high + 1 + _NEAR))
    width = len(known[0]) if known[0].startswith("0") else 0
    return f"{number:0{width}d}"


def _signs(rests: Sequence[str], dice: random.Random) -> str:
    """The newest with other signs of the kinds that stand in the others: hexadecimal stays hexadecimal."""
    seen = sorted({sign for rest in rests for sign in rest})

    def other(sign: str) -> str:
        same = [each for each in seen if _kind(each) == _kind(sign)]
        return dice.choice(same) if _kind(sign) else sign

    return "".join(other(sign) for sign in rests[0])


def _kind(sign: str) -> str:
    if sign.isdecimal():
        return "digit"
    if sign.isascii() and sign.isalpha():
        return "lower" if sign.islower() else "upper"
    return ""


def _uuid(text: str, dice: random.Random) -> str:
    """Of the same version; what begins with its time begins with that of the newest."""
    made = uuid.UUID(text)
    fixed = made.int >> 80 << 80 if made.version in _TIMED else 0
    chance = dice.getrandbits(80 if fixed else 128) | fixed
    written = str(uuid.UUID(int=chance, version=4)) if made.version else str(uuid.UUID(int=chance))
    written = f"{written[:14]}{text[14]}{written[15:]}" if made.version else written
    return written.upper() if text.isupper() else written
