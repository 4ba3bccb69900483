"""Opening times as people write them: ``09:00-12:00, 13:00-17:30``, and single dates, one a line."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from reviewqueue.engine.business_time import DAY, Span

_SPAN: Final = re.compile(r"(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})")
_DATE: Final = re.compile(r"(\d{4}-\d{2}-\d{2})(?:\s+(.*))?")


class UnreadableError(ValueError):
    """The text that is no opening time or no date."""


def spans(text: str) -> tuple[Span, ...]:
    """Opening times of one day in order; none for an empty text. Those that touch or overlap become one."""
    joined: list[Span] = []
    for opens, closes in sorted(_span(part.strip()) for part in text.split(",") if part.strip()):
        if joined and opens <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(closes, joined[-1][1]))
        else:
            joined.append((opens, closes))
    return tuple(joined)


def told(opening: tuple[Span, ...]) -> str:
    """Opening times as ``spans`` reads them; empty when it is closed."""
    times = ((f"{minute // 60:02}:{minute % 60:02}" for minute in span) for span in opening)
    return ", ".join("-".join(time) for time in times)


def dates(text: str) -> dict[date, tuple[Span, ...]]:
    """``2026-12-24 09:00-12:00`` is open then only, ``2026-12-31`` is closed; words behind a ``#`` are for people."""
    found: dict[date, tuple[Span, ...]] = {}
    for line in text.splitlines():
        if told := line.partition("#")[0].strip():
            day, opening = _dated(told)
            found[day] = opening
    return found


def _dated(line: str) -> tuple[date, tuple[Span, ...]]:
    match = _DATE.fullmatch(line)
    try:
        day = date.fromisoformat(match[1] if match else line)
    except ValueError as error:
        raise UnreadableError(line) from error
    return day, spans(match[2] or "" if match else "")


def _span(text: str) -> Span:
    match = _SPAN.fullmatch(text)
    if match is None:
        raise UnreadableError(text)
    hour, minute, to_hour, to_minute = map(int, match.groups())
    opens, closes = hour * 60 + minute, to_hour * 60 + to_minute
    if max(minute, to_minute) > 59 or not 0 <= opens < closes <= DAY:  # noqa: PLR2004 - minutes of an hour
        raise UnreadableError(text)
    return opens, closes
