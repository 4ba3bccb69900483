"""Gathers everything a policy may ask about into one plain document, which can be judged again at any later time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from reviewqueue.engine import hidden
from reviewqueue.engine.amounts import exact
from reviewqueue.engine.canonical import UnreadableError, digest
from reviewqueue.engine.handover import asks_for_human
from reviewqueue.engine.readings import calendar_day
from reviewqueue.engine.stall import rounds_without_progress
from reviewqueue.engine.view import MOVES_NO_MONEY
from reviewqueue.engine.wording import readable

FORMAT = 1
MINUTE = timedelta(minutes=1)
_CENTS = Decimal(100)


def gather(
    proposal: Mapping[str, Any],
    *,
    agent: str,
    team: str = "",
    messages: Sequence[Mapping[str, Any]] = (),
    history: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Facts of one proposal as plain JSON; what is not known is None.

    `proposal`: a validated wire document. `messages`: the conversation so far, this proposal's words included; when
    empty, the proposal's own. `history`: what the desk knows of the past, each entry may be missing or None:
    `contacts_last_7_days`, `messages_last_minute`, `rounds_without_progress` (counts), `same_action_count`
    (by call id, this time included) and `now` (ISO 8601).
    """
    past = history or {}
    said = messages or _part(proposal, "conversation").get("messages") or ()
    actions = proposal.get("actions") or []
    signals = _part(proposal, "signals")
    briefing = _part(proposal, "briefing")
    return {
        "format": FORMAT,
        "agent": agent,
        "team": team or None,
        "intent": proposal.get("intent") or None,
        "workflow": proposal.get("workflow") or None,
        "release": proposal.get("release") or "together",
        "signals": {
            "confidence": _number(signals.get("confidence")),
            "sentiment": _number(signals.get("sentiment")),
            "discount_percent": _number(signals.get("discount_percent")),
            "topics": signals.get("topics"),
            "risk_flags": signals.get("risk_flags"),
        },
        "customer": _customer(_part(proposal, "customer"), past.get("now")),
        "conversation": _conversation(proposal, said, past),
        "text": _text(said),
        "briefing": {"missing": briefing.get("missing"), "attempted": briefing.get("attempted")},
        "proposal": {"action_count": len(actions)},
        "actions": [_action(action, times) for action, times in zip(actions, _repeats(actions, past), strict=True)],
    }


def _part(document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    part: Mapping[str, Any] = document.get(key) or {}
    return part


def _number(value: Any) -> str | None:
    """As text, so that no reader of the stored facts rounds it."""
    number = exact(value)
    return None if number is None else format(number, "f")


def _customer(customer: Mapping[str, Any], now: str | None) -> dict[str, Any]:
    since, today = calendar_day(customer.get("since")), calendar_day(now)
    return {
        "tier": customer.get("tier") or None,
        "lifetime_value": _money(customer.get("lifetime_value")),
        "since": since.isoformat() if since else None,
        "tenure_days": (today - since).days if since and today else None,
        "attributes": dict(customer.get("attributes") or {}),
    }


def _money(value: Any) -> dict[str, Any] | None:
    return {"amount": value.get("amount"), "currency": value.get("currency")} if isinstance(value, Mapping) else None


def _conversation(
    proposal: Mapping[str, Any], said: Sequence[Mapping[str, Any]], past: Mapping[str, Any]
) -> dict[str, Any]:
    rounds, recent = past.get("rounds_without_progress"), past.get("messages_last_minute")
    measured = [message.get("sentiment_by") for message in _from_customer(said)]
    return {
        "channel": _part(proposal, "conversation").get("channel") or None,
        "language": proposal.get("language") or None,
        "sentiment": [_number(message.get("sentiment")) for message in _from_customer(said)],
        "asks_for_human": asks_for_human(said),
        "rounds_without_progress": rounds_without_progress(said) if rounds is None else rounds,
        "messages_last_minute": _recent(said, past.get("now")) if recent is None else recent,
        "contacts_last_7_days": past.get("contacts_last_7_days"),
        # Only where the desk had to measure: who gave each of the scores above.
        **({"sentiment_by": measured} if any(measured) else {}),
    }


def _text(said: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    texts = [str(message.get("text") or "") for message in _from_customer(said)]
    words = [words for text in texts if (words := readable(text))]
    return {"customer": words, "customer_messages": len(words), "hidden_characters": sum(map(hidden.count, texts))}


def _from_customer(said: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    return (message for message in said if message.get("role") == "customer")


def _recent(said: Sequence[Mapping[str, Any]], now: str | None) -> int | None:
    """Messages of the customer in the minute that ends with the newest of them, or now when that is earlier."""
    stamps = [stamp for message in _from_customer(said) if (stamp := _moment(message.get("at")))]
    if not stamps:
        return None
    end = min(max(stamps), _moment(now) or max(stamps))
    return sum(end - MINUTE < stamp <= end for stamp in stamps)


def _moment(value: Any) -> datetime | None:
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _action(action: Mapping[str, Any], times: int | None) -> dict[str, Any]:
    args = action.get("args") or {}
    value = _money(action.get("value"))
    return {
        "call_id": action.get("call_id"),
        "kind": action.get("kind"),
        "name": action.get("name"),
        "args": args,
        "value": value,
        "reversible": action.get("reversible"),
        "value_understated": _understated(action, value, args),
        "hidden_characters": hidden.count(args),
        "same_action_count": times,
    }


def _repeats(actions: Sequence[Mapping[str, Any]], past: Mapping[str, Any]) -> list[int | None]:
    """How often each action was proposed: what the desk counted, else how often it stands in this proposal."""
    counted = past.get("same_action_count")
    if counted is not None:
        return [counted.get(action.get("call_id")) for action in actions]
    total: Counter[str] = Counter()
    return [_counted(total, action) for action in actions]


def _counted(total: Counter[str], action: Mapping[str, Any]) -> int | None:
    try:
        name = digest({"name": action.get("name"), "args": action.get("args")})
    except (UnreadableError, TypeError):
        return None
    total[name] += 1
    return total[name]


def _understated(action: Mapping[str, Any], value: Mapping[str, Any] | None, args: Any) -> bool | None:
    """Whether an argument called an amount is larger than the value that the agent stated for the action."""
    stated = exact(value.get("amount")) if value else Decimal(0) if action.get("kind") in MOVES_NO_MONEY else None
    if stated is None:
        return None
    return any(_exceeds(amount, stated.copy_abs()) for amount in _amounts(args))


def _exceeds(amount: Any, stated: Decimal) -> bool:
    number = exact(amount)
    if number is None:
        return False
    # As a whole number the same sum in cents is what many payment interfaces take.
    in_cents = isinstance(amount, int) and number == stated * _CENTS
    return number.copy_abs() > stated and not in_cents


def _amounts(value: Any, key: str = "") -> Iterator[Any]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _amounts(item, name)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _amounts(item, key)
    elif "amount" in key.lower():
        yield value
