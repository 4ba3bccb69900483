"""Inside a desk's own environment: decide conversations one after the other, and look for runs of the same task."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from random import Random
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hitl.settings")
django.setup()

from benchmarks import known  # noqa: E402 - after the setup
from reviewqueue.queries import likeness  # noqa: E402 - after the setup
from tests import factories  # noqa: E402 - after the setup

_SHOWN = 5
_TOLD = 3


def main() -> None:
    """Every conversation in which something was to be done, in an order that is shuffled once."""
    folder = Path(sys.argv[1])
    tasks = {each["id"]: each["task_key"] for each in known.lines(folder, "truth_retail.jsonl")}
    talks = [each for each in known.lines(folder, "conversations_retail.jsonl") if each["actions"]]
    Random(1).shuffle(talks)
    factories.policy()
    bot, ana = factories.agent(name="retail"), factories.person("supervisor")
    before: dict[str, str] = {}
    found, chance, asked = 0, 0.0, 0
    for talk in talks:
        case = factories.claimed(ana, by=bot, **_proposal(talk))
        runs = {pk for pk, task in before.items() if task == tasks[talk["id"]]}
        if runs:
            asked += 1
            found += bool(runs & {each["id"] for each in likeness.of(case, ana).shown})
            chance += _by_chance(len(before), len(runs))
        factories.decide(case, ana)
        before[case.pk] = tasks[talk["id"]]
    shares = f"({known.percent(found / asked)})", known.percent(chance / asked)
    print(f"of {asked} conversations with an earlier run of the same task {found} {shares[0]} show one of these runs")
    print(f"among their {_SHOWN} most similar cases; by chance it would be {shares[1]}")


def _proposal(talk: dict[str, Any]) -> dict[str, Any]:
    """The customer's first words are the issue; what was done first is the action; the intent is not told."""
    words = [each["text"] for each in talk["messages"] if each["role"] == "customer"][:_TOLD]
    done = talk["actions"][0]
    return {
        "intent": "",
        "conversation": {"id": talk["id"], "channel": "chat", "messages": []},
        "briefing": {"issue": " ".join(words)[:1000]},
        "actions": [factories.action(name=done["name"], args=done["arguments"], value=None)],
    }


def _by_chance(cases: int, runs: int) -> float:
    """That one of so many is among five drawn of all."""
    none = 1.0
    for n in range(min(_SHOWN, cases)):
        none *= max(cases - runs - n, 0) / (cases - n)
    return 1 - none


if __name__ == "__main__":
    main()
