"""``python -m benchmarks.known FOLDER``: hold what the desk estimates, groups and finds against what is known.

FOLDER holds public conversations whose outcome is known, one JSON object a line. Nothing of it belongs to the project:

* ``conversations_retail.jsonl``: ``id``, ``agent``, ``messages``, ``actions`` with ``value`` (tau-bench, retail);
* ``truth_retail.jsonl``: by ``id`` the ``reward``, the ``wrong_writes`` and the ``task_key``;
* ``reviews_retail_reviewed.jsonl``: verdicts ``pass`` or ``fail`` of several ``reviewer`` s beside the ``true_reward``;
* ``topics_banking77.jsonl``: ``text`` and ``topic`` (BANKING77).

The figures in docs/quality.md and docs/gaps.md are what it prints.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from itertools import combinations
from pathlib import Path
from random import Random
from statistics import mean
from typing import Any, NamedTuple

import numpy as np

from benchmarks import desk
from reviewqueue.engine import agreement, grouping, sampling, survey
from reviewqueue.engine.estimates import Share

DRAWS = 2_000
HALVES = 300
# Bands of value as a new desk has them, and how much more is drawn where much money moves.
BANDS, HIGH, WEIGHT = (50, 200, 1_000), 200, 4.0
NIGHTS = 10


class Happened(NamedTuple):
    """One conversation as a sample sees it, and what is known of it."""

    key: sampling.Key
    weight: float
    failed: bool
    wrong_write: bool


def lines(folder: Path, name: str) -> list[dict[str, Any]]:
    """The objects of one file."""
    with (folder / name).open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def table(head: str, rows: list[list[str]]) -> str:
    """As the documentation has it."""
    columns = head.count("|") + 1
    return "\n".join([f"| {head} |", "|" + " --- |" * columns, *(f"| {' | '.join(row)} |" for row in rows)])


def percent(value: float, places: int = 1) -> str:
    """A share."""
    return f"{100 * value:.{places}f} %"


def happened(folder: Path) -> dict[str, Happened]:
    """Every conversation, by its id."""
    truth = {each["id"]: each for each in lines(folder, "truth_retail.jsonl")}
    found = {}
    for talk in lines(folder, "conversations_retail.jsonl"):
        known, moved = truth[talk["id"]], [a["value"]["gross"] for a in talk["actions"] if a["value"]]
        value = max(moved, default=0.0)
        band = next((f"<{top}" for top in BANDS if value < top), f"≥{BANDS[-1]}")
        failed = known["reward"] < 1
        weight = WEIGHT if value >= HIGH else 1.0
        found[talk["id"]] = Happened((talk["agent"], band), weight, failed, failed and known["wrong_writes"] > 0)
    return found


def sampled(known: dict[str, Happened], size: int, what: str) -> list[str]:
    """Two thousand draws by the product's own strata, allocation, draw and estimate."""
    cells: dict[sampling.Key, sampling.Cell] = {}
    for each in known.values():
        cells.setdefault(each.key, sampling.Cell()).add(1, each.weight)
    strata_of = sampling.collapse(cells, size=size, floor=4)
    inside: defaultdict[sampling.Key, list[str]] = defaultdict(list)
    for case, each in known.items():
        inside[strata_of[each.key]].append(case)
    keys = sorted(inside)
    strata = [sampling.Stratum(key, len(inside[key]), mean(known[c].weight for c in inside[key])) for key in keys]
    wanted = sampling.allocate(strata, size=size, floor=4)
    errors = np.array(
        [
            [_found(known, inside[key], n, f"{turn}", what) for key, n in zip(keys, wanted, strict=True)]
            for turn in range(DRAWS)
        ],
        dtype=np.float64,
    )
    populations = np.array([stratum.population for stratum in strata], dtype=np.float64)
    n = np.array(wanted, dtype=np.float64)
    whole = survey.Sample(np.arange(len(keys)), n / populations, np.broadcast_to(n, errors.shape), errors, populations)
    rates, true = survey.rates(whole), mean(getattr(each, what) for each in known.values())
    holds = float(((rates.low <= true) & (true <= rates.high)).mean())
    pooled = float(errors.sum(axis=1).mean() / n.sum())
    return [percent(true), str(size), percent(float(rates.rate.mean())), percent(holds), percent(pooled)]


def _found(known: dict[str, Happened], cases: list[str], n: int, seed: str, what: str) -> int:
    return sum(getattr(known[case], what) for case in sampling.draw(seed, cases, n))


def reviewers(folder: Path) -> dict[str, dict[str, tuple[bool, bool]]]:
    """What each said of each conversation: (it is bad, they said that it is)."""
    found: defaultdict[str, dict[str, tuple[bool, bool]]] = defaultdict(dict)
    for each in lines(folder, "reviews_retail_reviewed.jsonl"):
        found[each["reviewer"]][each["id"]] = (each["true_reward"] < 1, each["verdict"] != "pass")
    return dict(sorted(found.items()))


def calibrated(said: dict[str, tuple[bool, bool]]) -> list[str]:
    """How well one sees, what they say, and what is behind it; then the same with the other half unknown."""
    skill = agreement.skill(list(said.values()))
    apparent = Share(sum(says for _bad, says in said.values()), len(said))
    return [_with(skill.sensitivity), _with(skill.specificity), percent(apparent.value or 0), _behind(apparent, skill)]


def _with(share: Share) -> str:
    low, high = share.bounds
    return f"{100 * (share.value or 0):.0f} % ({100 * low:.0f}–{100 * high:.0f})"


def _behind(apparent: Share, skill: agreement.Skill) -> str:
    try:
        rate, low, high = agreement.rogan_gladen((apparent.value or 0, *apparent.bounds), skill)
    except agreement.NoInformationError:
        return "refused"
    return f"{100 * rate:.0f} % ({100 * low:.0f}–{100 * high:.0f})"


def halves(said: dict[str, tuple[bool, bool]]) -> list[str]:
    """Calibrated on one half and asked about the other, three hundred times."""
    dice, ids, refused = Random(1), sorted(said), 0
    holds: list[bool] = []
    raw: list[float] = []
    corrected: list[float] = []
    for _turn in range(HALVES):
        dice.shuffle(ids)
        half = len(ids) // 2
        skill = agreement.skill([said[each] for each in ids[:half]])
        asked = [said[each] for each in ids[half:]]
        apparent, true = Share(sum(says for _bad, says in asked), len(asked)), mean(bad for bad, _says in asked)
        try:
            rate, low, high = agreement.rogan_gladen((apparent.value or 0, *apparent.bounds), skill)
        except agreement.NoInformationError:
            refused += 1
            continue
        holds.append(low <= true <= high)
        raw.append(abs((apparent.value or 0) - true))
        corrected.append(abs(rate - true))
    if not holds:
        return [percent(1.0, 0), "–", "–", "–"]
    return [percent(refused / HALVES, 0), percent(mean(holds), 0), f"{mean(raw):.2f}", f"{mean(corrected):.2f}"]


def agreed(said: dict[str, dict[str, tuple[bool, bool]]]) -> str:
    """The two that agree best, and all of them."""
    kappas = {}
    for one, other in combinations(said, 2):
        pairs = [(said[one][each][1], said[other][each][1]) for each in sorted(said[one])]
        kappas[one, other] = agreement.cohen_kappa(pairs) or 0.0
    best = max(kappas, key=lambda both: kappas[both])
    ids = sorted(next(iter(said.values())))
    alpha = agreement.krippendorff_alpha([[each[key][1] for each in said.values()] for key in ids])
    return f"{' and '.join(best)} agree best (kappa {kappas[best]:.2f}); alpha of all {alpha:.2f}"


def topics(folder: Path, nights: int) -> list[str]:
    """Groups of labelled questions, by their text alone, in an order that is shuffled once."""
    from sklearn import metrics  # noqa: PLC0415 - large, and only this needs it

    asked = lines(folder, "topics_banking77.jsonl")
    Random(1).shuffle(asked)
    failures = [grouping.Failure(str(n), "", each["text"]) for n, each in enumerate(asked)]
    given: dict[str, str] = {}
    size = -(-len(failures) // nights)
    for start in range(0, len(failures), size):
        old = [grouping.Failure(each.key, "", each.text, group=given[each.key]) for each in failures[:start]]
        given |= grouping.groups([*old, *failures[start : start + size]])
    labels, found = [each["topic"] for each in asked], [given[each.key] for each in failures]
    homogeneous, complete, both = metrics.homogeneity_completeness_v_measure(labels, found)
    rand = metrics.adjusted_rand_score(labels, found)
    return [str(len(set(found))), f"{both:.2f}", f"{homogeneous:.2f}", f"{complete:.2f}", f"{rand:.2f}"]


def alike(folder: Path) -> str:
    """Are earlier runs of the same task among the similar cases? In a desk of their own."""
    with tempfile.TemporaryDirectory() as home:
        environment = desk.environment_of(home) | {"HITL_SECRET_KEY": desk.SECRET}
        desk.manage(environment, "migrate", "--verbosity", "0")
        command = [sys.executable, "-m", "benchmarks.alike", str(folder.resolve())]
        ran = subprocess.run(command, env=environment, cwd=desk.ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return ran.stdout.strip()


def main() -> None:
    """Print every table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.known", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the public files are")
    folder = parser.parse_args().folder
    known = happened(folder)
    named = {"failed": "failed", "wrong_write": "wrong write ran"}
    rows = [[label, *sampled(known, size, what)] for what, label in named.items() for size in (60, 100)]
    print(table(" | known | sample | mean estimate | interval holds | pooled rate", rows), end="\n\n")
    said = reviewers(folder)
    rows = [[name, *calibrated(each)] for name, each in said.items()]
    print(
        table("judge | finds bad ones | leaves good ones | says | corrected", rows),
        agreed(said),
        sep="\n\n",
        end="\n\n",
    )
    rows = [[name, *halves(each)] for name, each in said.items()]
    print(table("judge | refused | interval holds | raw is off by | corrected is off by", rows), end="\n\n")
    ways = (("in portions of 2,000, as the desk does", 1), (f"in {NIGHTS} nights", NIGHTS))
    rows = [[way, *topics(folder, nights)] for way, nights in ways]
    print(table("how they came | groups | V-measure | homogeneity | completeness | adjusted Rand", rows), end="\n\n")
    print(alike(folder))


if __name__ == "__main__":
    main()
