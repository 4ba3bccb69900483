"""How well a policy's rules about talk hear: labelled sentences in, precision and recall with their uncertainty out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import sqrt
from typing import TYPE_CHECKING, Any, Final

from reviewqueue.engine import facts, triggers

if TYPE_CHECKING:
    from reviewqueue.engine.policy import Policy

PARTS: Final = ("all", "tuning", "held-out")
_NORMAL: Final = 1.96  # 95 %
_ASIDE: Final[dict[str, Any]] = {"call_id": "call_1", "kind": "handoff", "name": "hand_over", "args": {}}
_MOST_SHOWN: Final = 20


@dataclass
class Score:
    """How one trigger did; ``missed`` and ``needless`` hold the first sentences of each."""

    right: int = 0
    missed: list[str] = field(default_factory=list)
    needless: list[str] = field(default_factory=list)
    misses: int = 0
    alarms: int = 0

    def as_json(self) -> dict[str, Any]:
        """Counts, shares with a 95 % interval (Wilson), and sentences to look at."""
        expected, fired = self.right + self.misses, self.right + self.alarms
        return {
            "expected": expected,
            "fired": fired,
            "right": self.right,
            "recall": _share(self.right, expected),
            "precision": _share(self.right, fired),
            "missed": self.missed,
            "needless": self.needless,
        }


def fired(policy: Policy, text: str, *, language: str | None = None) -> set[str]:
    """The triggers that one sentence of a customer sets off in the live feed."""
    document = {"conversation": {"id": "measured"}, "actions": [_ASIDE], "language": language}
    said = [{"seq": 1, "role": "customer", "text": text}]
    seen = facts.gather(document, agent="measured", messages=said, history={"same_action_count": {}})
    return {reason.trigger for reason in triggers.evaluate(policy.of_talk, seen).reasons}


def measure(policy: Policy, rows: Iterable[Mapping[str, Any]], *, part: str = "all") -> dict[str, Score]:
    """Score every trigger that a row expects. A row: `text`, `triggers` (names, may be none) and perhaps `language`.

    `part`: a sentence belongs to `tuning` or `held-out` by its own digest, so the same on every machine.
    """
    chosen = [row for row in rows if part == "all" or part == part_of(row["text"])]
    named = sorted({name for row in chosen for name in row["triggers"]})
    scores = {name: Score() for name in named}
    for row in chosen:
        heard = fired(policy, row["text"], language=row.get("language"))
        for name in named:
            _count(scores[name], row["text"], expected=name in row["triggers"], fires=name in heard)
    return scores


def part_of(text: str) -> str:
    """To which half a sentence belongs."""
    return PARTS[1 + hashlib.sha256(text.encode()).digest()[0] % 2]


def _count(score: Score, text: str, *, expected: bool, fires: bool) -> None:
    score.right += expected and fires
    score.misses += expected and not fires
    score.alarms += fires and not expected
    if expected != fires:
        shown = score.missed if expected else score.needless
        if len(shown) < _MOST_SHOWN:
            shown.append(text)


def _share(part: int, whole: int) -> dict[str, Any] | None:
    if not whole:
        return None
    share, squared = part / whole, _NORMAL**2
    middle = (share + squared / (2 * whole)) / (1 + squared / whole)
    reach = _NORMAL * sqrt(share * (1 - share) / whole + squared / (4 * whole**2)) / (1 + squared / whole)
    return {"share": round(share, 3), "interval": [round(max(0, middle - reach), 3), round(min(1, middle + reach), 3)]}
