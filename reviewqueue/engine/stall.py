"""How many rounds a conversation has gone in circles, read off its own words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from reviewqueue.engine.wording import readable

_LETTERS = re.compile(r"\w+")
_SHORTEST_REPEAT = 3  # words; "yes" twice is no circle
_NO_HELP = re.compile(
    r"\b(?:still (?:not|doesn't|does not|isn't|won't|can't|no|nothing)"
    r"|(?:doesn't|does not|didn't|did not|not) (?:work|help)\w*|no (?:use|help)"
    r"|already (?:told|said|tried|explained|gave|did)|as i said|(?:asked|asking) me (?:that|this) (?:already|before)"
    r"|same (?:question|answer|thing|error)|(?:going|running) (?:round )?in circles"
    r"|immer noch nicht|funktioniert nicht|geht nicht|hilft (?:mir )?nicht|bringt nichts"
    r"|(?:habe|hab) ich (?:doch )?(?:schon|bereits)"
    r"|wie gesagt|schon wieder|dieselbe (?:frage|antwort)|im kreis)\b"
)


def rounds_without_progress(messages: Iterable[Mapping[str, Any]]) -> int | None:
    """How many rounds at the end went without progress; None without a word of the customer.

    A round is the agent's words and the customer's answer. It made no progress when either of them repeats itself or
    the customer says that it did not help.
    """
    stuck: int | None = None
    known: set[str] = set()
    for agent, customer in _rounds(messages):
        repeated = _repeats([*(f"agent {said}" for said in agent), customer], known)
        stuck = 0 if stuck is None or not (repeated or _NO_HELP.search(customer)) else stuck + 1
    return stuck


def _rounds(messages: Iterable[Mapping[str, Any]]) -> Iterator[tuple[list[str], str]]:
    agent: list[str] = []
    for message in messages:
        if message.get("role") not in {"agent", "customer"}:
            continue
        said = readable(str(message.get("text") or "")).casefold()
        if message["role"] == "agent":
            agent.append(said)
        else:
            yield agent, said
            agent = []


def _repeats(texts: Iterable[str], known: set[str]) -> bool:
    """Whether one of the texts was said before; what is new becomes known."""
    gists = {gist for text in texts if (gist := _gist(text))}
    repeated = bool(gists & known)
    known |= gists
    return repeated


def _gist(text: str) -> str | None:
    words = _LETTERS.findall(text)
    return " ".join(words) if len(words) >= _SHORTEST_REPEAT else None
