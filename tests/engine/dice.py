"""Facts thrown by dice: limits met exactly, numbers as text, huge, absent, of other currencies, and worse."""

import random
from typing import Any

NUMBERS: tuple[Any, ...] = (
    *("0", "0.5", "0.7", 0.7, 0.69, "0.70", -0.6, "-0.6", -0.61, "30", 31, 200, "200.00", "200.01", "199.99", "-200"),
    *(1e308, "1e400", "NaN", "inf", float("nan"), float("inf"), True, False, "x", "", None, 10**40, "9" * 30),
    *(
        "0." + "0" * 25 + "1",
        "200.000000000000000000001",
        "0.70000000000000000001",
        "1_000",
        " 5 ",
        "٣",
        [],
        {},
        3,
        4,
        "3",
    ),
)
CURRENCIES = ("EUR", "EUR", "EUR", "USD", "GBP", "ISK", "eur", "", None, 7)
WORDS = (
    "refund",
    "faq",
    "Store-Hours",
    "store hours",
    "gold",
    "VIP",
    "",
    "*",
    "ünïcode",
    "a" * 300,
    "0",
    5,
    True,
    None,
)
FLAGS = (True, False, None, "yes", 1, 0)
LISTS = ("legal", "fraud", "Refund", "out of scope", "Out-Of-Scope", 3, None, True)
TEXTS: tuple[Any, ...] = (
    *(
        "Where is it?",
        "My lawyer will sue you.",
        "No thanks.",
        "Get me a human!\nNow.",
        "Delete my account",
        "",
        None,
        17,
    ),
    *("lawyer " * 3_000, "half \ud800 of a character", "İstanbul", ["My", "lawyer"], []),
)
DAYS = ("2010-01-01", "2020-01-01", "2019-12-31", "2026-01-01T10:00:00Z", "2026-02-30", "", None, 20200101)


def number(dice: random.Random) -> Any:
    return dice.choice(NUMBERS) if dice.random() < 0.7 else f"{dice.uniform(-1, 1000):.2f}"


def money(dice: random.Random) -> Any:
    if dice.random() < 0.1:
        return dice.choice((None, "5", 5, [], {"amount": "5"}, {"currency": "EUR"}))
    return {"amount": number(dice), "currency": dice.choice(CURRENCIES)}


def several(dice: random.Random, most: int, one: Any) -> Any:
    return None if dice.random() < 0.2 else [one() for _ in range(dice.randint(0, most))]


def action(dice: random.Random, place: int) -> dict[str, Any]:
    args = {key: dice.choice((number, money))(dice) for key in ("amount", "x") if dice.random() < 0.5}
    known = {
        "call_id": f"call_{place}",
        "kind": dice.choice(("tool_call", "tool_call", "reply", "question", "handoff", None)),
        "name": dice.choice(("refund_order", "Send-Reply", "cancel plan", "delete_account", "", None)),
        "args": args | ({"lines": [number(dice)], "deep": {"word": dice.choice(WORDS)}} if dice.random() < 0.3 else {}),
        "value": money(dice),
        "reversible": dice.choice(FLAGS),
        "value_understated": dice.choice(FLAGS),
        "hidden_characters": number(dice),
        "same_action_count": number(dice),
    }
    return {key: value for key, value in known.items() if dice.random() < 0.95}


def facts(dice: random.Random) -> dict[str, Any]:
    """One stored document of facts, now and then with a part missing or of another kind."""
    word = lambda: dice.choice(WORDS)  # noqa: E731 - thrown anew each time
    listed = lambda: several(dice, 4, lambda: dice.choice(LISTS))  # noqa: E731 - as above
    known = {
        "agent": dice.choice(("shop-bot", "mail_bot")),
        "team": word(),
        "intent": word(),
        "workflow": word(),
        "release": dice.choice(("together", "each", None)),
        "signals": {"confidence": number(dice), "sentiment": number(dice), "topics": listed(), "risk_flags": listed()}
        | ({"discount_percent": number(dice)} if dice.random() < 0.8 else {}),
        "customer": {
            "tier": word(),
            "lifetime_value": money(dice),
            "since": dice.choice(DAYS),
            "tenure_days": number(dice),
            "attributes": {key: dice.choice((word(), number(dice))) for key in ("segment", "country", "score")},
        },
        "conversation": {
            "channel": word(),
            "language": word(),
            "sentiment": several(dice, 4, lambda: number(dice)),
            "asks_for_human": dice.choice(FLAGS),
            "rounds_without_progress": number(dice),
            "contacts_last_7_days": number(dice),
        },
        "text": {"customer": dice.choice(TEXTS), "customer_messages": number(dice)},
        "briefing": {"missing": listed(), "attempted": listed()},
        "proposal": {"action_count": number(dice)},
        "actions": [action(dice, place) for place in range(dice.choice((1, 1, 1, 2, 3)))],
    }
    if dice.random() < 0.02:
        known["actions"] = []
    return {
        key: dice.choice((None, {})) if dice.random() < 0.01 and key != "actions" else value
        for key, value in known.items()
    }
