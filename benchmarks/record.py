"""Keeps the table of docs/performance.md: what was measured again replaces its old line, the rest stays."""

from __future__ import annotations

import re
from pathlib import Path

from benchmarks.figures import HEADS, table

PAGE = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
_BETWEEN = re.compile(r"(<!-- figures -->\n).*?(<!-- end of figures -->)", re.DOTALL)


def write(*, rows: list[dict[str, str]], said: str) -> None:
    """Put these lines and how they were taken between the two marks of the page."""
    page = PAGE.read_text()
    found = _BETWEEN.search(page)
    if found is None:
        message = f"{PAGE} has no place marked for figures"
        raise RuntimeError(message)
    kept = {row["what"]: row for row in _read(found[0])} | {row["what"]: row for row in rows}
    inside = f"{said}\n\n{table(list(kept.values()))}\n"
    PAGE.write_text(page[: found.end(1)] + inside + page[found.start(2) :])


def _read(text: str) -> list[dict[str, str]]:
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")
    ]
    return [dict(zip(HEADS, row, strict=True)) for row in cells[2:]]
