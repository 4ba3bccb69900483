"""``python -m benchmarks [name …]``: run all or some; the table goes to the terminal."""

from __future__ import annotations

import argparse
import platform
from typing import TYPE_CHECKING, Any

from benchmarks import cycle, fanout, footprint, intake, keys, next_case, pages
from benchmarks.figures import table

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 5


def _all(rounds: int) -> dict[str, Callable[[], list[Any]]]:
    return {
        "intake-postgresql": lambda: [intake.on_postgresql(rounds, 1500)],
        "intake-sqlite": lambda: [intake.on_sqlite(rounds, 800)],
        "cycle": lambda: cycle.one_at_a_time(rounds, 60),
        "fanout": lambda: [*fanout.commit_to_event(200, rounds), *fanout.commit_to_event(500, rounds)],
        "next-case": lambda: [next_case.eight_workers(rounds)],
        "pages-postgresql": lambda: pages.server_time(rounds, postgresql=True),
        "pages-sqlite": lambda: pages.server_time(rounds, postgresql=False),
        "keys": lambda: keys.key_to_paint(rounds),
        "footprint": lambda: footprint.figures(rounds),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*_all(1), []], help="which to run; all when none is named")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how many interleaved rounds (default %(default)s)")
    chosen = parser.parse_args()
    benchmarks = _all(chosen.rounds)
    rows = []
    for name in chosen.names or benchmarks:
        print(f"measuring {name} …", flush=True)
        rows += [figure.row() for figure in benchmarks[name]()]
    print(f"\nPython {platform.python_version()}, medians of {chosen.rounds} rounds (least–most)\n")
    print(table(rows))


if __name__ == "__main__":
    main()
