"""Numbers of several rounds, and how they are printed."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field
from typing import Final

HEADS: Final = ("what", "desk", "beside", "ratio", "target")


def percentile(values: list[float], share: float) -> float:
    """The value below which ``share`` of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@dataclass
class Measure:
    """One thing measured beside its limit, interleaved, round by round."""

    name: str
    unit: str
    limit_name: str
    product: list[float] = field(default_factory=list)
    limit: list[float] = field(default_factory=list)
    target: str = ""

    @property
    def ratio(self) -> float:
        """Product divided by limit, of the medians."""
        return statistics.median(self.product) / statistics.median(self.limit)

    def row(self) -> dict[str, str]:
        """One line of the table."""
        return {
            "what": self.name,
            "desk": f"{_spread(self.product)} {self.unit}",
            "beside": f"{self.limit_name}: {_spread(self.limit)} {self.unit}",
            "ratio": f"{self.ratio:.3g}",
            "target": self.target,
        }


@dataclass
class Figure:
    """One thing measured with nothing to stand beside."""

    name: str
    unit: str
    values: list[float]
    target: str = ""

    def row(self) -> dict[str, str]:
        """One line of the table."""
        return {
            "what": self.name,
            "desk": f"{_spread(self.values)} {self.unit}",
            "beside": "",
            "ratio": "",
            "target": self.target,
        }


def _spread(values: list[float]) -> str:
    middle = statistics.median(values)
    return f"{middle:,.4g} ({min(values):,.4g}–{max(values):,.4g})" if len(values) > 1 else f"{middle:,.4g}"


def table(rows: list[dict[str, str]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(HEADS) + " |", "|" + " --- |" * len(HEADS)]
    lines += ["| " + " | ".join(row[head] for head in HEADS) + " |" for row in rows]
    return "\n".join(lines)
