"""Sums of money without a currency ("we refund 350", "350.00"), and the numbers that they may come from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_WHOLE: Final = r"\d{1,3}(?:[.,'’\u00a0\u202f]\d{3}){1,5}|\d{2,9}"
_NUMBER: Final = rf"(?:(?:{_WHOLE}|\d)[.,]\d{{2}}|{_WHOLE})"
# Whole numbers state money only where words of money lead to them, and nothing that is counted follows.
_TOLD: Final = re.compile(
    r"\b(?:refund(?:s|ed|ing)?|reimburse[ds]?|pays?|paying|paid|charge[ds]?|charging|credit(?:s|ed)|costs?|price|total"
    r"|amount|sum|fee|balance|discount|voucher|deposit|erstatte[nt]?|erstattung|zahle[nt]?|zahlung|kostet|preis|betrag"
    r"|summe|gebühr|guthaben|gutschrift|rabatt|gutschein|anzahlung)"
    r"(?:\s(?:of|is|was|will|be|you|your|by|about|only|the|full|another|exactly|von|über|ist|war|beträgt|ihnen|dir|wir"
    r"|nur|genau|sind|insgesamt|in\shöhe\svon)\b){0,4}"
    rf"\s?[:=]?\s(?P<sum>{_NUMBER})"
    r"(?=[.,;:!?)]?(?:\s*$|\n)|[.;!?)](?:\s|$)"
    r"|,?\s(?:back|to|today|now|at\sonce|for|from|as|via|onto|and|by|with|within|because|"
    r"zurück|heute|jetzt|sofort|auf|für|aus|als|und|an|per|mit|innerhalb|weil)\b)",
    re.IGNORECASE,
)
# Two decimals are money, unless a unit follows or something else is counted with a point: versions, times, days.
_CENTS: Final = re.compile(
    rf"(?<![\w.,#§/:+-])(?<!§\s)(?P<sum>(?:{_WHOLE}|\d)[.,]\d{{2}})(?![\w%]|[.,:/-]\w)(?!\s?[-×x°%\"″'])"
    r"(?!\s(?:inch|feet|foot|ft|x|by|m|mm|cm|km|kg|g|mg|l|ml|liters?|litres?|oz|lbs?|gb|mb|tb|ghz|mhz|mbit|volts?|watts?"
    r"|w|v|hours?|h|min|minutes?|days?|stars?|points?|times|million|percent|zoll|meter|liter|stunden?|minuten|tage"
    r"|sterne|punkte|mal|millionen|prozent|uhr|am|pm|a\.m|p\.m)\b)",
    re.IGNORECASE,
)
_OTHER: Final = re.compile(
    r"\b(?:version|v|release|section|sections|chapter|paragraph|clause|page|step|rating|rated|score|size|model|at|until"
    r"|kapitel|abschnitt|absatz|ziffer|punkt|seite|schritt|bewertung|größe|modell|um|am|vom|bis|zum|seit|ab|gegen)"
    r"\.?\s$",
    re.IGNORECASE,
)
_LOOKBACK: Final = 14
# Whatever is a number by itself can be what an unsigned amount was taken from.
_ANY: Final = re.compile(r"(?<![\w.,#-])\d{1,15}(?:[.,'’]\d{3})*(?:[.,]\d{1,4})?(?![\w]|[.,-]\d|\s?%)")

Span = tuple[int, int]


def stated(text: str) -> Iterator[Span]:
    """Where a draft names a sum of money without its currency."""
    told = [match.span("sum") for match in _TOLD.finditer(text)]
    yield from told
    for match in _CENTS.finditer(text):
        other = _OTHER.search(text, max(0, match.start() - _LOOKBACK), match.start())
        if not other and not any(start < match.end() and match.start() < end for start, end in told):
            yield match.span("sum")


def numbers(text: str) -> Iterator[Span]:
    """Every number of a ground that may be such a sum."""
    return (match.span() for match in _ANY.finditer(text))
