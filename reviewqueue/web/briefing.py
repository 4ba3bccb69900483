"""A case as its page shows it: who, what was said and tried, why a person, and what else helps to decide."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from reviewqueue.models import Oversight
from reviewqueue.queries.numbers import money, sums
from reviewqueue.queries.sightings import source_piece
from reviewqueue.web import because

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from reviewqueue.models import Case

# A reason of these kinds stands out; the others say "look", these say "look hard".
_GRAVE: Final = frozenset({"financial", "legal", "security", "erasure", "brake", "change"})
# How the engine words a reason that the customer's own text gave.
_WROTE: Final = re.compile(r"customer wrote “(.+?)”")
# A chip is read at a glance; a longer sentence is named by its rule and told in full in the briefing.
_SHORT: Final = 48
_OUTCOMES: Final = {"watch": 1, "review": 2, "handoff": 3}


@dataclass(frozen=True, slots=True)
class Message:
    """One message: ``origin`` labels its frame, ``why`` names the triggers that its words set off."""

    role: str
    origin: str
    text: str
    at: str
    sentiment: str
    why: tuple[str, ...] = ()
    newest: bool = False
    letter: str = ""
    delivered: bool = False
    out_of_turn: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """What the agent had retrieved; ``piece`` names it in the record of what was opened."""

    piece: str
    title: str
    host: str
    url: str
    text: str
    score: int | None


@dataclass(frozen=True, slots=True)
class Chip:
    """Why the case is here: one fired rule, shortly and as its whole sentence."""

    short: str
    says: str
    trigger: str
    colour: str
    # What was seen against the limit, where the rule measures.
    observed: str = ""
    threshold: str = ""


@dataclass(frozen=True, slots=True)
class Briefing:
    """The left and the middle pane."""

    customer: Mapping[str, Any]
    lifetime: str
    contacts: int | None
    own_words: str
    issue: str
    summary: str
    attempted: Sequence[str]
    recommendation: str
    missing: Sequence[str]
    flags: Sequence[str]
    confidence: int | None
    messages: Sequence[Message]
    sources: Sequence[Source]
    chips: Sequence[Chip]


def of(case: Case, conversation: Sequence[Mapping[str, Any]]) -> Briefing:
    """What the proposal and the conversation's record tell."""
    told, signals = case.document.get("briefing") or {}, case.document.get("signals") or {}
    messages = _messages(case, conversation)
    said = next((m.text for m in messages if m.role == "customer"), "")
    # What they asked for by their link goes before what the conversation began with.
    own_words = told.get("issue") or said if case.asked_by_customer else said
    return Briefing(
        customer=case.document.get("customer") or {},
        lifetime=_lifetime(case.document.get("customer") or {}),
        contacts=_contacts(case),
        own_words=own_words,
        # Where the desk itself had to say what it is about, it quotes the customer.
        issue="" if told.get("issue") == own_words else told.get("issue") or "",
        summary=told.get("summary") or "",
        attempted=told.get("attempted") or (),
        recommendation=told.get("recommendation") or "",
        missing=told.get("missing") or (),
        flags=signals.get("risk_flags") or (),
        confidence=_percent(signals.get("confidence")),
        messages=messages,
        sources=[_source(n, source) for n, source in enumerate(case.document.get("sources") or ())],
        chips=chips(case),
    )


def chips(case: Case) -> list[Chip]:
    """The reasons, the gravest first; where no rule fired, what its oversight says."""
    reasons = sorted(_nearest(case.verdict["reasons"]), key=_weight)
    told = {reason["says"]: _chip(reason) for reason in reasons}
    once: dict[str, Chip] = {}
    for chip in told.values():
        known = once.get(chip.short)
        once[chip.short] = replace(known, says=f"{known.says}; {chip.says}") if known else chip
    mode = str(Oversight(case.oversight).label)
    return list(once.values()) or [Chip(mode, mode, "oversight", "")]


def _nearest(reasons: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Of several limits that one value has crossed, the one that asks for most, then the one that it just crossed."""
    kept: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    for n, reason in enumerate(reasons):
        limit = _limit(reason["threshold"])
        key = (reason["category"], reason["call_id"], reason["observed"]) if limit is not None else (n,)
        if key not in kept or _demand(reason) > _demand(kept[key]):
            kept[key] = reason
    return list(kept.values())


def _demand(reason: Mapping[str, Any]) -> tuple[int, Decimal]:
    seen, limit = _limit(reason["observed"]), _limit(reason["threshold"])
    apart = -abs(seen - limit) if seen is not None and limit is not None else Decimal(0)
    return _OUTCOMES.get(reason["outcome"], 0), apart


def _limit(text: str) -> Decimal | None:
    """The number that a limit or an observed value begins with."""
    found = re.match(r"[+-]?\d{1,20}(?:\.\d{1,20})?(?=\s|$)", text)
    return Decimal(found[0]) if found else None


def _weight(reason: Mapping[str, Any]) -> int:
    """Grave reasons first; that an action is final stands beside the action already, so that comes last."""
    if reason["category"] == "change":
        return 2
    return 0 if reason["category"] in _GRAVE else 1


def _chip(reason: Mapping[str, Any]) -> Chip:
    says, trigger = because.told(reason["says"]), reason["trigger"]
    short = says if len(says) <= _SHORT else because.rule(trigger)
    colour = "bad" if reason["category"] in _GRAVE else "warn"
    measured = [because.measured(reason[end]) for end in ("observed", "threshold")]
    return Chip(short, says, trigger, colour, *(measured if _limit(reason["threshold"]) is not None else ()))


def _lifetime(customer: Mapping[str, Any]) -> str:
    value = customer.get("lifetime_value") or {}
    return money(value.get("amount"), value.get("currency") or "") if value else ""


def _contacts(case: Case) -> int | None:
    conversation = case.facts.get("conversation")
    count = conversation.get("contacts_last_7_days") if isinstance(conversation, dict) else None
    return count if isinstance(count, int) else None


def _percent(share: Any) -> int | None:
    try:
        return round(float(share) * 100)
    except (TypeError, ValueError, OverflowError):
        return None


def _messages(case: Case, conversation: Sequence[Mapping[str, Any]]) -> list[Message]:
    last = max((n for n, message in enumerate(conversation) if message["role"] == "customer"), default=-1)
    return [_message(case, message, newest=n == last) for n, message in enumerate(conversation)]


def _message(case: Case, message: Mapping[str, Any], *, newest: bool) -> Message:
    return Message(
        role=message["role"],
        origin=message.get("by") or _origin(case, message["role"]),
        text=message["text"],
        at=message.get("at") or "",
        sentiment=_signed(message.get("sentiment")),
        why=_traces(case, message) if message["role"] == "customer" else (),
        newest=newest,
        letter=message.get("letter") or "",
        delivered=bool(message.get("delivered")),
        out_of_turn=bool(message.get("out_of_turn")),
    )


def _signed(number: Any) -> str:
    """With a true minus and the reader's separator; empty when nobody measured."""
    return "" if number is None else sums(str(number))


def _origin(case: Case, role: str) -> str:
    names = {
        "customer": case.customer_name or _("Customer"),
        "agent": f"{case.agent.name} {case.agent_version}".strip(),
        "human": _("A colleague"),
        "tool": _("Tool result"),
        "system": _("System"),
    }
    return names.get(role, role)


def _traces(case: Case, message: Mapping[str, Any]) -> tuple[str, ...]:
    """The triggers whose observed words stand in this message."""
    text = message["text"].casefold()
    fired = [
        because.rule(reason["trigger"])
        for reason in case.verdict["reasons"]
        if any(wrote.casefold() in text for wrote in _WROTE.findall(reason["says"]))
    ]
    return tuple(dict.fromkeys(fired))


def _source(n: int, source: Mapping[str, Any]) -> Source:
    return Source(
        piece=source_piece(n),
        title=source.get("title") or source.get("id") or "",
        host=_host(source.get("url") or ""),
        url=source.get("url") or "",
        text=source.get("text") or "",
        score=_percent(source.get("score")),
    )


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
