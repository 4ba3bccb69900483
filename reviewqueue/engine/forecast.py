"""How many cases of a lane will probably be late soon."""

from __future__ import annotations

from typing import Final

MINUTES: Final = 15


def likely_breaches(*, late: int, soon: int, decided: int, in_minutes: float) -> int:
    """Of the ``soon`` cases that are due within 15 minutes, those that people will not get to in time.

    The lane goes on as fast as lately (``decided`` cases ``in_minutes``), and takes the ``late`` ones first.
    """
    reachable = int(decided * MINUTES / max(in_minutes, 1.0))
    return max(soon - max(reachable - late, 0), 0)
