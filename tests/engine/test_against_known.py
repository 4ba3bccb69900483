"""The tool that holds estimates, judges and groups against what is known, on files that are made here."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from benchmarks import known

if TYPE_CHECKING:
    from pathlib import Path


def _write(folder: Path, name: str, rows: list[dict[str, Any]]) -> None:
    (folder / name).write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")


def test_samples_of_known_conversations_estimate_their_rate(tmp_path: Path) -> None:
    talks, truth = [], []
    for n in range(120):
        dear, bad = n % 3 == 0, n % 6 == 0
        value = {"gross": 900.0 if dear else 20.0}
        talks.append({"id": str(n), "agent": "A", "messages": [], "actions": [{"value": value}, {"value": None}]})
        truth.append({"id": str(n), "reward": 0.0 if bad else 1.0, "wrong_writes": int(bad and n % 12 == 0)})
    _write(tmp_path, "conversations_retail.jsonl", talks)
    _write(tmp_path, "truth_retail.jsonl", truth)
    found = known.happened(tmp_path)
    assert (sum(each.failed for each in found.values()), sum(each.wrong_write for each in found.values())) == (20, 10)
    rate, size, estimate, holds, pooled = known.sampled(found, 40, "failed")
    assert (rate, size) == ("16.7 %", "40")
    assert abs(float(estimate.split()[0]) - 16.7) < 0.5
    assert float(holds.split()[0]) > 90
    assert float(pooled.split()[0]) > 25  # where the errors are, more is drawn


def test_judges_are_told_by_what_they_find_and_by_halves_they_have_not_seen(tmp_path: Path) -> None:
    said = {"sharp": lambda n: n % 2 == 0, "blind": lambda _n: False}
    rows = [
        {"reviewer": name, "id": f"{n:03}", "true_reward": float(n % 2), "verdict": "fail" if says(n) else "pass"}
        for name, says in said.items()
        for n in range(60)
    ]
    _write(tmp_path, "reviews_retail_reviewed.jsonl", rows)
    found = known.reviewers(tmp_path)
    assert known.calibrated(found["sharp"]) == ["100 % (89–100)", "100 % (89–100)", "50.0 %", "50 % (36–64)"]
    assert known.calibrated(found["blind"])[-1] == "refused"
    refused, holds, raw, corrected = known.halves(found["sharp"])
    assert (refused, raw, corrected) == ("0 %", "0.00", "0.00")
    assert holds == "100 %"
    assert known.halves(found["blind"]) == ["100 %", "–", "–", "–"]
    assert known.agreed(found).startswith("blind and sharp agree best (kappa 0.00)")


def test_groups_are_held_against_topics(tmp_path: Path) -> None:
    texts = {"card": "my payment card was lost yesterday", "parcel": "the parcel never arrived here"}
    rows = [{"text": f"{text} again", "topic": topic} for topic, text in texts.items() for _each in range(4)]
    _write(tmp_path, "topics_banking77.jsonl", rows)
    assert known.topics(tmp_path, 1) == ["2", "1.00", "1.00", "1.00", "1.00"]
    assert known.topics(tmp_path, 2)[1] == "1.00"
