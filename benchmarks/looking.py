"""Inside a desk's own environment: store packed facts of so many cases, and hold the starting policy against them."""

from __future__ import annotations

import io
import json
import os
import random
import sys
import tempfile
import time
from datetime import timedelta
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hitl.settings")
django.setup()

from django.core.management import call_command  # noqa: E402 - after the setup

from benchmarks import proposals  # noqa: E402 - after the setup
from reviewqueue.domain import fact_blocks, policies  # noqa: E402 - after the setup
from reviewqueue.engine import facts, triggers  # noqa: E402 - after the setup
from reviewqueue.engine.policy import Policy  # noqa: E402 - after the setup
from reviewqueue.models import FactBlock  # noqa: E402 - after the setup
from reviewqueue.queries import clock, recorded, what_if  # noqa: E402 - after the setup

_POOL = 20_000
_WORDS = (
    *("order", "parcel", "late", "broken", "lamp", "return", "exchange", "card", "please"),
    *("thanks", "colour", "size", "address", "invoice", "again", "day"),
)


def document(dice: random.Random) -> dict[str, Any]:
    """A case like no other: its own words, sums and signals."""
    said = [
        {"seq": n, "role": "customer", "text": " ".join(dice.choices(_WORDS, k=25)), "sentiment": dice.uniform(-1, 1)}
        for n in range(4)
    ]
    whole = proposals.document()
    action = whole["actions"][0] | {
        "value": {"amount": f"{dice.uniform(1, 900):.2f}", "currency": dice.choice(("EUR", "USD"))}
    }
    return whole | {
        "intent": dice.choice(("refund", "faq", "order_status", "cancel_order", "return")),
        "conversation": whole["conversation"] | {"messages": said},
        "actions": [action],
        "signals": {"confidence": round(dice.random(), 2), "topics": dice.sample(_WORDS, 2)},
    }


def store(cases: int, policy: Policy) -> list[dict[str, Any]]:
    """Packed facts of so many cases; the cases themselves are not needed to read them."""
    dice, at = random.Random(1), clock.now()
    pool = [facts.gather(document(dice), agent="bench") for _each in range(min(_POOL, cases))]
    modes = [triggers.evaluate(policy, each).mode for each in pool[:200]]
    for first in range(0, cases, recorded.SIZE):
        rows = [
            {
                "id": f"case_{n:026d}",
                "created_at": at - timedelta(minutes=n % 50_000),
                "agent__name": "bench",
                "facts": pool[dice.randrange(len(pool))],
                "mode": modes[n % len(modes)],
                "queue": "billing",
                "priority": "normal",
                "reasons": "",
            }
            for n in range(first, min(first + recorded.SIZE, cases))
        ]
        fact_blocks.store(rows)
    return pool


def take_in(cases: int) -> list[dict[str, Any]]:
    """So many cases of stored history, fresh: none of them is packed yet."""
    dice, at = random.Random(1), clock.now()
    documents = [document(dice) for _each in range(cases)]
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        for n, each in enumerate(documents):
            when = {"created_at": (at - timedelta(minutes=n % 50_000)).isoformat()}
            named = {"dedupe_key": f"k{n}", "conversation": each["conversation"] | {"id": f"c{n}"}}
            file.write(json.dumps(each | named | when) + "\n")
        file.flush()
        call_command("import_history", file.name, stdout=io.StringIO())
    assert not FactBlock.objects.exists()
    return [facts.gather(each, agent="bench") for each in documents[:2000]]


def main() -> None:
    """Print seconds of processor time as JSON: of the whole report, and of judging as many one after the other."""
    cases = int(sys.argv[1])
    _number, policy = policies.current(at=clock.now())
    pool = take_in(cases) if "fresh" in sys.argv else store(cases, policy)
    began = time.process_time()
    told = what_if.report(policy, recorded.Period())
    took = time.process_time() - began
    assert told["totals"]["cases"] == cases
    began = time.process_time()
    for each in pool[:2000]:
        triggers.evaluate(policy, each)
    alone = (time.process_time() - began) / min(len(pool), 2000) * cases
    sys.stdout.write(json.dumps({"report": took, "alone": alone}))


if __name__ == "__main__":
    main()
