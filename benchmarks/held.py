"""``python -m benchmarks.held FOLDER``: what each policy would have held of recorded writes whose outcome is known.

FOLDER holds public conversations, one JSON object a line; nothing of it belongs to the project. ``*`` is ``retail``
(tau-bench) and ``retail_reviewed`` (tau2-bench), both under the MIT licence:

* ``conversations_*.jsonl``: stored conversations as `manage.py replay` reads them, ``actions`` with ``value``;
* ``truth_*.jsonl``: by ``id`` the ``reward``, the ``wrong_writes``, the ``task_key``, and of each of the ``writes`` its
  ``label``: ``correct`` and ``equivalent`` were right, ``wrong_arguments`` and ``unexpected`` wrong.

The table in docs/performance.md is what it prints. ``--proposals FILE`` writes the same writes as proposals in wire
format with what became of them instead, for `manage.py import_history` and `manage.py what_if --over`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import mean
from typing import Any, Final

from benchmarks.known import lines, percent, table
from hitl.replay import stored
from reviewqueue.engine import facts, triggers
from reviewqueue.engine.estimates import Share
from reviewqueue.engine.policy import MODES, Policy, parse
from reviewqueue.engine.starting import starting_policy

SETS: Final = ("retail", "retail_reviewed")
RIGHT: Final = frozenset({"correct", "equivalent"})
WRONG: Final = frozenset({"wrong_arguments", "unexpected"})
DRAWS: Final = 2_000
FOLDS: Final = 10
# Which limits for small sums are tried, and how much of what is right may be held.
LIMITS: Final = range(50, 801, 50)
MOST: Final = 0.8
_SMALL: Final = '"300.00"'
_HELD: Final = MODES.index("in_the_loop")
_EVERY: Final = timedelta(hours=1)

LIMITS_ALONE: Final[dict[str, Any]] = {
    "format": 1,
    "name": "Limits alone",
    "currency": "USD",
    "oversight": [{"match": {}, "mode": "out_of_the_loop"}],
    "triggers": [
        {"name": "refund-over-limit", "when": {"fact": "action.args.refund", "over": "200"}, "outcome": "review"},
        {
            "name": "value-over-limit",
            "when": {"fact": "action.value", "over": "500.00", "if_unknown": "pass"},
            "outcome": "review",
        },
    ],
}


@dataclass(frozen=True, slots=True)
class Write:
    """One attempt of an agent to change something: its proposal, its label, and in whose conversation."""

    document: dict[str, Any]
    label: str
    talk: str
    task: str
    incident: bool


def writes(folder: Path) -> Iterator[Write]:
    """All of them, in the order of the files."""
    for name in SETS:
        truth = {each["id"]: each for each in lines(folder, f"truth_{name}.jsonl")}
        for talk in lines(folder, f"conversations_{name}.jsonl"):
            yield from _of_talk(talk, truth[talk["id"]])


def _of_talk(talk: dict[str, Any], truth: dict[str, Any]) -> Iterator[Write]:
    read = stored.read(talk, fallback_id=talk["id"], writes=())
    labels = {(each["seq"], each["call_id"], each["name"]): each["label"] for each in truth["writes"]}
    values = {(each["seq"], each["call_id"], each["name"]): each.get("value") or {} for each in talk["actions"]}
    incident = truth["wrong_writes"] > 0 and not truth["reward"]
    for number, call in enumerate(read.writes):
        key = (call.seq, call.call_id, call.name)
        said = [turn for turn in read.turns if turn.seq < call.seq and turn.role in {"customer", "agent"} and turn.text]
        told = [{"seq": turn.seq, "role": turn.role, "text": turn.text} for turn in said]
        value = {"amount": str(call.value.amount), "currency": call.value.currency} if call.value else None
        # What is refunded of the value is told beside the arguments, so that a rule can ask for it.
        refund = {"refund": str(values[key]["refund"])} if values[key].get("refund") else {}
        action = {"call_id": call.call_id, "kind": "tool_call", "name": call.name, "args": call.arguments | refund}
        document = {
            "dedupe_key": f"{read.id}-{number}",
            "conversation": {"id": read.id, "channel": "chat", "messages": told},
            "actions": [action | ({"value": value} if value else {})],
        }
        yield Write(document, labels[key], read.id, truth["task_key"], incident)


def held(policy: Policy, found: Iterable[Write]) -> list[bool]:
    """Of each write, whether a person must look."""
    return [MODES.index(triggers.evaluate(policy, _facts(each.document)).mode) >= _HELD for each in found]


def _facts(document: dict[str, Any]) -> dict[str, Any]:
    return facts.gather(document, agent="retail", messages=document["conversation"]["messages"])


def prevented(found: list[Write], flags: list[bool]) -> int:
    """In how many of the incident conversations every wrong write is held."""
    talks: dict[str, bool] = {}
    for each, flag in zip(found, flags, strict=True):
        if each.incident and each.label in WRONG:
            talks[each.talk] = talks.get(each.talk, True) and flag
    return sum(talks.values())


def incidents(found: list[Write]) -> int:
    """How many conversations ended wrong by a wrong write."""
    return len({each.talk for each in found if each.incident and each.label in WRONG})


def share(found: list[Write], flags: list[bool], labels: frozenset[str]) -> Share:
    """How many writes with these labels are held."""
    chosen = [flag for each, flag in zip(found, flags, strict=True) if each.label in labels]
    return Share(sum(chosen), len(chosen))


def row(name: str, found: list[Write], flags: list[bool]) -> list[str]:
    """A line of the table."""
    stopped, whole = prevented(found, flags), incidents(found)
    dice, by_chance = Random(1), []
    for _draw in range(DRAWS):
        places = set(dice.sample(range(len(found)), sum(flags)))
        by_chance.append(prevented(found, [place in places for place in range(len(found))]))
    by_chance.sort()
    low, high = by_chance[DRAWS // 40], by_chance[-DRAWS // 40]
    p = sum(count >= stopped for count in by_chance) / DRAWS
    chance = f"{percent(mean(by_chance) / whole, 0)} ({100 * low / whole:.0f} to {100 * high / whole:.0f}), p = {p:.3f}"
    shares = [share(found, flags, RIGHT), share(found, flags, WRONG), Share(stopped, whole)]
    return [name, *map(_told, shares), chance]


def _told(one: Share) -> str:
    low, high = one.bounds
    return f"{one.hits} of {one.n}: {percent(one.value or 0, 0)} [{100 * low:.0f}, {100 * high:.0f}]"


def limited(amount: int) -> Policy:
    """The starting policy with another limit for small sums."""
    return parse(json.loads(json.dumps(starting_policy()).replace(_SMALL, f'"{amount}.00"')))


def chosen_elsewhere(found: list[Write]) -> list[bool]:
    """For each tenth of the tasks the limit that did best on the others: what it holds of that tenth."""
    by_limit = {amount: held(limited(amount), found) for amount in LIMITS}
    tasks = sorted({each.task for each in found})
    Random(1).shuffle(tasks)
    flags = [False] * len(found)
    for fold in range(FOLDS):
        out = set(tasks[fold::FOLDS])
        best = _best(by_limit, [place for place, each in enumerate(found) if each.task not in out], found)
        for place, each in enumerate(found):
            if each.task in out:
                flags[place] = by_limit[best][place]
    return flags


def _best(by_limit: dict[int, list[bool]], places: list[int], found: list[Write]) -> int:
    """The limit that prevents most and holds less than four fifths of what is right; of several, less of it."""
    some = [found[place] for place in places]

    def worth(amount: int) -> tuple[bool, int, float]:
        flags = [by_limit[amount][place] for place in places]
        right = share(some, flags, RIGHT).value or 0.0
        return right < MOST, prevented(some, flags), -right

    return max(by_limit, key=worth)


def proposals(found: list[Write]) -> Iterator[dict[str, Any]]:
    """In wire format, with what became of each; the recordings have no times, so one comes each hour."""
    now = datetime.now(UTC)
    for number, each in enumerate(found):
        became = {"outcome": "incident"} if each.label in WRONG else {"decision": "approve"}
        at = {"created_at": (now - _EVERY * (len(found) - number)).isoformat()}
        yield each.document | at | (became if each.label in RIGHT | WRONG else {})


def main() -> None:
    """Print the table, or write the proposals."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.held", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--proposals", type=Path, metavar="FILE", help="write them there instead")
    chosen = parser.parse_args()
    found = list(writes(chosen.folder))
    if chosen.proposals:
        chosen.proposals.write_text("".join(f"{json.dumps(each)}\n" for each in proposals(found)))
        return
    tried: list[tuple[str, Callable[[], list[bool]]]] = [
        ("limits alone: refund over 200 or value over 500 USD", lambda: held(parse(LIMITS_ALONE), found)),
        ("the starting policy", lambda: held(parse(starting_policy()), found)),
        ("its limit for small sums chosen on nine tenths of the tasks, tried on the last tenth, ten times",
         lambda: chosen_elsewhere(found)),
    ]  # fmt: skip
    head = (
        "policy | right writes held | wrong writes held | incident conversations prevented | holding as many at random"
    )
    sys.stdout.write(table(head, [row(name, found, flags()) for name, flags in tried]) + "\n")


if __name__ == "__main__":
    main()
