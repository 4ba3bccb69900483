"""What an edit changed, word by word; an amount with its currency, a number and a date stay whole."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from rapidfuzz.distance import Indel

from reviewqueue.engine.evidence import MONTH

# 1 234,50 as French, Swedish or Polish readers write it, with whatever space.
_NUMBER: Final = r"(?:\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?!\d)(?:[.,]\d+)?|\d[\d.,'’]*\d|\d)"
_SIGN: Final = r"(?:[A-Z]{3}|[$€£¥₹])"
_UNIT: Final = r"(?:[A-Z]{3}\b|[$€£¥₹%]|(?i:euros?|dollars?|percent|prozent)\b)"
_MONTH: Final = rf"(?i:{MONTH})\b"
_TOKEN: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[+-]\d{2}:\d{2})?)?"  # 2026-11-18, 2026-11-18T12:00:00Z
    r"|\d{1,2}[./]\d{1,2}[./]\d{2,4}"  # 18.11.2026
    rf"|\d{{1,2}}(?:\.|st|nd|rd|th)? (?:of )?{_MONTH}(?:\.?,? \d{{4}}\b)?"  # 18 November 2026
    rf"|{_MONTH}\.? \d{{1,2}}(?:st|nd|rd|th)?\b(?:,? \d{{4}}\b)?"  # November 18, 2026
    rf"|(?:(?<!\w)[-\u2212])?(?:{_SIGN}\s?[-\u2212]?{_NUMBER}|{_NUMBER}(?:\s?{_UNIT})?)"  # EUR 350.00, €5, -12 %, 7
    r"|\w+(?:[-'’]\w+)*|\s+|[^\w\s]"
)
# Beyond this many tokens a reader compares by eye anyway, and the machine should not try.
_LONGEST: Final = 20_000


class Piece(NamedTuple):
    """A run of text: ``kind`` is ``same``, ``del`` or ``ins``."""

    kind: str
    text: str


def tokens(text: str) -> list[str]:
    """The words, numbers, amounts, dates, spaces and signs of a text, none lost."""
    return _TOKEN.findall(text)


def compare(before: str, after: str) -> list[Piece]:
    """The runs that lead from one text to the other, deletions before insertions."""
    if before == after:
        return [Piece("same", before)] if before else []
    old, new = tokens(before), tokens(after)
    if len(old) + len(new) > _LONGEST:
        return [piece for piece in (Piece("del", before), Piece("ins", after)) if piece.text]
    return _joined(_runs(old, new))


def _runs(old: list[str], new: list[str]) -> list[Piece]:
    runs = []
    for step in Indel.opcodes(old, new):
        gone, come = "".join(old[step.src_start : step.src_end]), "".join(new[step.dest_start : step.dest_end])
        runs += [Piece("same", gone)] if step.tag == "equal" else [Piece("del", gone), Piece("ins", come)]
    return [run for run in runs if run.text]


def _joined(runs: list[Piece]) -> list[Piece]:
    """Changes that only a space keeps apart are one change: words read better in groups."""
    pieces: list[Piece] = []
    gone = come = ""
    for n, run in enumerate(runs):
        between = run.kind == "same" and run.text.isspace() and 0 < n < len(runs) - 1 and (gone or come)
        if run.kind == "del" or between:
            gone += run.text
        if run.kind == "ins" or between:
            come += run.text
        if run.kind == "same" and not between:
            pieces += [*_change(gone, come), run]
            gone = come = ""
    return pieces + _change(gone, come)


def _change(gone: str, come: str) -> list[Piece]:
    return [piece for piece in (Piece("del", gone), Piece("ins", come)) if piece.text]
