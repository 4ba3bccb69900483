"""What a text claims (amounts, dates, numbers of orders, names), and where each claim is supported."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from reviewqueue.engine import naming, unsigned
from reviewqueue.engine.amounts import readings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# A longer text is not read to its end by a person either; it bounds the work of one look.
LONGEST: Final = 20_000
_AROUND: Final = 40


class Kind(StrEnum):
    """What sort of fact a claim states."""

    AMOUNT = "amount"
    DATE = "date"
    NUMBER = "number"
    NAME = "name"


class Support(StrEnum):
    """``OWN``: nobody but the agent itself says so."""

    FOUND = "found"
    OWN = "own"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Claim:
    """A stretch of a text and every fact that it may state: ``03/04/2026`` may be April or March."""

    kind: Kind
    text: str
    start: int
    end: int
    means: frozenset[Any]


@dataclass(frozen=True, slots=True)
class Ground:
    """A text that can support a claim; ``own`` when the agent wrote it, which proves nothing."""

    label: str
    text: str
    own: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """One claim with its best support: where, and the words around it."""

    claim: Claim
    support: Support
    where: str = ""
    quote: str = ""


_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "january januar jänner jan",
            "february februar feb",
            "march märz maerz mar mär",
            "april apr",
            "may mai",
            "june juni jun",
            "july juli jul",
            "august aug",
            "september sept sep",
            "october oktober oct okt",
            "november nov",
            "december dezember dec dez",
        ),
        1,
    )
    for name in names.split()
}
MONTH: Final = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DATE: Final = re.compile(
    r"(?<![\w.-])(?:(?P<y1>\d{4})-(?P<m1>\d{2})-(?P<d1>\d{2})(?=T\d|(?![\w-]))"
    r"|(?P<a>\d{1,2})(?P<sep>[./])(?P<b>\d{1,2})(?P=sep)(?P<y2>\d{4}|\d{2})(?!\w)"
    rf"|(?P<d3>\d{{1,2}})(?:\.|st|nd|rd|th)?\s(?:of\s)?(?P<m3>{MONTH})\b(?:\.?,?\s(?P<y3>\d{{4}})\b)?"
    rf"|(?P<m4>{MONTH})\.?\s(?P<d4>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s(?P<y4>\d{{4}})\b)?)",
    re.IGNORECASE,
)
_DIGITS: Final = r"(?:\d{1,3}(?:[.,'’\u00a0\u202f ]\d{3}){1,5}(?:[.,]\d{1,2})?|\d{1,15}(?:[.,]\d{1,4})?)(?![\d])"
_SIGN: Final = "[€$£¥₹]"
# Three capitals beside a number are a currency, unless they belong to addresses, telephones, parcels or clocks.
_CODE: Final = (
    r"(?!(?:USA|UAE|GBR|GER|DEU|AUT|CHE|TEL|FAX|SMS|PLZ|ZIP|PIN|TAN|DHL|UPS|GLS|DPD|GMT|UTC|CET|EST|PST)\b)[A-Z]{3}\b"
)
_GAP: Final = r"[^\S\r\n]?"
_AMOUNT: Final = re.compile(
    rf"(?<![\w.,])(?P<before>{_SIGN}|{_CODE}){_GAP}(?P<n1>{_DIGITS})"
    rf"|(?<![\w.,])(?P<n2>{_DIGITS})(?:,[-–])?{_GAP}"
    rf"(?P<after>{_SIGN}|%|{_CODE}|(?:[Ee]uros?|[Dd]ollars?|percent|Prozent)\b)"
)
# In records and results of tools an amount often stands without its currency.
_BARE: Final = re.compile(
    r"(?<![\w.,])\d{1,15}[.,]\d{2}(?![\d.,]\d|\w)"
    r"|(?:amount|total|price|sum|paid|betrag|summe|preis)[\"'”]?\s?[:=]?\s?[\"'“]?(?P<told>\d{1,15}(?:[.,]\d{1,4})?)",
    re.IGNORECASE,
)
_CURRENCIES: Final = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY", "₹": "INR", "EURO": "EUR", "EUROS": "EUR"} | {
    "DOLLAR": "USD",
    "DOLLARS": "USD",
    "PERCENT": "%",
    "PROZENT": "%",
}
_ANY: Final = ""
# A number by itself supports only an amount that names no currency either.
_PLAIN: Final = "?"
_NUMBER: Final = re.compile(r"(?<![\w-])#?(?P<id>[A-Za-z0-9]{1,40}(?:[-_/][A-Za-z0-9]{1,40}){0,6})(?![\w])")
# Few digits are a number only where something is called by it.
_CALLED: Final = re.compile(
    r"\b(?:order|invoice|ticket|contract|parcel|bestellung|bestellnummer|rechnung|auftrag|vertrag|paket)"
    r"(?:\s?(?:no|nr|number|nummer)\b)?\.?:?\s(?P<id>\d{3,4})(?![\w%€$£]|[.,/-]\w)",
    re.IGNORECASE,
)
_FEW_DIGITS: Final = re.compile(r"(?<![\w.,/-])(?P<id>\d{3,4})(?![\w]|[.,/-]\w)")
# Sizes, times and ordinals hold letters and digits too.
_MEASURE: Final = re.compile(
    r"\d+(?:st|nd|rd|th|am|pm|h|s|x|d|min|kg|g|mg|m|cm|mm|km|l|ml|gb|mb|kb|tb|er|te|ten)|[0-9/_-]{1,4}", re.IGNORECASE
)
_LONG_NUMBER: Final = 5


def claims(text: str) -> list[Claim]:
    """Everything in a text that can be right or wrong, in its order; each stretch is one claim at most."""
    text = text[:LONGEST]
    taken: list[Claim] = []
    for found in (_dates(text), _amounts(text), _names(text), _numbers(text), _called(text, _CALLED), _unsigned(text)):
        taken += [claim for claim in found if claim.means and not any(_overlap(claim, other) for other in taken)]
    return sorted(taken, key=lambda claim: claim.start)


def check(stated: Iterable[Claim], grounds: Sequence[Ground]) -> list[Finding]:
    """Each claim once, with where it is supported; a ground of somebody else counts before one of the agent."""
    ordered = sorted(grounds, key=lambda ground: ground.own)
    facts = [(ground, list(_facts(ground.text[:LONGEST]))) for ground in ordered]
    once: dict[tuple[Kind, str], Claim] = {}
    for claim in stated:
        once.setdefault((claim.kind, claim.text.casefold()), claim)
    return [_finding(claim, facts) for claim in once.values()]


def amount(text: str, currency: str) -> Claim:
    """A whole value that is an amount, such as an argument."""
    unit = currency.upper()
    return Claim(Kind.AMOUNT, f"{text} {unit}".strip(), 0, len(text), frozenset((n, unit) for n in readings(text)))


def number(text: str) -> Claim:
    """A whole value that names an order, a card or a contract."""
    return Claim(Kind.NUMBER, text, 0, len(text), frozenset({_plain(text)} - {""}))


def cited(text: str, drafts: Iterable[str], *, words: int = 5) -> list[tuple[int, int]]:
    """The stretches of a source that a draft repeats: at least so many words in a row, as (start, end)."""
    said = {run for draft in drafts for run in _runs([word for word, _a, _b in _words(draft[:LONGEST])], words)}
    known = _words(text[:LONGEST])
    spans: list[tuple[int, int]] = []
    for n, run in enumerate(_runs([word for word, _a, _b in known], words)):
        if run in said:
            start, end = known[n][1], known[n + words - 1][2]
            spans[-1:] = [(spans[-1][0], end)] if spans and start <= spans[-1][1] else [*spans[-1:], (start, end)]
    return spans


def _finding(claim: Claim, facts: Sequence[tuple[Ground, Sequence[Claim]]]) -> Finding:
    for ground, known in facts:
        place = _place(claim, ground.text, known)
        if place is not None:
            support = Support.OWN if ground.own else Support.FOUND
            return Finding(claim, support, ground.label, _quote(ground.text, *place))
    return Finding(claim, Support.NONE)


def _place(claim: Claim, text: str, known: Iterable[Claim]) -> tuple[int, int] | None:
    if claim.kind is Kind.NAME:
        return naming.place(claim.means, text[:LONGEST])
    return next(((fact.start, fact.end) for fact in known if fact.kind is claim.kind and _agree(claim, fact)), None)


def _agree(claim: Claim, fact: Claim) -> bool:
    if claim.kind is Kind.DATE:
        return any(_same_day(one, other) for one in claim.means for other in fact.means)
    if claim.kind is Kind.AMOUNT:
        return any(_same_sum(one, other) for one in claim.means for other in fact.means)
    return bool(claim.means & fact.means)


def _same_day(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    """A day without a year is that day of any year."""
    (year, *day), (other_year, *other_day) = one, other
    return day == other_day and (year == other_year or None in {year, other_year})


def _same_sum(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    (value, unit), (other_value, other_unit) = one, other
    if value != other_value:
        return False
    return unit == other_unit or (_ANY in {unit, other_unit} and "%" not in {unit, other_unit})


def _facts(text: str) -> Iterator[Claim]:
    yield from _dates(text)
    yield from _amounts(text)
    yield from _bare(text)
    yield from _numbers(text)
    yield from _called(text, _FEW_DIGITS)
    yield from _unsigned(text)
    yield from _sums(text, unsigned.numbers(text), _PLAIN)


def _dates(text: str) -> Iterator[Claim]:
    for match in _DATE.finditer(text):
        yield _claim(Kind.DATE, match, frozenset(_days(match)))


def _days(match: re.Match[str]) -> Iterator[tuple[int | None, int, int]]:
    if match["y1"]:
        options = [(match["y1"], int(match["m1"]), int(match["d1"]))]
    elif match["y2"]:
        one, two, year = int(match["a"]), int(match["b"]), match["y2"]
        year = year if len(year) > 2 else f"20{year}"  # noqa: PLR2004 - two digits of a year
        options = [(year, two, one)] + ([(year, one, two)] if match["sep"] == "/" else [])
    else:
        n = "3" if match["m3"] else "4"
        options = [(match[f"y{n}"], _MONTHS[match[f"m{n}"].lower()], int(match[f"d{n}"]))]
    for year, month, day in options:
        if _is_day(int(year or 2000), month, day):
            yield int(year) if year else None, month, day


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _amounts(text: str) -> Iterator[Claim]:
    for match in _AMOUNT.finditer(text):
        sign = (match["before"] or match["after"]).upper()
        unit = _CURRENCIES.get(sign, sign)
        yield _claim(Kind.AMOUNT, match, frozenset((n, unit) for n in readings(match["n1"] or match["n2"])))


def _bare(text: str) -> Iterator[Claim]:
    for match in _BARE.finditer(text):
        yield _claim(Kind.AMOUNT, match, frozenset((n, _ANY) for n in readings(match["told"] or match[0])))


def _unsigned(text: str) -> Iterator[Claim]:
    return _sums(text, unsigned.stated(text), _ANY)


def _sums(text: str, spans: Iterable[tuple[int, int]], unit: str) -> Iterator[Claim]:
    for start, end in spans:
        said = text[start:end]
        yield Claim(Kind.AMOUNT, said, start, end, frozenset((n, unit) for n in readings(said)))


def _names(text: str) -> Iterator[Claim]:
    for name, start in naming.called(text):
        yield Claim(Kind.NAME, name, start, start + len(name), frozenset(naming.parts(name)))


def _numbers(text: str) -> Iterator[Claim]:
    for match in _NUMBER.finditer(text):
        if _is_number(match["id"], marked=match[0].startswith("#")):
            yield _claim(Kind.NUMBER, match, frozenset({_plain(match["id"])}))


def _called(text: str, pattern: re.Pattern[str]) -> Iterator[Claim]:
    for match in pattern.finditer(text):
        yield Claim(Kind.NUMBER, match["id"], match.start("id"), match.end("id"), frozenset({match["id"]}))


def _is_number(word: str, *, marked: bool) -> bool:
    digits = sum(char.isdigit() for char in word)
    if marked:
        return digits > 0
    if word.isdigit():
        return digits >= _LONG_NUMBER
    return digits > 0 and not _MEASURE.fullmatch(word) and (digits > 2 or any(char.isupper() for char in word))  # noqa: PLR2004 - "a-1" is rarely a number


def _plain(word: str) -> str:
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", word)).casefold()


def _claim(kind: Kind, match: re.Match[str], means: frozenset[Any]) -> Claim:
    return Claim(kind, match[0], match.start(), match.end(), means)


def _overlap(one: Claim, other: Claim) -> bool:
    return one.start < other.end and other.start < one.end


def _quote(text: str, start: int, end: int) -> str:
    """The words around a place, within its line."""
    first = max(text.rfind("\n", 0, start) + 1, start - _AROUND)
    stop = text.find("\n", end)
    last = min(stop if stop >= 0 else len(text), end + _AROUND)
    before = text[first:start].partition(" ")[2] if first and text[first - 1] != "\n" else text[first:start]
    after = text[end:last].rpartition(" ")[0] if last < len(text) and text[last] != "\n" else text[end:last]
    whole = before == text[first:start], after == text[end:last]
    return f"{'' if whole[0] else '… '}{before}{text[start:end]}{after}{'' if whole[1] else ' …'}".strip()


def _words(text: str) -> list[tuple[str, int, int]]:
    return [(match[0].casefold(), *match.span()) for match in re.finditer(r"\w+", text)]


def _runs(words: Sequence[str], length: int) -> list[tuple[str, ...]]:
    return [tuple(words[n : n + length]) for n in range(len(words) - length + 1)]
