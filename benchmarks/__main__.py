"""``python -m benchmarks [name …]``: run all or some. The table goes to the terminal, or (``--write``) into docs."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
import traceback
from typing import TYPE_CHECKING, Any

from benchmarks import crowd, cycle, fanout, footprint, intake, keys, levels, next_case, pages, record, reports, what_if
from benchmarks.figures import table

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 3


def _all(rounds: int, stored: int = pages.LARGE[1]) -> dict[str, Callable[[], list[Any]]]:
    return {
        "intake-postgresql": lambda: [intake.on_postgresql(rounds, 1500)],
        "intake-sqlite": lambda: [intake.on_sqlite(rounds, 800)],
        "crowd": lambda: crowd.pages_beside_intake(rounds),
        "cycle": lambda: cycle.one_at_a_time(rounds, 60),
        "fanout": lambda: [*fanout.commit_to_event(200, rounds), *fanout.commit_to_event(500, rounds)],
        "next-case": lambda: [next_case.eight_workers(rounds)],
        "pages-postgresql": lambda: pages.server_time(rounds, postgresql=True, stored=stored),
        "pages-sqlite": lambda: pages.server_time(rounds, postgresql=False, stored=stored),
        "reports-postgresql": lambda: reports.looking_back(1, postgresql=True),
        "reports-sqlite": lambda: reports.looking_back(1, postgresql=False),
        "what-if": lambda: [
            what_if.over(10_000, rounds, fresh=True),
            what_if.over(10_000, rounds),
            what_if.over(1_000_000, 1),
        ],
        "keys": lambda: keys.key_to_paint(rounds),
        "levels": lambda: levels.ten_thousand_due(rounds),
        "levels-acting": lambda: levels.ten_thousand_act(rounds, postgresql=True),
        "levels-acting-sqlite": lambda: levels.ten_thousand_act(rounds, postgresql=False),
        "levels-killed": levels.while_killed,
        "footprint": lambda: footprint.figures(rounds),
    }


def main() -> None:
    """Measure and print; one benchmark that fails takes none of the others with it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*_all(1), []], help="which to run; all when none is named")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how many interleaved rounds (default %(default)s)")
    less = "the stored cases of a large desk in the pages benchmarks, a tenth of them open (default %(default)s)"
    parser.add_argument("--stored", type=int, default=pages.LARGE[1], help=less)
    parser.add_argument("--write", action="store_true", help="put the figures into docs/performance.md")
    chosen = parser.parse_args()
    benchmarks, failed = _all(chosen.rounds, chosen.stored), []
    rows: list[dict[str, str]] = []
    for name in chosen.names or benchmarks:
        began = time.monotonic()
        print(f"measuring {name} …", flush=True)
        try:
            measured = [figure.row() for figure in benchmarks[name]()]
        except Exception:  # noqa: BLE001 - whatever went wrong is printed, and the rest is still worth measuring
            traceback.print_exc()
            failed.append(name)
            continue
        print(f"{table(measured)}\n  took {time.monotonic() - began:.0f} s\n", flush=True)
        rows += measured
        if chosen.write:
            record.write(rows=measured, said=_said(chosen.rounds))
    print(f"\n{_said(chosen.rounds)}\n\n{table(rows)}")
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


def _said(rounds: int) -> str:
    busy = os.getloadavg()[2]
    return (
        f"Python {platform.python_version()}, {os.cpu_count()} cores, {time.strftime('%Y-%m-%d')}; "
        f"medians of {rounds} rounds (least–most); load of the last 15 minutes when written: {busy:.1f}"
    )


if __name__ == "__main__":
    main()
